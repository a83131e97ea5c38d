import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Result, Schema } from "effect"
import { TestClock } from "effect/testing"
import {
  Attempt,
  Capabilities,
  Catalog,
  CheckoutRequest,
  Id,
  Operation,
  PaymentError,
  ProviderCurrencies,
  ProviderName,
  Text,
  Webhook,
} from "@payment-orchestrator/domain"

const paypal = ProviderName.ProviderName.make("paypal")

const transient = (rest: Partial<ConstructorParameters<typeof PaymentError.TransientPaymentError>[0]>) =>
  new PaymentError.TransientPaymentError({
    provider: paypal,
    operation: "createCheckoutSession",
    reason: "http",
    outcome: "unknown",
    ...rest,
  })

const permanent = (rest: Partial<ConstructorParameters<typeof PaymentError.PermanentPaymentError>[0]>) =>
  new PaymentError.PermanentPaymentError({
    provider: paypal,
    operation: "refund",
    reason: "http",
    outcome: "refused",
    ...rest,
  })

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
const Byte = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))
const TenBytes = Schema.Array(Byte).check(Schema.isMinLength(10), Schema.isMaxLength(10))

describe("ids", () => {
  it.effect("sort by time, bear their kind, and are never the same twice", () =>
    Effect.gen(function* () {
      const ids: Array<string> = []
      for (let i = 0; i < 1_000; i++) {
        ids.push(yield* Id.makeCheckoutId)
        yield* TestClock.adjust("1 millis")
      }
      assert.deepStrictEqual(ids, ids.toSorted())
      assert.strictEqual(new Set(ids).size, ids.length)
      assert.match(ids[0] ?? "", /^co_[0-9A-HJKMNP-TV-Z]{26}$/)
      assert.isTrue(Option.isNone(Schema.decodeUnknownOption(Id.AttemptId)(ids[0])))
    }),
  )

  it.effect("can be made repeatable by their source of randomness", () =>
    Effect.gen(function* () {
      const id = yield* Effect.provideService(Id.makeAttemptId, Id.IdRandom, Effect.succeed(new Uint8Array(10)))
      assert.strictEqual(id, "att_00000000000000000000000000")
    }),
  )

  it.prop(
    "hold their time and all of their randomness",
    [Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 ** 48 })), TenBytes],
    ([millis, bytes]) => {
      const id = Id.format(millis, Uint8Array.from(bytes))
      const read = Array.from(id, (digit) => BigInt(crockford.indexOf(digit))).reduce((sum, n) => sum * 32n + n, 0n)
      const random = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)
      assert.strictEqual(id.length, 26)
      assert.strictEqual(read, BigInt(millis) * 2n ** 80n + random)
    },
    { arbitrary: { runs: 1_000 } },
  )

  it.effect("bear the kind of every object", () =>
    Effect.gen(function* () {
      const made = {
        co: Id.makeCheckoutId,
        att: Id.makeAttemptId,
        pay: Id.makePaymentId,
        evt: Id.makeEventId,
        re: Id.makeRefundId,
        sub: Id.makeSubscriptionId,
        dp: Id.makeDisputeId,
        fo: Id.makeFailoverId,
        alr: Id.makeAlertId,
        drl: Id.makeDrillId,
        inb: Id.makeInboxId,
        rej: Id.makeRejectionId,
        aud: Id.makeAuditId,
        key: Id.makeKeyId,
        whe: Id.makeEndpointId,
        dlv: Id.makeDeliveryId,
      }
      for (const [kind, make] of Object.entries(made)) {
        assert.match(yield* make, new RegExp(`^${kind}_[0-9A-HJKMNP-TV-Z]{26}$`))
      }
    }),
  )

  it("are of their form and nothing besides, and so is the one key that is no row", () => {
    const body = "0".repeat(26)
    const read = (schema: Schema.Codec<string, string>, text: string) =>
      Result.mapError(Schema.decodeUnknownResult(schema)(text), ({ message }) => message)
    const refusals = [
      [
        Id.CheckoutId,
        [`co_${body}0`, `xco_${body}`, `co_${body.slice(1)}`, `co_${body.slice(1)}U`, "co_"],
        "co_ and 26",
      ],
      [Id.KeyId, [`key_${body}0`, `xkey_${body}`, "key_env0", "xkey_env", "key_"], "key_ and 26"],
    ] as const
    for (const [schema, texts, words] of refusals) {
      for (const text of texts) {
        assert.include(Option.getOrNull(Result.getFailure(read(schema, text))), `must be an id of the form ${words}`)
      }
    }
    for (const text of [`key_${body}`, "key_env"]) assert.deepStrictEqual(read(Id.KeyId, text), Result.succeed(text))
    const name = (text: string) => read(ProviderName.ProviderName, text)
    for (const text of ["Paypal", "paypal!", "1paypal", "p", "p".repeat(33), "p ay"]) {
      assert.include(Option.getOrNull(Result.getFailure(name(text))), "must be a provider's name")
    }
    for (const text of ["pa", "p".repeat(32), "acme-2"]) assert.deepStrictEqual(name(text), Result.succeed(text))
  })

  it.effect("that only their holder should know are 32 characters of chance", () =>
    Effect.gen(function* () {
      let next = 0
      const random = Effect.sync(() => new Uint8Array(10).fill((next += 1)))
      const token = yield* Effect.provideService(Id.makeLinkToken, Id.IdRandom, random)
      assert.match(token, /^[0-9A-HJKMNP-TV-Z]{32}$/)
      assert.notStrictEqual(token.slice(0, 16), token.slice(16))
      assert.notMatch(token, /^0+$/)
    }),
  )
})

describe("errors", () => {
  it("say what happened in the product's words", () => {
    assert.strictEqual(transient({ status: 503 }).message, "PayPal 503 Service Unavailable")
    assert.strictEqual(transient({ reason: "timeout", timeoutMillis: 29_999 }).message, "PayPal timeout after 30 s")
    assert.strictEqual(transient({ reason: "network", code: "ECONNREFUSED" }).message, "PayPal network ECONNREFUSED")
    const refused = permanent({ status: 422, code: "REFUND_AMOUNT_EXCEEDED", detail: "too much" })
    assert.strictEqual(refused.message, "PayPal 422 Unprocessable Content REFUND_AMOUNT_EXCEEDED: too much")
    assert.strictEqual(PaymentError.reasonCode(refused), "http_422")
    assert.strictEqual(PaymentError.reasonCode(transient({ status: 503 })), "http_503")
    assert.strictEqual(PaymentError.reasonCode(transient({})), "http_error")
    assert.strictEqual(PaymentError.reasonCode(transient({ reason: "timeout", status: 503 })), "timeout")
  })

  it("say what HTTP calls a status, where it has a name that people know", () => {
    const phrases = [
      [400, "Bad Request"],
      [401, "Unauthorized"],
      [402, "Payment Required"],
      [403, "Forbidden"],
      [404, "Not Found"],
      [405, "Method Not Allowed"],
      [408, "Request Timeout"],
      [409, "Conflict"],
      [410, "Gone"],
      [413, "Content Too Large"],
      [415, "Unsupported Media Type"],
      [422, "Unprocessable Content"],
      [425, "Too Early"],
      [429, "Too Many Requests"],
      [500, "Internal Server Error"],
      [501, "Not Implemented"],
      [502, "Bad Gateway"],
      [503, "Service Unavailable"],
      [504, "Gateway Timeout"],
    ] as const
    for (const [status, phrase] of phrases) {
      assert.strictEqual(permanent({ status }).message, `PayPal ${status} ${phrase}`)
    }
  })

  it("say it without what is not known", () => {
    const says = (rest: Parameters<typeof transient>[0]) => transient(rest).message
    assert.strictEqual(says({}), "PayPal 500 Internal Server Error")
    assert.strictEqual(says({ reason: "rate_limited" }), "PayPal 429 Too Many Requests")
    assert.strictEqual(says({ status: 599 }), "PayPal 599")
    assert.strictEqual(says({ reason: "timeout" }), "PayPal timeout after 0 s")
    assert.strictEqual(says({ reason: "network" }), "PayPal network failure")
    assert.strictEqual(says({ reason: "bad_response" }), "PayPal sent an unreadable answer")
    assert.strictEqual(says({ reason: "bad_response", detail: "no id" }), "PayPal sent an unreadable answer: no id")
    assert.strictEqual(says({ reason: "in_progress" }), "PayPal is still working on the same request")
    assert.strictEqual(says({ reason: "circuit_open" }), "PayPal failed repeatedly and is given time to recover")
    assert.strictEqual(says({ reason: "overloaded" }), "PayPal has as many calls running as are allowed")
    assert.strictEqual(
      says({ provider: ProviderName.ProviderName.make("acme-pay"), status: 503 }),
      "Acme-pay 503 Service Unavailable",
    )
    assert.strictEqual(permanent({ reason: "credentials_refused" }).message, "PayPal credentials refused")
    assert.strictEqual(permanent({ status: 404 }).message, "PayPal 404 Not Found")
  })

  it("are held back by us, or the provider's own", () => {
    for (const reason of ["circuit_open", "overloaded"] as const)
      assert.isTrue(PaymentError.isHeldBack(transient({ reason })))
    for (const reason of ["http", "timeout", "rate_limited"] as const) {
      assert.isFalse(PaymentError.isHeldBack(transient({ reason })))
    }
    assert.isFalse(PaymentError.isHeldBack(permanent({})))
  })

  it("that are for good leave nothing to be done", () => {
    for (const effectClass of ["inert", "money_moving", "read"] as const) {
      assert.strictEqual(PaymentError.dispositionOf(permanent({}), effectClass), "final")
    }
  })

  it("carry at most 300 characters of a provider's words, and never half of one", () => {
    assert.deepStrictEqual(PaymentError.detailOf(undefined), {})
    assert.deepStrictEqual(PaymentError.detailOf(""), {})
    assert.deepStrictEqual(PaymentError.detailOf("no such order"), { detail: "no such order" })
    assert.deepStrictEqual(PaymentError.detailOf("x".repeat(301)), { detail: "x".repeat(300) })
    assert.deepStrictEqual(PaymentError.detailOf(`${"x".repeat(299)}🎉`), { detail: "x".repeat(299) })
    assert.deepStrictEqual(PaymentError.detailOf("🎉 party"), { detail: "🎉 party" })
  })

  it("become attempts with what is known of the request", () => {
    const timing = { startedAt: 5, durationMs: 7, tries: 2 }
    assert.deepStrictEqual(Attempt.failed(transient({ status: 503, requestId: "req_1" }), timing), {
      provider: paypal,
      result: "transient_error",
      reason: "http_503",
      message: "PayPal 503 Service Unavailable",
      outcome: "unknown",
      requestId: "req_1",
      ...timing,
    })
    assert.deepStrictEqual(Attempt.failed(permanent({ status: 404 }), timing), {
      provider: paypal,
      result: "permanent_error",
      reason: "http_404",
      message: "PayPal 404 Not Found",
      outcome: "refused",
      ...timing,
    })
    const message = "was asked beside another provider, whose answer came first"
    const superseded = { provider: paypal, result: "superseded" as const, message }
    assert.deepStrictEqual(Attempt.superseded(paypal, timing), { ...superseded, outcome: "unknown", ...timing })
    const unasked = { ...timing, tries: 0 }
    assert.deepStrictEqual(Attempt.superseded(paypal, unasked), { ...superseded, outcome: "not_sent", ...unasked })
  })

  it("that kept a provider from being asked are said in words, each in its own", () => {
    const skips = Attempt.SkipReason.literals.map((reason) => Attempt.skipped(paypal, reason, 5))
    for (const { message = "", reason, ...rest } of skips) {
      assert.isAbove(message.length, 10, reason)
      assert.deepStrictEqual(rest, { provider: paypal, result: "skipped", startedAt: 5, durationMs: 0, tries: 0 })
    }
    assert.strictEqual(new Set(skips.map(({ message }) => message)).size, skips.length)
  })

  it("of webhooks say what was refused, and of which provider", () => {
    const rejected = new Webhook.WebhookRejected({ provider: paypal, reason: "bad_signature" })
    assert.strictEqual(rejected.message, "PayPal webhook refused: bad signature")
    const named = new Webhook.WebhookRejected({ provider: paypal, reason: "missing_header", detail: "sig" })
    assert.strictEqual(named.message, "PayPal webhook refused: missing header (sig)")
  })

  it("only let an inert operation move to another provider", () => {
    for (const operation of Operation.Operation.literals) {
      const disposition = PaymentError.dispositionOf(transient({ operation }), Operation.effectClassOf(operation))
      assert.strictEqual(disposition, operation === "createCheckoutSession" ? "move" : "retry", operation)
    }
  })

  it("F6: read Retry-After as seconds or a date, and cap absurd values", () => {
    const now = 1_700_000_000_000
    const cases: ReadonlyArray<readonly [string | undefined | null, number | undefined]> = [
      ["5", 5_000],
      ["0", 0],
      ["1.5", 1_500],
      [" 12 ", 12_000],
      ["12.25", 12_250],
      ["1.0001", 1_001],
      ["12x", undefined],
      ["x12", undefined],
      ["86400", 3_600_000],
      ["Tue, 14 Nov 2023 22:13:30 GMT", 10_000],
      ["Tue, 14 Nov 2023 22:13:10 GMT", undefined],
      ["soon", undefined],
      ["-3", undefined],
      ["", undefined],
      [undefined, undefined],
      [null, undefined],
    ]
    for (const [header, expected] of cases)
      assert.strictEqual(PaymentError.retryAfterMillis(header, now), expected, String(header))
  })
})

describe("texts from outside", () => {
  const accepts = (schema: Schema.Codec<string, string>, text: string) =>
    Option.isSome(Schema.decodeUnknownOption(schema)(text))

  it("F17: are well-formed, bounded and without control characters", () => {
    for (const text of ["Café", "注文 1001", "🎉 party", "שלום", "a".repeat(40)])
      assert.isTrue(accepts(Text.line(40), text), text)
    for (const text of ["", "a\u0000b", "a\nb", "\u001b[31m", "\ud800", "a".repeat(41)])
      assert.isFalse(accepts(Text.line(40), text), JSON.stringify(text))
    const refusal = (schema: Schema.Codec<string, string>, text: string) =>
      Option.getOrNull(Result.getFailure(Schema.decodeUnknownResult(schema)(text)))?.message
    for (const text of ["", "\n", "a".repeat(41)]) {
      const words = "must be 1 to 40 characters of well-formed text without control characters"
      assert.include(refusal(Text.line(40), text), words)
    }
    assert.include(refusal(Text.paragraph(40), "\u0007"), "without control characters other than line breaks and tabs")
    assert.isTrue(accepts(Text.paragraph(40), "two\nlines"))
    assert.isFalse(accepts(Text.paragraph(40), "bell\u0007"))
  })

  it("F32: URLs are absolute http(s) without user information", () => {
    for (const url of ["https://shop.example/ok", "http://localhost:3000/a?b=c"])
      assert.isTrue(accepts(Text.WebUrl, url), url)
    for (const url of [
      "javascript:alert(1)",
      "//evil.example",
      "/ok",
      "https://user:pw@shop.example",
      "data:text/html,x",
      "ftp://x.example",
      "",
    ]) {
      assert.isFalse(accepts(Text.WebUrl, url), url)
    }
  })

  it("metadata fits what every provider can carry", () => {
    const accepted = (value: unknown) => Option.isSome(Schema.decodeUnknownOption(CheckoutRequest.Metadata)(value))
    const many = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, "v"]))
    assert.isTrue(accepted(many(50)))
    assert.isFalse(accepted(many(51)))
    assert.isFalse(accepted({ k: "" }))
    assert.isFalse(accepted({ ["k".repeat(41)]: "v" }))
    assert.isFalse(accepted({ k: 1 }))
  })
})

describe("the catalog", () => {
  const catalog = Schema.decodeUnknownSync(Catalog.Catalog)({
    gold: { amount: "19.99", currency: "USD", interval: "month", paypal: "P-5ML" },
  })
  const provider = (name: string, priceIdPattern: RegExp) => ({
    name: ProviderName.ProviderName.make(name),
    priceIdPattern,
  })

  it("maps the merchant's price id to each provider's own", () => {
    assert.deepStrictEqual(Catalog.providerPriceId(catalog, "gold", provider("paypal", /^P-/)), Option.some("P-5ML"))
    assert.deepStrictEqual(
      Catalog.providerPriceId(catalog, "gold", provider("polar", /^[0-9a-f-]{36}$/)),
      Option.none(),
    )
  })

  it("lets an unknown price id go only to providers whose ids look like it", () => {
    assert.deepStrictEqual(Catalog.providerPriceId(catalog, "P-9", provider("paypal", /^P-/)), Option.some("P-9"))
    assert.deepStrictEqual(Catalog.providerPriceId(catalog, "P-9", provider("stripe", /^price_/)), Option.none())
    assert.deepStrictEqual(Catalog.providerPriceId(catalog, "constructor", provider("paypal", /^P-/)), Option.none())
  })

  it("refuses an entry whose amount its currency cannot have", () => {
    assert.isTrue(Option.isNone(Schema.decodeUnknownOption(Catalog.Catalog)({ x: { amount: "1.5", currency: "JPY" } })))
  })
})

describe("what a provider can serve", () => {
  const capabilities: Capabilities.Capabilities = {
    livemode: false,
    currencies: ProviderCurrencies.polar,
    modes: ["payment"],
    goods: ["digital"],
    idempotentCreate: false,
    idempotentRefund: false,
    fence: { payment: "none", subscription: "none" },
    findByAttempt: true,
    partialRefunds: true,
    cancelAtPeriodEnd: true,
    priceIdPattern: /^x/,
  }
  it("is said by the first reason against it", () => {
    const misfit = (wish: Partial<Capabilities.Wish>) =>
      Option.getOrUndefined(
        Capabilities.misfit(capabilities, { mode: "payment", money: Option.none(), goods: Option.none(), ...wish }),
      )
    assert.strictEqual(misfit({}), undefined)
    assert.strictEqual(misfit({ mode: "subscription" }), "mode_unsupported")
    assert.strictEqual(misfit({ goods: Option.some("physical") }), "goods_unsupported")
    assert.strictEqual(misfit({ money: Option.some({ amount: 1, currency: "KPW" }) }), "currency_unsupported")
    assert.strictEqual(misfit({ money: Option.some({ amount: 1, currency: "USD" }) }), "amount_unrepresentable")
  })

  it("tells a fault of the request from a state of the provider", () => {
    assert.isTrue(Attempt.isRequestFault("currency_unsupported"))
    assert.isFalse(Attempt.isRequestFault("circuit_open"))
    assert.isFalse(Attempt.isRequestFault("drained"))
  })
})

describe("webhook headers", () => {
  it("F48: are one, missing or ambiguous", () => {
    const webhook = (value: string | ReadonlyArray<string> | undefined): Webhook.RawWebhook => ({
      headers: { sig: value },
      body: new Uint8Array(),
    })
    const read = (value: string | ReadonlyArray<string> | undefined) =>
      Result.mapError(Webhook.header(ProviderName.ProviderName.make("acme"), webhook(value), "sig"), (error) => [
        error.reason,
        error.detail,
      ])
    assert.deepStrictEqual(read("a"), Result.succeed("a"))
    assert.deepStrictEqual(read(["a"]), Result.succeed("a"))
    assert.deepStrictEqual(read(["a", "b"]), Result.fail(["duplicate_header", "sig"]))
    for (const none of [undefined, "", []]) assert.deepStrictEqual(read(none), Result.fail(["missing_header", "sig"]))
  })
})
