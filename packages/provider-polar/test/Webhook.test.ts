import { describe, expect, it } from "@effect/vitest"
import type { Webhook } from "@payment-orchestrator/domain"
import { webhooks } from "@polar-sh/sdk/2026-10"
import { Effect, Option, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { verify } from "../src/PolarWebhook.ts"
import { secret, signed } from "./Signing.ts"

const attemptId = "att_01JD0000000000000000000000"
const order = (overrides: object = {}) => ({
  type: "order.paid",
  timestamp: "2026-11-22T20:00:00Z",
  data: {
    id: "o-1",
    status: "paid",
    total_amount: 9999,
    currency: "usd",
    checkout_id: "c-1",
    subscription_id: null,
    metadata: { attempt_id: attemptId },
    ...overrides,
  },
})

const check = (webhook: Webhook.RawWebhook, ...secrets: ReadonlyArray<string>) =>
  verify((secrets.length === 0 ? [secret] : secrets).map((one) => Redacted.make(one)))(webhook)

const refusal = (webhook: Webhook.RawWebhook, ...secrets: ReadonlyArray<string>) =>
  Effect.map(Effect.flip(check(webhook, ...secrets)), ({ detail, reason }) => [reason, detail])

describe("a delivery of Polar", () => {
  it.effect("tells what happened to which object, for which attempt, under the id of the delivery", () =>
    Effect.gen(function* () {
      const events = yield* check(yield* signed(order(), { id: "evt-7" }))
      expect(events).toEqual([
        {
          provider: "polar",
          eventId: "evt-7",
          type: "order.paid",
          occurredAt: Option.some(1_795_377_600_000),
          attemptId: Option.some(attemptId),
          subject: {
            _tag: "Payment",
            moneyId: "o-1",
            state: "completed",
            amount: Option.some({ amount: 9999, currency: "USD" }),
            sessionId: Option.some("c-1"),
            subscriptionId: Option.none(),
          },
        },
      ])
    }),
  )

  it.effect("tells a refund with its tax, a checkout and a subscription", () =>
    Effect.gen(function* () {
      const refund = { id: "r-1", status: "succeeded", amount: 840, tax_amount: 160, currency: "eur", order_id: "o-1" }
      const [one] = yield* check(yield* signed({ type: "refund.created", data: refund }))
      expect(one?.subject).toEqual({
        _tag: "Refund",
        providerRefundId: "r-1",
        state: "succeeded",
        amount: Option.some({ amount: 1000, currency: "EUR" }),
        moneyId: Option.some("o-1"),
      })
      const checkout = { id: "c-1", status: "confirmed", metadata: { attempt_id: "not one of ours" } }
      const [two] = yield* check(yield* signed({ type: "checkout.updated", data: checkout }))
      expect(two).toMatchObject({ attemptId: Option.none(), subject: { _tag: "Session", state: "processing" } })
      const subscription = { id: "s-1", status: "unpaid", checkout_id: "c-1" }
      const [three] = yield* check(yield* signed({ type: "subscription.past_due", data: subscription }))
      expect(three?.subject).toMatchObject({ _tag: "Subscription", subscriptionId: "s-1", state: "past_due" })
    }),
  )

  it.effect("F52: of a type that is not needed gives no events; an unknown status gets the careful reading", () =>
    Effect.gen(function* () {
      expect(yield* check(yield* signed({ type: "quantum.entangled", data: 17 }))).toEqual([])
      const [paid] = yield* check(yield* signed(order({ status: "on_hold" })))
      expect(paid?.subject).toMatchObject({ state: "pending" })
      const [session] = yield* check(
        yield* signed({ type: "checkout.updated", data: { id: "c-1", status: "thinking" } }),
      )
      expect(session?.subject).toMatchObject({ state: "open" })
    }),
  )

  it.effect("verifies with either kind of key: the whole secret's bytes, or what is base64 after whsec_", () =>
    Effect.gen(function* () {
      expect(yield* check(yield* signed(order(), { key: "standard" }))).toHaveLength(1)
      expect(yield* check(yield* signed(order(), { key: "raw" }))).toHaveLength(1)
      const own = "polar_whs_merchant's own, of any characters: äöü"
      expect(yield* check(yield* signed(order(), { key: "raw", secret: own }), own)).toHaveLength(1)
    }),
  )

  it.live("is verified as the SDK verifies it", () =>
    Effect.gen(function* () {
      for (const key of ["raw", "standard"] as const) {
        const webhook = yield* signed(order(), { key })
        const headers = Object.fromEntries(
          Object.entries(webhook.headers).map(([name, value]) => [name, String(value)] as const),
        )
        yield* Effect.promise(() => webhooks.validateEvent(webhook.body, headers, secret))
        expect(yield* check(webhook)).toHaveLength(1)
      }
    }),
  )

  it.effect("F48: verifies with any of several secrets and several signatures, while one is being replaced", () =>
    Effect.gen(function* () {
      const older = "whsec_b2xkZXI="
      expect(yield* check(yield* signed(order(), { secret: older }), secret, older)).toHaveLength(1)
      const webhook = yield* signed(order())
      const right = String(webhook.headers["webhook-signature"])
      const several = (header: string) => ({ ...webhook, headers: { ...webhook.headers, "webhook-signature": header } })
      expect(yield* check(several(`v1,AAAA v2,${right.slice(3)} ${right}`))).toHaveLength(1)
      expect(yield* refusal(several(`v2,${right.slice(3)}`))).toEqual(["bad_signature", undefined])
      expect(yield* refusal(several("v1,"))).toEqual(["bad_signature", undefined])
    }),
  )

  it.effect("is checked against the secret it brings instead of the configured ones", () =>
    Effect.gen(function* () {
      const webhook = yield* signed(order(), { secret: "whsec_b3RoZXI=" })
      expect(yield* refusal(webhook)).toEqual(["bad_signature", undefined])
      expect(yield* check({ ...webhook, secret: "whsec_b3RoZXI=" })).toHaveLength(1)
    }),
  )

  it.effect("F47: is refused when it is more than 300 s old or early, and taken up to that", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_795_377_600_000)
      for (const shift of [-300_000, 0, 300_000])
        expect(yield* check(yield* signed(order(), { shift }))).toHaveLength(1)
      for (const shift of [-301_000, 301_000]) {
        expect(yield* refusal(yield* signed(order(), { shift }))).toEqual(["stale", "webhook-timestamp"])
      }
      const webhook = yield* signed(order())
      yield* TestClock.adjust("301 seconds")
      expect(yield* refusal(webhook)).toEqual(["stale", "webhook-timestamp"])
    }),
  )

  it.effect("F46: is checked over its raw bytes", () =>
    Effect.gen(function* () {
      const text = '{"type":"order.paid","data":{"id":"o-1","status":"paid","total_amount":1.0}}'
      const webhook = yield* signed(text)
      const again = Buffer.from(JSON.stringify(JSON.parse(text)))
      expect(yield* refusal({ ...webhook, body: again })).toEqual(["bad_signature", undefined])
      expect(yield* check(webhook)).toHaveLength(1)
    }),
  )

  it.effect("that is signed but not what Polar sends is malformed", () =>
    Effect.gen(function* () {
      expect(yield* refusal(yield* signed("{"))).toEqual(["malformed", "not a payload of Polar"])
      expect(yield* refusal(yield* signed({ type: "order.paid", data: {} }))).toEqual([
        "malformed",
        "data of order.paid",
      ])
    }),
  )

  it.effect("without a header, with two of one kind, with a time that is none, or without any secret is refused", () =>
    Effect.gen(function* () {
      const webhook = yield* signed(order())
      for (const name of ["webhook-id", "webhook-timestamp", "webhook-signature"]) {
        const value = String(webhook.headers[name])
        const without = { ...webhook, headers: { ...webhook.headers, [name]: undefined } }
        const twice = { ...webhook, headers: { ...webhook.headers, [name]: [value, value] } }
        expect(yield* refusal(without)).toEqual(["missing_header", name])
        expect(yield* refusal(twice)).toEqual(["duplicate_header", name])
      }
      const odd = { ...webhook, headers: { ...webhook.headers, "webhook-timestamp": "1e9" } }
      expect(yield* refusal(odd)).toEqual(["bad_signature", "webhook-timestamp"])
      expect(yield* refusal(webhook, "")).toEqual(["not_configured", undefined])
      expect(yield* Effect.map(Effect.flip(verify([])(webhook)), (error) => error.reason)).toBe("not_configured")
    }),
  )
})
