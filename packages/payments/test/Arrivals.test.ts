import { assert, describe, it } from "@effect/vitest"
import { Id, ProviderName, type Webhook } from "@payment-orchestrator/domain"
import { Clue, Liveness } from "@payment-orchestrator/payments"
import { Option } from "effect"
import * as Arrivals from "../src/Arrivals.ts"

const none = Option.none()
const attemptId = Id.AttemptId.make("att_00000000000000000000000000")
const bytes = (text: string) => new TextEncoder().encode(text)

const event = (subject: Webhook.EventSubject, eventId = "WH-1"): Webhook.ProviderEvent => ({
  provider: ProviderName.ProviderName.make("paypal"),
  eventId,
  type: "X",
  occurredAt: none,
  attemptId: Option.some(attemptId),
  subject,
})

const payment: Webhook.EventSubject = {
  _tag: "Payment",
  moneyId: "M",
  state: "completed",
  amount: none,
  sessionId: Option.some("S"),
  subscriptionId: none,
}

describe("what a provider's event may be about", () => {
  it("is told by every id it names", () => {
    const clueOf = (subject: Webhook.EventSubject) => Clue.of(event(subject))
    const page = { _tag: "Session", sessionId: "S", subscriptionId: Option.some("I") } as const
    assert.deepInclude(clueOf({ ...page, state: "approved" }), { sessionId: "S", subscriptionId: "I", attemptId })
    assert.deepInclude(clueOf(payment), { sessionId: "S", moneyId: "M" })
    assert.deepInclude(
      clueOf({ _tag: "Refund", providerRefundId: "R", state: "succeeded", amount: none, moneyId: Option.some("M") }),
      { refundId: "R", moneyId: "M", sessionId: null, reversal: false },
    )
    assert.deepInclude(clueOf({ _tag: "Dispute", disputeId: "D", state: "open", amount: none, moneyId: none }), {
      disputeId: "D",
      moneyId: null,
    })
  })

  it("is a hint that the buyer acted, unless the page is only open or over", () => {
    const page = { _tag: "Session", sessionId: "S", subscriptionId: none } as const
    const acted = (subject: Webhook.EventSubject) => Clue.of(event(subject)).acted
    assert.deepStrictEqual(
      (["open", "expired", "approved", "processing", "completed"] as const).map((state) => acted({ ...page, state })),
      [false, false, true, true, true],
    )
    assert.isTrue(acted(payment))
    const subscription = { _tag: "Subscription", subscriptionId: "I", sessionId: none } as const
    assert.isFalse(acted({ ...subscription, state: "incomplete" }))
    assert.isTrue(acted({ ...subscription, state: "active" }))
  })
})

describe("a delivery", () => {
  const delivery = (body: string) => ({ provider: "paypal", headers: {}, body: bytes(body) })

  it("is kept once per event, with all that it tells of it", () => {
    const page: Webhook.EventSubject = { _tag: "Session", sessionId: "S2", state: "completed", subscriptionId: none }
    const kept = Arrivals.of(delivery("{}"), [event(payment), event(page), event(payment, "WH-2")])
    assert.deepStrictEqual(
      kept.map(({ clues, eventId, origin }) => [eventId, origin, clues.map(({ sessionId }) => sessionId)]),
      [
        ["WH-1", "webhook", ["S", "S2"]],
        ["WH-2", "webhook", ["S"]],
      ],
    )
  })

  it("F52: of an unknown type is kept under its bytes, with its type where it can be read", () => {
    const [first] = Arrivals.of(delivery('{"event_type":"CUSTOMER.CREATED"}'), [])
    const [again] = Arrivals.of(delivery('{"event_type":"CUSTOMER.CREATED"}'), [])
    const [other] = Arrivals.of(delivery('{"type":"<b>x</b>"}'), [])
    assert.deepInclude(first, { type: "CUSTOMER.CREATED", subject: "unknown", clues: [] })
    assert.match(first?.eventId ?? "", /^sha256:[0-9a-f]{64}$/)
    assert.strictEqual(first?.eventId, again?.eventId)
    assert.notStrictEqual(first?.eventId, other?.eventId)
    assert.strictEqual(other?.type, "unknown")
  })

  it("F49: that cannot be verified now names attempts, a few at most", () => {
    const ids = Array.from({ length: 9 }, (_, i) => Id.AttemptId.make(`att_${String(i).repeat(26)}`))
    const [first] = ids
    assert.deepStrictEqual(
      Arrivals.attemptsNamed(bytes(`{"custom_id":"${first}","again":"${first}"}`)),
      ids.slice(0, 1),
    )
    assert.lengthOf(Arrivals.attemptsNamed(bytes(ids.join(" "))), 3)
    assert.deepStrictEqual(Arrivals.attemptsNamed(bytes("att_short")), [])
  })
})

describe("F50: the webhooks of a provider", () => {
  const at = Option.some<number>
  const minute = 60_000
  const signal = (heardAt: Option.Option<number>, missedAt: Option.Option<number>, paidAt: Option.Option<number>) =>
    Liveness.signal({ heardAt, missedAt, paidAt })

  it("are not known of before anything happened, and well once one has come", () => {
    assert.strictEqual(signal(none, none, none), "unknown")
    assert.strictEqual(signal(at(1), none, none), "ok")
    assert.strictEqual(signal(at(10 * minute), at(minute), at(11 * minute)), "ok")
  })

  it("are silent when something happened that they did not tell, until one comes", () => {
    assert.strictEqual(signal(none, at(1), none), "silent")
    assert.strictEqual(signal(none, none, at(1)), "silent")
    assert.strictEqual(signal(at(minute), at(2 * minute), none), "silent")
    assert.strictEqual(signal(at(minute), none, at(7 * minute)), "silent")
    assert.strictEqual(signal(at(8 * minute), at(2 * minute), at(7 * minute)), "ok")
  })
})
