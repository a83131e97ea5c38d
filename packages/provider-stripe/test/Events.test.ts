/** What Stripe's events are about, from deliveries and from its own list. */
import { createHmac } from "node:crypto"
import { describe, expect, it } from "@effect/vitest"
import { Clock, Duration, Effect, Option, Stream } from "effect"
import { Id, Money, PaymentProvider } from "@payment-orchestrator/domain"
import {
  type Asked,
  type Behaviour,
  charge,
  intent,
  list,
  missing,
  provider,
  session,
  webhookSecret,
} from "./Server.ts"

const event = (type: string, object: object, overrides: object = {}) => ({
  id: "evt_1",
  object: "event",
  type,
  created: 1_780_000_000,
  livemode: false,
  data: { object },
  ...overrides,
})

/** What a delivery tells; `answer` is Stripe, should it be asked. */
const tell = (type: string, object: object, answer: (asked: Asked) => Behaviour = () => "reset") =>
  Effect.gen(function* () {
    const { server, stripe } = yield* provider(answer)
    const now = Math.floor((yield* Clock.currentTimeMillis) / 1000)
    const text = JSON.stringify(event(type, object))
    const tag = createHmac("sha256", webhookSecret).update(`${now}.${text}`).digest("hex")
    const events = yield* stripe.verifyWebhook({
      headers: { "stripe-signature": `t=${now},v1=${tag}` },
      body: new TextEncoder().encode(text),
    })
    return { asked: server.asked, events, first: events[0] }
  })

const refund = (overrides: object = {}) => ({
  id: "re_1",
  object: "refund",
  status: "succeeded",
  amount: 500,
  currency: "usd",
  payment_intent: "pi_1",
  charge: "ch_1",
  metadata: {},
  ...overrides,
})

const invoice = (overrides: object = {}) => ({
  id: "in_1",
  object: "invoice",
  status: "paid",
  currency: "usd",
  amount_due: 999,
  amount_paid: 999,
  parent: { subscription_details: { subscription: "sub_1", metadata: {} } },
  ...overrides,
})

const sessionState = (type: string, object: object) =>
  Effect.map(tell(type, object), ({ first }) => (first?.subject._tag === "Session" ? first.subject.state : undefined))

describe("an event about a session", () => {
  it.live("tells its state, its subscription and our attempt", () =>
    Effect.gen(function* () {
      const attemptId = yield* Id.makeAttemptId
      const { asked, first } = yield* tell(
        "checkout.session.completed",
        session({
          status: "complete",
          payment_status: "paid",
          subscription: "sub_1",
          metadata: { attempt_id: attemptId },
        }),
      )
      expect(first).toMatchObject({
        attemptId: Option.some(attemptId),
        subject: { _tag: "Session", sessionId: "cs_test_1", state: "completed", subscriptionId: Option.some("sub_1") },
      })
      expect(asked).toHaveLength(0)
    }),
  )

  it.live("F31: completed without payment is processing, until the asynchronous payment came or failed", () =>
    Effect.gen(function* () {
      const unpaid = session({ status: "complete", payment_status: "unpaid" })
      expect(yield* sessionState("checkout.session.completed", unpaid)).toBe("processing")
      expect(yield* sessionState("checkout.session.async_payment_failed", unpaid)).toBe("expired")
      expect(
        yield* sessionState("checkout.session.async_payment_succeeded", { ...unpaid, payment_status: "paid" }),
      ).toBe("completed")
    }),
  )

  it.live("of somebody else's making carries no attempt of ours, whatever its metadata say", () =>
    Effect.gen(function* () {
      const { first } = yield* tell(
        "checkout.session.expired",
        session({ status: "expired", metadata: { attempt_id: "theirs" } }),
      )
      expect(first?.attemptId).toEqual(Option.none())
    }),
  )
})

const ofInvoice = ({ path, query }: Asked): Behaviour =>
  path === "/v1/invoice_payments" && query.get("payment[payment_intent]") === "pi_1"
    ? { body: list([{ id: "inpay_1", object: "invoice_payment", invoice: "in_1", status: "paid" }]) }
    : { body: intent() }

const disputeState = (status: string) =>
  Effect.map(
    tell("charge.dispute.closed", {
      id: "du_1",
      object: "dispute",
      status,
      amount: 1,
      currency: "usd",
      charge: "ch_1",
    }),
    ({ first }) => (first?.subject._tag === "Dispute" ? [first.subject.state, first.subject.moneyId] : []),
  )

describe("an event about money", () => {
  it.live("names the intent of a session in mode payment", () =>
    Effect.gen(function* () {
      const attemptId = yield* Id.makeAttemptId
      const metadata = { attempt_id: attemptId }
      const paid = yield* tell("payment_intent.succeeded", intent({ metadata, amount_received: 2400 }))
      expect(paid.first).toMatchObject({
        attemptId: Option.some(attemptId),
        subject: { _tag: "Payment", moneyId: "pi_1", state: "completed", amount: Option.some(Money.make(2400, "USD")) },
      })
      const tried = yield* tell(
        "payment_intent.payment_failed",
        intent({ metadata, status: "requires_payment_method" }),
      )
      expect(tried.first?.subject).toMatchObject({ moneyId: "pi_1", state: "pending" })
      const back = yield* tell("charge.refunded", charge({ metadata, amount_refunded: 2499 }))
      expect(back.first).toMatchObject({
        attemptId: Option.some(attemptId),
        subject: { moneyId: "pi_1", state: "refunded" },
      })
    }),
  )

  it.live("names the invoice of a subscription, and not the intent behind it", () =>
    Effect.gen(function* () {
      const attemptId = yield* Id.makeAttemptId
      const parent = { subscription_details: { subscription: "sub_1", metadata: { attempt_id: attemptId } } }
      const paid = yield* tell("invoice.paid", invoice({ parent }))
      expect(paid.first).toMatchObject({
        attemptId: Option.some(attemptId),
        subject: {
          _tag: "Payment",
          moneyId: "in_1",
          state: "completed",
          amount: Option.some(Money.make(999, "USD")),
          subscriptionId: Option.some("sub_1"),
        },
      })
      const failed = yield* tell("invoice.payment_failed", invoice({ status: "open", amount_paid: 0 }))
      expect(failed.first?.subject).toMatchObject({ moneyId: "in_1", state: "pending" })
      expect((yield* tell("payment_intent.succeeded", intent())).events).toEqual([])
    }),
  )

  it.live("tells nothing of an invoice over nothing, or without a subscription", () =>
    Effect.gen(function* () {
      expect((yield* tell("invoice.paid", invoice({ amount_paid: 0 }))).events).toEqual([])
      expect((yield* tell("invoice.paid", invoice({ parent: null }))).events).toEqual([])
    }),
  )

  it.live("given back from the dashboard asks Stripe whose it is: a session's own", () =>
    Effect.gen(function* () {
      const attemptId = yield* Id.makeAttemptId
      const { asked, first } = yield* tell("refund.created", refund(), () => ({
        body: intent({ metadata: { attempt_id: attemptId } }),
      }))
      expect(first).toMatchObject({
        attemptId: Option.some(attemptId),
        subject: {
          _tag: "Refund",
          providerRefundId: "re_1",
          state: "succeeded",
          amount: Option.some(Money.make(500, "USD")),
          moneyId: Option.some("pi_1"),
        },
      })
      expect(asked.map(({ path }) => path)).toEqual(["/v1/payment_intents/pi_1"])
    }),
  )

  it.live("given back from the dashboard asks Stripe whose it is: an invoice's", () =>
    Effect.gen(function* () {
      const back = yield* tell("charge.refunded", charge({ amount_refunded: 1 }), ofInvoice)
      expect(back.first?.subject).toMatchObject({ _tag: "Payment", moneyId: "in_1", state: "partially_refunded" })
      const failed = yield* tell("refund.failed", refund({ status: "failed" }), ofInvoice)
      expect(failed.first?.subject).toMatchObject({ _tag: "Refund", state: "failed", moneyId: Option.some("in_1") })
      const dispute = {
        id: "du_1",
        object: "dispute",
        status: "needs_response",
        amount: 999,
        currency: "usd",
        payment_intent: "pi_1",
        charge: "ch_1",
      }
      const disputed = yield* tell("charge.dispute.created", dispute, ofInvoice)
      expect(disputed.first?.subject).toEqual({
        _tag: "Dispute",
        disputeId: "du_1",
        state: "open",
        amount: Option.some(Money.make(999, "USD")),
        moneyId: Option.some("in_1"),
      })
    }),
  )

  it.live("given back by us names it already, so that Stripe is not asked", () =>
    Effect.gen(function* () {
      const { asked, first } = yield* tell("refund.updated", refund({ metadata: { money_id: "in_9" } }))
      expect(first?.subject).toMatchObject({ moneyId: Option.some("in_9") })
      expect(asked).toHaveLength(0)
    }),
  )

  it.live("of nobody known here keeps the intent's id", () =>
    Effect.gen(function* () {
      const stranger = yield* tell("refund.created", refund(), ({ path }) =>
        path === "/v1/invoice_payments" ? { body: list([]) } : { body: intent() },
      )
      expect(stranger.first?.subject).toMatchObject({ moneyId: Option.some("pi_1") })
      const gone = yield* tell("refund.created", refund(), () => missing("payment_intent"))
      expect(gone.first?.subject).toMatchObject({ moneyId: Option.some("pi_1") })
    }),
  )

  it.live("whose owner cannot be asked for is a PaymentError, so that it comes again", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(tell("refund.created", refund(), () => "reset"))
      expect(error).toMatchObject({ _tag: "TransientPaymentError", operation: "verifyWebhook", reason: "network" })
    }),
  )

  it.live("disputed is open, won, lost or closed", () =>
    Effect.gen(function* () {
      const charged = Option.some("ch_1")
      expect(yield* Effect.forEach(["under_review", "won", "lost", "warning_closed", "new"], disputeState)).toEqual([
        ["open", charged],
        ["won", charged],
        ["lost", charged],
        ["closed", charged],
        ["open", charged],
      ])
    }),
  )
})

it.live("an event about a subscription tells its state and our attempt", () =>
  Effect.gen(function* () {
    const attemptId = yield* Id.makeAttemptId
    const object = { id: "sub_1", object: "subscription", status: "canceled", metadata: { attempt_id: attemptId } }
    const { first } = yield* tell("customer.subscription.deleted", object)
    expect(first).toMatchObject({
      attemptId: Option.some(attemptId),
      subject: { _tag: "Subscription", subscriptionId: "sub_1", state: "canceled" },
    })
  }),
)

const expired = (id: string, overrides: object = {}) =>
  event("checkout.session.expired", session({ id: `cs_${id}`, status: "expired" }), { id, ...overrides })

describe("missedEvents (F50)", () => {
  const since = 1_780_000_000_500

  it.live("reads Stripe's list to its end, of the types that matter, leaving out what is not ours", () =>
    Effect.gen(function* () {
      const { server, stripe } = yield* provider((_, before) => ({
        body:
          before === 0
            ? list([expired("evt_3"), expired("evt_2", { livemode: true })], true)
            : list([expired("evt_1")]),
      }))
      const events = yield* Stream.runCollect(stripe.missedEvents(since))
      expect(events.map(({ eventId }) => eventId)).toEqual(["evt_3", "evt_1"])
      const [first, second] = server.asked
      expect(first?.query.get("created[gte]")).toBe("1780000000")
      expect(second?.query.get("starting_after")).toBe("evt_2")
      const types = [...(first?.query ?? [])].filter(([name]) => name.startsWith("types["))
      expect(types).toHaveLength(20)
    }),
  )

  it.live("fails as a whole when a page fails, so that no cursor moves past it", () =>
    Effect.gen(function* () {
      const { stripe } = yield* provider((_, before) =>
        before === 0 ? { body: list([expired("evt_2")], true) } : "reset",
      )
      const error = yield* Effect.flip(Stream.runCollect(stripe.missedEvents(since)))
      expect(error).toMatchObject({ operation: "missedEvents", reason: "network" })
    }),
  )

  it.live("keeps the deadline of a call for each page", () =>
    Effect.gen(function* () {
      const { stripe } = yield* provider(() => "hang")
      const error = yield* Effect.flip(
        Effect.provideService(
          Stream.runCollect(stripe.missedEvents(since)),
          PaymentProvider.CallTimeout,
          Duration.millis(150),
        ),
      )
      expect(error).toMatchObject({ reason: "timeout", timeoutMillis: 150 })
    }),
  )
})
