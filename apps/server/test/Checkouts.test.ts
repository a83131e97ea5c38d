import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Schema } from "effect"
import { Checkout } from "@payment-orchestrator/domain"
import type { Fault } from "@payment-orchestrator/emulators"
import * as House from "./House.ts"

const everywhere = (fault: Fault.Fault): Fault.Rule => ({ route: "*", fault })
const onCreate = (fault: Fault.Fault): Fault.Rule => ({ route: "POST /v2/checkout/orders", fault })

const checkoutOf = (answer: House.Answer) => {
  assert.strictEqual(answer.status, 201, answer.text)
  return Schema.decodeUnknownSync(Checkout.CheckoutJson)(answer.json)
}
const tried = (checkout: Checkout.Checkout) =>
  checkout.attempts.map(({ provider, reason, result }) => [provider, result, reason])

describe("POST /v1/checkouts", () => {
  it.live("opens a checkout at the first provider and answers what API.md shows", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const answer = yield* House.open(house, {
        success_url: "https://shop.example/ok",
        order_id: "order-1001",
        reference: "spring sale",
        customer_id: "user_42",
        metadata: { cart: "77" },
      })
      const checkout = checkoutOf(answer)
      assert.strictEqual(checkout.provider as string, "paypal")
      assert.strictEqual(checkout.amount, 9_999)
      assert.strictEqual(checkout.status, "open")
      assert.deepStrictEqual(checkout.metadata, { cart: "77" })
      assert.isTrue(checkout.url?.startsWith(house.paypal.url))
      assert.match(checkout.link, /^https:\/\/pay\.example\.com\/pay\/[0-9A-Z]{32}$/)
      assert.match(answer.headers.get("x-request-id") ?? "", /^req_/)
      const [order] = yield* house.paypal.orders
      assert.strictEqual(order?.id, checkout.providerSessionId)

      const again = yield* house.send("GET", `/v1/checkouts/${checkout.id}`)
      assert.deepStrictEqual(again.json, answer.json)
    }),
  )

  it.live("sends a number as exactly that decimal, and Unicode as it is (F17)", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const text = `${"Ünïcode 🎉 שלום ".repeat(600)}`.slice(0, 9_900).trim()
      const checkout = checkoutOf(
        yield* House.open(house, { amount: 0.29, description: text, customer_email: "käufer@bücher.example" }),
      )
      assert.strictEqual(checkout.amount, 29)
    }),
  )

  it.live("F3: moves on after a 503, and counts it", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      yield* house.paypal.faults.add(everywhere({ kind: "Status", status: 503 }))
      const checkout = checkoutOf(yield* House.open(house))
      assert.deepStrictEqual(tried(checkout), [
        ["paypal", "transient_error", "http_503"],
        ["polar", "opened", undefined],
      ])
      const stats = yield* house.send("GET", "/v1/stats")
      assert.deepStrictEqual(stats.json, {
        total_requests: 1,
        failovers: 1,
        provider_usage: { polar: 1 },
        failover_rate: 1,
      })
      const windowed = yield* house.send("GET", "/v1/stats?window=5m")
      assert.deepStrictEqual(windowed.json, stats.json)
      const log = yield* house.send("GET", "/v1/failovers")
      assert.deepInclude((log.json as { data: ReadonlyArray<object> }).data[0], {
        from: "paypal",
        to: "polar",
        reason: "http_503",
        checkout_id: checkout.id,
      })
      assert.isTrue(
        house.log.some((line) =>
          line.includes(
            "PAYMENT FAILOVER: paypal -> polar | Reason: PayPal 503 Service Unavailable | Total failovers: 1",
          ),
        ),
      )
    }),
  )

  it.live("F1: moves on at once from a refused connection", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      yield* house.paypal.refuse(true)
      const checkout = checkoutOf(yield* House.open(house))
      assert.deepStrictEqual(tried(checkout), [
        ["paypal", "transient_error", "network"],
        ["polar", "opened", undefined],
      ])
      assert.strictEqual(checkout.attempts[0]?.outcome, "not_sent")
      assert.strictEqual(checkout.attempts[0]?.tries, 1)
    }),
  )

  it.live("F2: quarantines a session whose answer was lost: it is not shown, and nothing is sent again", () =>
    Effect.gen(function* () {
      const house = yield* House.start({ PAYMENT_TIMEOUT: "1" })
      yield* house.paypal.faults.add(onCreate({ kind: "Hang", apply: true }))
      const answer = yield* House.open(house)
      const checkout = checkoutOf(answer)
      assert.strictEqual(checkout.provider as string, "polar")
      assert.strictEqual(checkout.attempts[0]?.outcome, "unknown")
      const [order] = yield* house.paypal.orders
      assert.isDefined(order, "PayPal did open an order")
      assert.notInclude(answer.text, order?.id ?? "")
      assert.strictEqual(yield* house.paypal.journal.count("POST /v2/checkout/orders"), 1)
    }),
  )

  it.live("F4, F5: moves on from an answer that is cut, unreadable, empty or of another shape", () =>
    Effect.gen(function* () {
      const house = yield* House.start({ PAYMENT_MAX_RETRIES: "0" })
      const faults: ReadonlyArray<Fault.Fault> = [
        { kind: "CutBody", afterBytes: 20 },
        { kind: "MalformedJson" },
        { kind: "EmptyBody" },
      ]
      for (const fault of faults) {
        yield* house.paypal.faults.clear
        yield* house.paypal.faults.add(onCreate(fault))
        const checkout = checkoutOf(yield* House.open(house))
        assert.strictEqual(checkout.provider as string, "polar", fault.kind)
        assert.strictEqual(checkout.attempts[0]?.outcome, "unknown", fault.kind)
      }
    }),
  )

  it.live(
    "with the defaults a PayPal that hangs for real ends in a page of Polar's after 30 seconds",
    () =>
      Effect.gen(function* () {
        const house = yield* House.start({ PAYMENT_PROVIDER_ORDER: "paypal,polar" })
        yield* house.paypal.faults.add(onCreate({ kind: "Hang" }))
        const [took, answer] = yield* Effect.timed(House.open(house))
        const checkout = checkoutOf(answer)
        assert.deepStrictEqual(tried(checkout), [
          ["paypal", "transient_error", "timeout"],
          ["polar", "opened", undefined],
        ])
        assert.strictEqual(checkout.attempts[0]?.message, "PayPal timeout after 30 s")
        assert.isBelow(Duration.toMillis(took), 40_000)
      }),
    60_000,
  )

  it.live("F11: skips a provider that cannot serve the currency, and calls it a mistake when none can", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const checkout = checkoutOf(yield* House.open(house, { amount: "1000", currency: "KRW" }))
      assert.deepStrictEqual(tried(checkout), [
        ["paypal", "skipped", "currency_unsupported"],
        ["polar", "skipped", "currency_unsupported"],
        ["stripe", "opened", undefined],
      ])
      const nobody = yield* House.open(house, { amount: "1.234", currency: "KWD" })
      assert.strictEqual(nobody.status, 422)
      assert.deepInclude(nobody.json as object, { code: "no_provider_fits", retryable: false })
      assert.strictEqual(yield* house.paypal.journal.count("POST /v2/checkout/orders"), 0)
    }),
  )

  it.live("stops at a refusal, tells the provider's own code, and never shops around", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      yield* house.paypal.faults.add(onCreate({ kind: "Status", status: 422 }))
      const answer = yield* House.open(house)
      assert.strictEqual(answer.status, 422)
      assert.deepInclude(answer.json as object, { code: "provider_rejected", provider: "paypal", retryable: false })
      assert.strictEqual(yield* house.polar.journal.count("POST /v1/checkouts/"), 0)
    }),
  )

  it.live("F13: answers 503 with Retry-After when every provider fails, and keeps the checkout", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      for (const emulator of [house.paypal, house.polar, house.stripe]) yield* emulator.refuse(true)
      const answer = yield* House.open(house)
      assert.strictEqual(answer.status, 503)
      const body = answer.json as {
        code: string
        retryable: boolean
        checkout_id: string
        attempts: ReadonlyArray<object>
      }
      assert.deepInclude(body, { code: "all_providers_failed", retryable: true })
      assert.lengthOf(body.attempts, 3)
      assert.match(answer.headers.get("retry-after") ?? "", /^[1-9][0-9]*$/)
      const kept = yield* house.send("GET", `/v1/checkouts/${body.checkout_id}`)
      assert.deepInclude(kept.json as object, { status: "failed", provider: null, url: null })
    }),
  )

  it.live("opens a subscription through the catalog's price of each provider", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const checkout = checkoutOf(
        yield* house.send("POST", "/v1/checkouts", {
          body: { mode: "subscription", price_id: "P-EMULATOR00000000000MONTHLY" },
        }),
      )
      assert.strictEqual(checkout.mode, "subscription")
      assert.strictEqual(checkout.amount, null)
      const id = checkout.providerSessionId ?? ""
      yield* house.paypal.buyer.approve(id)
      const cancel = { body: { provider: "paypal", subscription_id: id, reason: "Customer request" } }
      for (let i = 0; i < 2; i++) {
        const canceled = yield* house.send("POST", "/v1/subscriptions/cancel", cancel)
        assert.strictEqual(canceled.status, 200, canceled.text)
        assert.deepInclude(canceled.json as object, { status: "canceled", subscription_id: id })
      }
      const unknown = yield* house.send("POST", "/v1/subscriptions/cancel", {
        body: { provider: "acme", subscription_id: "x" },
      })
      assert.strictEqual(unknown.status, 404)
    }),
  )
})

describe("Idempotency-Key", () => {
  const key = { "idempotency-key": "order-1001" }

  it.live("gives the first answer again, byte for byte", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const first = yield* House.open(house, {}, key)
      const second = yield* House.open(house, {}, key)
      assert.strictEqual(second.text, first.text)
      assert.strictEqual(second.status, 201)
      assert.strictEqual(second.headers.get("idempotency-replayed"), "true")
      assert.lengthOf(yield* house.paypal.orders, 1)
      const stats = yield* house.send("GET", "/v1/stats")
      assert.deepInclude(stats.json as object, { total_requests: 1 })
    }),
  )

  it.live("F8: refuses the same key with another body", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      yield* House.open(house, {}, key)
      const other = yield* House.open(house, { amount: "1.00" }, key)
      assert.strictEqual(other.status, 422)
      assert.deepInclude(other.json as object, { code: "idempotency_key_reused" })
    }),
  )

  it.live("F15: of 50 twins at once one opens, the others wait their turn or are told that it runs", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      yield* house.paypal.faults.add({ route: "POST /v2/checkout/orders", fault: { kind: "Latency", millis: 200 } })
      const answers = yield* Effect.forEach(Array.from({ length: 50 }), () => House.open(house, {}, key), {
        concurrency: 50,
      })
      assert.lengthOf(yield* house.paypal.orders, 1)
      const isReplay = ({ headers }: House.Answer) => headers.get("idempotency-replayed") === "true"
      assert.lengthOf(
        answers.filter((answer) => answer.status === 201 && !isReplay(answer)),
        1,
      )
      for (const { json, status } of answers.filter(({ status }) => status !== 201)) {
        assert.strictEqual(status, 409)
        assert.deepInclude(json as object, { code: "idempotency_key_in_progress", retryable: true })
      }
    }),
  )

  it.live("lets the same key try again, on the same checkout, after an outage", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const emulators = [house.paypal, house.polar, house.stripe]
      for (const emulator of emulators) yield* emulator.refuse(true)
      const failed = yield* House.open(house, {}, key)
      assert.strictEqual(failed.status, 503)
      for (const emulator of emulators) yield* emulator.refuse(false)
      const checkout = checkoutOf(yield* House.open(house, {}, key))
      assert.strictEqual(checkout.id as string, (failed.json as { checkout_id: string }).checkout_id)
      const again = yield* house.send("GET", `/v1/checkouts/${checkout.id}`)
      assert.strictEqual(checkoutOf({ ...again, status: 201 }).createdAt, checkout.createdAt)
    }),
  )
})

describe("order_id", () => {
  const order = { order_id: "order-1001", success_url: "https://shop.example/ok" }

  it.live("F16: the same order under another key gets the checkout that is open, and no second page", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const first = yield* House.open(house, order, { "idempotency-key": "a" })
      const again = yield* House.open(house, order, { "idempotency-key": "b" })
      assert.strictEqual(again.status, 200)
      assert.deepStrictEqual(again.json, first.json)
      assert.lengthOf(yield* house.paypal.orders, 1)
      const other = yield* House.open(house, { ...order, amount: "5.00" })
      assert.strictEqual(other.status, 409)
      assert.deepInclude(other.json as object, { code: "order_in_progress" })
    }),
  )

  it.live("F16: of twenty different requests for one order at once one opens a page", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      yield* Effect.forEach(Array.from({ length: 20 }), () => House.open(house, order), { concurrency: 20 })
      assert.lengthOf(yield* house.paypal.orders, 1)
    }),
  )

  it.live("is paid at most once: another checkout is refused with the one that was paid", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const first = (yield* House.open(house, order)).json as { id: string; link: string; provider_session_id: string }
      yield* house.paypal.buyer.approve(first.provider_session_id)
      yield* house.send("GET", `${new URL(first.link).pathname}/return`, { key: null })
      const second = yield* House.open(house, order)
      assert.strictEqual(second.status, 409)
      assert.deepInclude(second.json as object, { code: "order_already_paid" })
      assert.deepInclude((second.json as { checkout: object }).checkout, { id: first.id, status: "paid" })
    }),
  )

  it.live("is free again after its checkout failed", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const emulators = [house.paypal, house.polar, house.stripe]
      for (const emulator of emulators) yield* emulator.refuse(true)
      assert.strictEqual((yield* House.open(house, order)).status, 503)
      for (const emulator of emulators) yield* emulator.refuse(false)
      assert.strictEqual((yield* House.open(house, order)).status, 201)
    }),
  )
})

describe("GET /v1/checkouts", () => {
  it.live("gives pages, newest first, that can be narrowed down", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      for (const reference of ["a", "b", "a"]) yield* House.open(house, { reference })
      interface Page {
        readonly data: ReadonlyArray<{ readonly id: string; readonly reference: string }>
        readonly next_cursor: string | null
      }
      const first = (yield* house.send("GET", "/v1/checkouts?limit=2")).json as Page
      const second = (yield* house.send("GET", `/v1/checkouts?limit=2&cursor=${first.next_cursor ?? ""}`)).json as Page
      assert.deepStrictEqual(
        [...first.data, ...second.data].map(({ reference }) => reference),
        ["a", "b", "a"],
      )
      assert.isNull(second.next_cursor)
      const narrowed = (yield* house.send("GET", "/v1/checkouts?reference=a&status=open&provider=paypal")).json as Page
      assert.lengthOf(narrowed.data, 2)
      const nobody = (yield* house.send("GET", "/v1/checkouts?status=paid")).json as Page
      assert.lengthOf(nobody.data, 0)
    }),
  )
})
