import { assert, describe, it } from "@effect/vitest"
import { WebhookVerifier } from "@payment-orchestrator/api"
import { EventCatalogue } from "@payment-orchestrator/domain"
import { DateTime, Effect, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { Webhook } from "standardwebhooks"

const secretOf = (byte: number) => `whsec_${Buffer.alloc(32, byte).toString("base64")}`
const secret = secretOf(1)
const now = 1_795_000_000_000

const bodyOf = (type: string, more: object = {}): string => {
  const entry = EventCatalogue.entries.find((one) => one.type === type)
  return JSON.stringify({ ...Object(entry?.example), ...more })
}

/** As another implementation of Standard Webhooks signs it. */
const signed = (body: string, { at = now, by = secret }: { readonly at?: number; readonly by?: string } = {}) => ({
  body,
  headers: {
    "webhook-id": "evt_1",
    "webhook-timestamp": String(Math.floor(at / 1000)),
    "webhook-signature": new Webhook(by).sign("evt_1", DateTime.toDateUtc(DateTime.makeUnsafe(at)), body),
  },
})

const verifier = (first = secret, ...others: ReadonlyArray<string>) =>
  WebhookVerifier.make({ secrets: [Redacted.make(first), ...others.map((other) => Redacted.make(other))] })

const verify = (request: WebhookVerifier.Request, ...secrets: ReadonlyArray<string>) =>
  Effect.flatMap(verifier(...secrets), (one) => one.verify(request)).pipe(
    Effect.match({
      onFailure: (error) => (error._tag === "WebhookRefused" ? error.reason : error._tag),
      onSuccess: ({ _tag }) => _tag,
    }),
  )

describe("a delivery at the merchant's", () => {
  it.effect("is believed as the standardwebhooks package signs it, and is the event, of every type there is", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const { verify } = yield* verifier()
      for (const { type } of EventCatalogue.entries) {
        const delivered = yield* verify(signed(bodyOf(type)))
        assert.strictEqual(delivered._tag, "Event", type)
        assert.strictEqual(delivered.event.type, type)
      }
      const { event } = yield* verify(signed(bodyOf("checkout.paid")))
      assert.deepInclude(event, { type: "checkout.paid", tenantId: "default", sequence: 3 })
    }),
  )

  it.effect("is believed whatever the runtime makes of its body and its headers", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const { body, headers } = signed(bodyOf("checkout.paid"))
      const shouted = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]))
      for (const request of [
        { body, headers },
        { body: Buffer.from(body), headers: new Headers(headers) },
        { body: new TextEncoder().encode(body), headers: shouted },
        { body, headers: { ...headers, cookie: undefined, accept: ["a", "b"] } },
      ]) {
        assert.strictEqual(yield* verify(request), "Event")
      }
    }),
  )

  it.effect("is refused when a byte is changed, the secret is another's, or it was signed by another scheme", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const { body, headers } = signed(bodyOf("checkout.paid"))
      const signature = headers["webhook-signature"]
      for (const request of [
        { body: body.replace("99.99", "99.98"), headers },
        { body: JSON.stringify(JSON.parse(body), null, 1), headers },
        { body, headers: { ...headers, "webhook-id": "evt_2" } },
        { body, headers: { ...headers, "webhook-timestamp": String(now / 1000 + 1) } },
        { body, headers: { ...headers, "webhook-signature": signature.replace("v1,", "v1a,") } },
        { body, headers: { ...headers, "webhook-signature": "v1," } },
        { body, headers: { ...headers, "webhook-signature": signature.slice(0, -8) } },
        signed(body, { by: secretOf(2) }),
      ]) {
        assert.strictEqual(yield* verify(request), "bad_signature", JSON.stringify(request.headers))
      }
    }),
  )

  it.effect("is believed during a rotation, with both secrets on either side", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const body = bodyOf("payment.captured")
      const [before, after] = [signed(body), signed(body, { by: secretOf(2) })]
      const both = [after, before].map(({ headers }) => headers["webhook-signature"]).join(" ")
      const twice = { body, headers: { ...before.headers, "webhook-signature": both } }
      for (const known of [secret, secretOf(2)]) assert.strictEqual(yield* verify(twice, known), "Event")
      for (const request of [before, after]) {
        assert.strictEqual(yield* verify(request, secret, secretOf(2)), "Event")
      }
      assert.strictEqual(yield* verify(twice, secretOf(3)), "bad_signature")
    }),
  )

  it.effect("is refused when it was sent more than five minutes from now, as the standardwebhooks package does", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const body = bodyOf("checkout.paid")
      const at = (seconds: number) => verify(signed(body, { at: now + seconds * 1000 }))
      assert.deepStrictEqual(
        [yield* at(-300), yield* at(-301), yield* at(300), yield* at(301)],
        ["Event", "too_old", "Event", "too_new"],
      )
    }),
  )

  it.effect("is refused without its headers, and when what is signed is no event", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const { body, headers } = signed(bodyOf("checkout.paid"))
      for (const name of Object.keys(headers)) {
        assert.strictEqual(yield* verify({ body, headers: { ...headers, [name]: undefined } }), "missing_header", name)
      }
      assert.strictEqual(
        yield* verify({ body, headers: { ...headers, "webhook-timestamp": "today" } }),
        "missing_header",
      )
      for (const other of ["", "{", "[]", '{"id":"evt_1","type":"checkout.paid"}']) {
        assert.strictEqual(yield* verify(signed(other)), "malformed", other)
      }
    }),
  )

  it.effect("is given as unknown, and not refused, when a newer server sends a type or a shape it does not know", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const { verify } = yield* verifier()
      const newer = yield* verify(signed(bodyOf("checkout.paid", { type: "payout.arrived", data: { id: "po_1" } })))
      assert.deepInclude(newer, { _tag: "UnknownEvent" })
      assert.deepInclude(newer.event, { type: "payout.arrived", sequence: 3, data: { id: "po_1" } })
      const shape = yield* verify(signed(bodyOf("checkout.paid", { api_version: "2", data: { status: "half_paid" } })))
      assert.deepInclude([shape._tag, shape.event.apiVersion], "UnknownEvent")
      const more = yield* verify(signed(bodyOf("checkout.paid", { hint: "a new field" })))
      assert.strictEqual(more._tag, "Event")
    }),
  )

  it.effect("is not waited for with a secret that is none", () =>
    Effect.gen(function* () {
      const request = signed(bodyOf("checkout.paid"))
      for (const wrong of ["", "whsec_", "whsec_not base64!", "sk_live_abc"]) {
        assert.strictEqual(yield* verify(request, wrong), "SecretMalformed", wrong)
      }
    }),
  )
})
