import { assert, describe, it } from "@effect/vitest"
import { type Attempt, type Event, Explanation, Id, ProviderName } from "@payment-orchestrator/domain"
import { Option } from "effect"
import { empty } from "./ExplanationRecords.ts"

const paypal = ProviderName.ProviderName.make("paypal")
const polar = ProviderName.ProviderName.make("polar")
const ulid = "00000000000000000000000000"
const attemptId = Id.AttemptId.make(`att_${ulid}`)
const paymentId = Id.PaymentId.make(`pay_${ulid}`)
const other = Id.PaymentId.make(`pay_${ulid.slice(1)}1`)

const causes = (records: Partial<Explanation.Records>) =>
  Explanation.assemble({ ...empty, ...records }).data.flatMap((entry) => ("cause" in entry ? [entry.cause] : []))

const session = (
  state: Explanation.Records["sessions"][number]["state"],
  sessionId = "s_1",
): Explanation.Records["sessions"][number] => ({
  at: 2_000,
  provider: paypal,
  sessionId,
  attemptId,
  expiresAt: null,
  state,
  stateAt: 3_000,
})

const told = (
  type: Event.EventType,
  objectId: string,
  at = 5_000,
  provider: ProviderName.ProviderName | null = paypal,
) => ({
  at,
  id: Id.EventId.make(`evt_${ulid}`),
  type,
  objectId,
  sequence: 1,
  provider,
})

const payment = (id: Id.PaymentId, moneyId: string, paymentKind: "initial" | "duplicate" | null = "duplicate") =>
  ({
    at: 4_000,
    id,
    provider: polar,
    moneyId,
    paymentKind,
    state: "completed",
    amount: "50.00",
    currency: "USD",
  }) as const

describe("why a page is what it is", () => {
  it("is what its provider says, while it is being paid and when it was", () => {
    assert.deepStrictEqual(causes({ sessions: [session("completing")] }), [
      "PayPal says that the buyer approved it, or is confirming the money",
    ])
    assert.deepStrictEqual(causes({ sessions: [session("completed")] }), ["PayPal says that it did what it was for"])
    assert.deepStrictEqual(causes({ sessions: [session("payable"), session("unexposed", "s_2")] }), [])
  })

  it("is that another page was paid, the checkout is over, or its provider says so, when it is withdrawn", () => {
    const withdrawn = session("withdrawn")
    assert.deepStrictEqual(causes({ sessions: [session("completed", "s_2"), withdrawn] }), [
      "PayPal says that it did what it was for",
      "another page of this checkout was paid",
    ])
    const says = "PayPal says that it can no longer be paid, or it was withdrawn for another page"
    assert.deepStrictEqual(causes({ sessions: [session("payable", "s_2"), withdrawn] }), [says])
    assert.deepStrictEqual(causes({ sessions: [withdrawn] }), [says])
    assert.deepStrictEqual(causes({ sessions: [withdrawn], checkout: { ...empty.checkout, status: "expired" } }), [
      "the checkout is over, and this page was withdrawn",
    ])
  })
})

describe("why the merchant was told", () => {
  const of = (
    type: Event.EventType,
    records: Partial<Explanation.Records> = {},
    objectId: string = empty.checkout.id,
  ) => causes({ ...records, events: [told(type, objectId)] })

  it("is a step of the checkout", () => {
    assert.deepStrictEqual(of("checkout.opened"), ["PayPal opened a page"])
    assert.deepStrictEqual(of("checkout.moved"), ["the buyer went on to PayPal"])
    assert.deepStrictEqual(of("checkout.failed"), ["no page could be opened: see the candidates above"])
    assert.deepStrictEqual(of("checkout.processing"), ["money is under way at PayPal"])
    assert.deepStrictEqual(causes({ events: [told("checkout.processing", empty.checkout.id, 5_000, null)] }), [
      "money is under way at the provider",
    ])
  })

  it("is the first payment, or a subscription that runs without one", () => {
    const payments = [payment(other, "m_2"), payment(paymentId, "m_1", "initial")]
    assert.deepStrictEqual(of("checkout.paid", { payments }), [`Polar has 50.00 USD for it (${paymentId})`])
    assert.deepStrictEqual(of("checkout.paid", { payments: payments.slice(0, 1) }), ["the subscription runs at PayPal"])
  })

  it("is who ended the checkout, or that its time was over", () => {
    const act = (at: number, action = "checkout.expire", actor = "key_1") => ({
      at,
      action,
      actor,
      target: "",
      reason: null,
    })
    assert.deepStrictEqual(of("checkout.expired", { actions: [act(5_000)] }), ["asked for by key_1"])
    assert.deepStrictEqual(of("checkout.expired", { actions: [act(4_000), act(4_500, "refund.create", "key_2")] }), [
      "asked for by key_1",
    ])
    assert.deepStrictEqual(of("checkout.expired", { actions: [act(5_001)] }), [
      "it was closed before its time was over",
    ])
    assert.deepStrictEqual(causes({ events: [told("checkout.expired", "", 90_000)] }), ["its time was over"])
    assert.deepStrictEqual(causes({ events: [told("checkout.expired", "", 89_999)] }), [
      "it was closed before its time was over",
    ])
  })

  it("is the payment that it is about, where that is known", () => {
    const payments = [payment(other, "m_2"), payment(paymentId, "m_1")]
    for (const type of ["payment.captured", "payment.failed", "payment.reversed"] as const) {
      assert.deepStrictEqual(of(type, { payments }, paymentId), ["PayPal says so of 50.00 USD (m_1)"], type)
      assert.deepStrictEqual(of(type, {}, paymentId), ["PayPal says so"], type)
    }
    assert.deepStrictEqual(of("payment.duplicate", { payments }, paymentId), ["the checkout was paid already"])
    assert.deepStrictEqual(of("payment.mismatched", { payments }, paymentId), [
      "50.00 USD (m_1) came where 99.99 USD was asked",
    ])
    const checkout = { ...empty.checkout, asked: Option.none() }
    assert.deepStrictEqual(of("payment.mismatched", { checkout }, paymentId), [
      "another amount came where another amount was asked",
    ])
  })

  it("is what is known of the refund, else that the provider says so", () => {
    const refund = (id: string, message: string | null) => ({
      at: 4_000,
      id: Id.RefundId.make(`re_${id}`),
      paymentId,
      provider: polar,
      status: "failed" as const,
      amount: "50.00",
      currency: "USD" as const,
      reason: null,
      message,
    })
    const mine = `${ulid.slice(1)}1`
    const refunds = [refund(ulid, "no balance"), refund(mine, "card closed")]
    for (const type of ["refund.pending", "refund.succeeded", "refund.failed"] as const) {
      assert.deepStrictEqual(of(type, { refunds }, `re_${mine}`), ["card closed"], type)
      assert.deepStrictEqual(of(type, { refunds: [refund(mine, null)] }, `re_${mine}`), ["PayPal says so"], type)
    }
    assert.deepStrictEqual(of("dispute.opened"), ["PayPal says so"])
  })

  it("names the provider's last webhook of the minute before it", () => {
    const webhook = (at: number, eventId: string, provider = paypal) => ({
      at,
      provider,
      eventId,
      type: "x",
      state: "applied",
    })
    const after = (...webhooks: Explanation.Records["webhooks"]) => of("checkout.processing", { webhooks })
    const heard = (eventId: string) => [`money is under way at PayPal, looked at after its webhook ${eventId}`]
    const processing = (at: number, webhooks: Explanation.Records["webhooks"]) =>
      causes({ webhooks, events: [told("checkout.processing", empty.checkout.id, at)] })
    assert.deepStrictEqual(
      after(webhook(4_000, "evt_1"), webhook(4_500, "evt_2"), webhook(4_600, "evt_3", polar)),
      heard("evt_2"),
    )
    assert.deepStrictEqual(after(webhook(5_000, "evt_1"), webhook(5_001, "evt_2")), heard("evt_1"))
    assert.deepStrictEqual(processing(64_999, [webhook(5_000, "evt_1")]), heard("evt_1"))
    assert.deepStrictEqual(processing(65_000, [webhook(5_000, "evt_1")]), ["money is under way at PayPal"])
  })
})

describe("how a round ended", () => {
  const candidate = (position: number, over: Partial<Attempt.Attempt>, round = 1): Explanation.Candidate => ({
    round,
    position,
    provider: over.provider ?? paypal,
    attemptId,
    state: "closed",
    attempt: Option.some({ provider: paypal, result: "opened", startedAt: 1_000, durationMs: 100, tries: 1, ...over }),
  })

  it("is that the first of the order opened a page, a later one did, or nobody", () => {
    const opened = candidate(1, { provider: polar })
    assert.deepStrictEqual(causes({ candidates: [opened] }), ["the first of the order opened a page"])
    const failing = candidate(0, { result: "transient_error", reason: "timeout" })
    assert.deepStrictEqual(causes({ candidates: [failing, opened] }), ["it is the first that opened a page"])
    assert.deepStrictEqual(causes({ candidates: [failing, { ...failing, position: 1 }] }), [
      "every candidate failed or was passed over",
    ])
  })

  it("is that the process ended before an answer was recorded, when one of them says so", () => {
    const died = candidate(1, { result: "transient_error", reason: "process_died" })
    const { data } = Explanation.assemble({
      ...empty,
      candidates: [candidate(0, { result: "skipped", reason: "drained" }), died],
    })
    assert.deepInclude(data.at(-1), {
      kind: "decided",
      at: 1_100,
      verdict: "abandoned",
      provider: null,
      cause: "the process that asked ended before an answer was recorded",
    })
  })

  it("is a refusal for good in the provider's words, else by its reason", () => {
    const refused = { result: "permanent_error", reason: "http_422" } as const
    assert.deepStrictEqual(causes({ candidates: [candidate(0, refused)] }), [
      "a refusal for good ends it, nobody else is asked: http_422",
    ])
  })

  it("is not known while nothing is recorded, and candidates stand there as they are", () => {
    const waiting = (state: Explanation.Candidate["state"]) => ({ ...candidate(0, {}), state, attempt: Option.none() })
    assert.deepStrictEqual(causes({ candidates: [waiting("planned")] }), ["nothing is recorded of its turn yet"])
    assert.deepStrictEqual(causes({ candidates: [waiting("quarantined")] }), [
      "the process that may have asked it ended without a word",
    ])
    assert.deepStrictEqual(causes({ candidates: [candidate(0, {}), { ...waiting("closed"), position: 1 }] }), [
      "the checkout was decided before its turn came",
      "the first of the order opened a page",
    ])
  })

  it("follows a failover to the turn that it led to, at that provider and before its end", () => {
    const failover = (at: number, to: ProviderName.ProviderName) => ({
      at,
      id: Id.FailoverId.make(`fo_${ulid}`),
      from: paypal,
      to,
      reason: "timeout",
      message: "PayPal timeout",
      requestId: null,
    })
    const candidates = [
      candidate(0, { result: "transient_error", reason: "timeout" }),
      candidate(1, { provider: polar, startedAt: 1_100 }),
    ]
    const kinds = (failovers: Explanation.Records["failovers"]) =>
      Explanation.assemble({ ...empty, candidates, failovers }).data.map(({ kind }) => kind)
    assert.deepStrictEqual(kinds([failover(1_200, polar)]), ["requested", "tried", "failed_over", "tried", "decided"])
    assert.deepStrictEqual(kinds([failover(1_201, polar)]), ["requested", "tried", "tried", "decided", "failed_over"])
    assert.deepStrictEqual(kinds([failover(1_050, paypal)]), ["requested", "failed_over", "tried", "tried", "decided"])
  })

  it("stands after what was recorded in the meantime, however the clocks go", () => {
    const { data } = Explanation.assemble({
      ...empty,
      candidates: [candidate(0, { startedAt: 1_500, durationMs: 1_000 })],
      actions: [{ at: 2_000, action: "x", actor: "key_1", target: "", reason: null }],
    })
    assert.deepStrictEqual(
      data.map(({ kind }) => kind),
      ["requested", "tried", "decided", "action"],
    )
  })
})
