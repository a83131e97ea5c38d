import { describe, expect, it } from "@effect/vitest"
import { Option, Result, Schema } from "effect"
import * as Events from "../src/internal/Events.ts"

const attemptId = "att_01JD0000000000000000000000"

const read = (type: string, resource: unknown) =>
  Result.getOrThrow(Events.read({ id: "WH-1", event_type: type, create_time: "2026-11-22T20:00:00Z", resource }))[0]

const some = Option.some
const none = Option.none()
const usd = (amount: number) => some({ amount, currency: "USD" })

describe("an event of PayPal's", () => {
  it("says when it happened, which attempt it is about, and keeps PayPal's id and type", () => {
    expect(
      read("CHECKOUT.ORDER.APPROVED", { id: "5O", status: "APPROVED", purchase_units: [{ custom_id: attemptId }] }),
    ).toEqual({
      provider: "paypal",
      eventId: "WH-1",
      type: "CHECKOUT.ORDER.APPROVED",
      occurredAt: some(1_795_377_600_000),
      attemptId: some(attemptId),
      subject: { _tag: "Session", sessionId: "5O", state: "approved", subscriptionId: none },
    })
    expect(
      read("CHECKOUT.ORDER.APPROVED", { id: "5O", status: "APPROVED", purchase_units: [{ custom_id: "theirs" }] }),
    ).toMatchObject({ attemptId: none })
  })

  it("about an order tells its state: completed is processing until its captures have been looked at", () => {
    expect(read("CHECKOUT.ORDER.COMPLETED", { id: "5O", status: "COMPLETED" })).toMatchObject({
      subject: { state: "processing" },
    })
    expect(
      read("CHECKOUT.PAYMENT-APPROVAL.REVERSED", { order_id: "5O", purchase_units: [{ custom_id: attemptId }] }),
    ).toMatchObject({ subject: { _tag: "Session", sessionId: "5O", state: "expired" }, attemptId: some(attemptId) })
  })

  it.each([
    ["PAYMENT.CAPTURE.COMPLETED", "COMPLETED", "completed"],
    ["PAYMENT.CAPTURE.PENDING", "PENDING", "pending"],
    ["PAYMENT.CAPTURE.DECLINED", "DECLINED", "declined"],
    ["PAYMENT.CAPTURE.DENIED", "DECLINED", "declined"],
  ])("%s tells the money and its order", (type, status, state) => {
    const capture = { id: "3C", status, amount: { currency_code: "USD", value: "24.99" }, custom_id: attemptId }
    expect(read(type, { ...capture, supplementary_data: { related_ids: { order_id: "5O" } } })).toMatchObject({
      subject: {
        _tag: "Payment",
        moneyId: "3C",
        state,
        amount: usd(2499),
        sessionId: some("5O"),
        subscriptionId: none,
      },
      attemptId: some(attemptId),
    })
    const up = [{ rel: "up", href: "https://api-m.paypal.com/v2/checkout/orders/5O" }]
    expect(read(type, { ...capture, links: up })).toMatchObject({ subject: { sessionId: some("5O") } })
    const authorization = [{ rel: "up", href: "https://api-m.paypal.com/v2/payments/authorizations/7A" }]
    expect(read(type, { ...capture, links: authorization })).toMatchObject({ subject: { sessionId: none } })
  })

  it.each(["PAYMENT.CAPTURE.REFUNDED", "PAYMENT.CAPTURE.REVERSED"])(
    "%s tells the refund, and its capture by the link",
    (type) => {
      const links = [
        { rel: "self", href: "https://api-m.paypal.com/v2/payments/refunds/1R" },
        { rel: "up", href: "https://api-m.paypal.com/v2/payments/captures/3C" },
      ]
      expect(
        read(type, { id: "1R", status: "COMPLETED", amount: { currency_code: "USD", value: "10.00" }, links }),
      ).toMatchObject({
        subject: { _tag: "Refund", providerRefundId: "1R", state: "succeeded", amount: usd(1000), moneyId: some("3C") },
      })
    },
  )

  it("tells what PayPal itself took back from what the merchant gave back", () => {
    const refund = { id: "1R", status: "COMPLETED", amount: { currency_code: "USD", value: "10.00" } }
    const sale = { id: "2R", sale_id: "8S", state: "completed", amount: { total: "-4.00", currency: "USD" } }
    for (const [kind, resource] of [
      ["CAPTURE", refund],
      ["SALE", sale],
    ] as const) {
      expect(read(`PAYMENT.${kind}.REVERSED`, resource)).toMatchObject({ subject: { _tag: "Refund", reversal: true } })
      expect(read(`PAYMENT.${kind}.REFUNDED`, resource)?.subject).not.toHaveProperty("reversal")
    }
  })

  it("about a sale speaks the older shape, and names subscription and session by one id", () => {
    const sale = {
      id: "8S",
      state: "completed",
      amount: { total: "10.00", currency: "USD" },
      billing_agreement_id: "I-1",
      custom: attemptId,
    }
    expect(read("PAYMENT.SALE.COMPLETED", sale)).toMatchObject({
      subject: {
        _tag: "Payment",
        moneyId: "8S",
        state: "completed",
        amount: usd(1000),
        sessionId: some("I-1"),
        subscriptionId: some("I-1"),
      },
      attemptId: some(attemptId),
    })
    expect(read("PAYMENT.SALE.DENIED", { ...sale, state: "denied" })).toMatchObject({ subject: { state: "declined" } })
    expect(
      read("PAYMENT.SALE.REFUNDED", {
        id: "2R",
        sale_id: "8S",
        state: "completed",
        amount: { total: "-4.00", currency: "USD" },
      }),
    ).toMatchObject({
      subject: { _tag: "Refund", providerRefundId: "2R", moneyId: some("8S"), amount: usd(400), state: "succeeded" },
    })
  })

  it("about a subscription tells its state; after a failed charge it is past_due, though PayPal says ACTIVE", () => {
    const found = { id: "I-1", status: "ACTIVE", custom_id: attemptId }
    expect(read("BILLING.SUBSCRIPTION.ACTIVATED", found)).toMatchObject({
      subject: { _tag: "Subscription", subscriptionId: "I-1", state: "active", sessionId: some("I-1") },
      attemptId: some(attemptId),
    })
    expect(read("BILLING.SUBSCRIPTION.PAYMENT.FAILED", found)).toMatchObject({ subject: { state: "past_due" } })
    expect(read("BILLING.SUBSCRIPTION.PAYMENT.FAILED", { ...found, status: "SUSPENDED" })).toMatchObject({
      subject: { state: "paused" },
    })
  })

  it.each([
    ["UNDER_REVIEW", undefined, "open"],
    ["RESOLVED", "RESOLVED_BUYER_FAVOUR", "lost"],
    ["RESOLVED", "ACCEPTED", "lost"],
    ["RESOLVED", "RESOLVED_SELLER_FAVOUR", "won"],
    ["RESOLVED", "CANCELED_BY_BUYER", "won"],
    ["RESOLVED", "NONE", "closed"],
  ])("about a dispute that is %s %s tells that it is %s", (status, outcome_code, state) => {
    const dispute = {
      dispute_id: "PP-D-1",
      status,
      dispute_amount: { currency_code: "USD", value: "24.99" },
      disputed_transactions: [{ seller_transaction_id: "3C", custom: attemptId }],
      ...(outcome_code === undefined ? {} : { dispute_outcome: { outcome_code } }),
    }
    expect(read("CUSTOMER.DISPUTE.UPDATED", dispute)).toMatchObject({
      subject: { _tag: "Dispute", disputeId: "PP-D-1", state, amount: usd(2499), moneyId: some("3C") },
      attemptId: some(attemptId),
    })
  })

  it("of a type that is not needed is no event, and what is no event of PayPal's is a fault in words", () => {
    expect(Events.read({ id: "WH-1", event_type: "INVOICING.INVOICE.PAID" })).toEqual(Result.succeed([]))
    expect(Events.read({ id: "WH-1", event_type: "constructor" })).toEqual(Result.succeed([]))
    expect(Events.read({ event_type: "CHECKOUT.ORDER.APPROVED" })).toEqual(
      Result.fail("no event with an id and a type"),
    )
    expect(Events.read({ id: "WH-1", event_type: "PAYMENT.SALE.COMPLETED", resource: {} })).toEqual(
      Result.fail("a PAYMENT.SALE.COMPLETED whose resource is of another shape"),
    )
  })

  it("with a time that is none, or a null where something optional stands, is read all the same", () => {
    const envelope = { id: "WH-1", event_type: "CHECKOUT.ORDER.APPROVED", create_time: "2018-19-12T22:20:32.000Z" }
    const resource = {
      id: "5O",
      status: "APPROVED",
      purchase_units: [{ custom_id: null, amount: null, payments: null }],
      links: null,
    }
    expect(Result.getOrThrow(Events.read({ ...envelope, resource }))).toMatchObject([
      { occurredAt: none, attemptId: none },
    ])
  })

  it.prop(
    "is read without a crash, whatever it is",
    [
      Schema.Unknown,
      Schema.Literals(["CHECKOUT.ORDER.APPROVED", "PAYMENT.SALE.COMPLETED", "CUSTOMER.DISPUTE.CREATED"]),
    ],
    ([value, event_type]) => {
      expect(Result.isResult(Events.read(value))).toBe(true)
      expect(Result.isResult(Events.read({ id: "WH-1", event_type, resource: value }))).toBe(true)
    },
    { arbitrary: { runs: 1_000 } },
  )
})
