/** One fact makes one event: neither none nor two, and the events of an object are numbered without a gap. */
import type { EventLog } from "@payment-orchestrator/payments"
import type { Bank } from "./Bank.ts"
import type { Ending } from "./Ending.ts"
import type { Trace } from "./Trace.ts"

const endings = ["canceled", "expired"] as const

export const check = (trace: Trace, banks: ReadonlyArray<Bank>, ending: Ending): void => {
  const { checkouts, disputes, events, pages, payments, refunds, subscriptions } = ending
  const byObject = Map.groupBy(events, ({ objectId }) => objectId)
  const told = (objectId: string, type: EventLog.StoredEvent["type"]) =>
    (byObject.get(objectId) ?? []).filter((event) => event.type === type).length
  const expect = (objectId: string, type: EventLog.StoredEvent["type"], times: number) => {
    const found = told(objectId, type)
    if (found !== times)
      trace.violate("one fact makes one event", `${objectId}: ${type} told ${found} times, not ${times}`)
  }

  for (const [objectId, about] of byObject) {
    const numbers = about.map(({ sequence }) => sequence).toSorted((a, b) => a - b)
    if (numbers.some((sequence, index) => sequence !== index + 1)) {
      trace.violate("events are numbered without a gap", `${objectId}: ${numbers.join(", ")}`)
    }
  }
  for (const { id, status } of checkouts) {
    const shown = pages.find(({ checkoutId }) => checkoutId === id)?.pages ?? []
    expect(id, "checkout.paid", status === "paid" ? 1 : 0)
    expect(id, "checkout.opened", shown.length > 0 ? 1 : 0)
    expect(id, "checkout.moved", Math.max(0, shown.length - 1))
    const expired = told(id, "checkout.expired")
    if (expired > 1 || (status === "expired" && shown.length > 0 && expired === 0)) {
      trace.violate("one fact makes one event", `${id}: checkout.expired told ${expired} times`)
    }
  }
  for (const { id, kind } of payments) {
    expect(id, "payment.captured", kind === "initial" || kind === "renewal" ? 1 : 0)
    expect(id, "payment.duplicate", kind === "duplicate" ? 1 : 0)
    expect(id, "payment.mismatched", kind === "mismatched" ? 1 : 0)
  }
  for (const { id, reversed } of payments) expect(id, "payment.reversed", reversed ? 1 : 0)
  for (const { id, origin, status } of refunds) {
    // What a provider took back is told as `payment.reversed`.
    expect(id, "refund.succeeded", status === "succeeded" && origin !== "provider" ? 1 : 0)
    expect(id, "refund.failed", status === "failed" ? 1 : 0)
  }
  const atMost = (objectId: string, type: EventLog.StoredEvent["type"], times: number) => {
    const found = told(objectId, type)
    if (found > times)
      trace.violate("one fact makes one event", `${objectId}: ${type} told ${found} times, not ${times} at most`)
  }
  for (const row of subscriptions) {
    const { cancelAtPeriodEnd, duplicateOf, id, status } = row
    const held = banks.find(({ name }) => name === row.provider)?.subscriptions.all.get(row.providerSubscriptionId)
    const renewals = payments.filter(
      ({ kind, moneyId }) =>
        kind === "renewal" && held?.session.payments.some((payment) => payment.moneyId === moneyId) === true,
    )
    expect(id, "subscription.activated", 1)
    expect(id, "subscription.renewed", renewals.length)
    expect(id, "subscription.duplicate", duplicateOf === null ? 0 : 1)
    for (const end of endings) expect(id, `subscription.${end}`, status === end ? 1 : 0)
    if (cancelAtPeriodEnd) expect(id, "subscription.cancel_scheduled", 1)
    else atMost(id, "subscription.cancel_scheduled", 1)
    // What began and ended between two looks was not seen.
    atMost(id, "subscription.past_due", held?.came.get("past_due") ?? 0)
    atMost(id, "subscription.paused", held?.came.get("paused") ?? 0)
    atMost(id, "subscription.resumed", held?.came.get("paused") ?? 0)
  }
  for (const { id, provider, providerDisputeId, status } of disputes) {
    const held = banks.find(({ name }) => name === provider)?.disputes.all.get(providerDisputeId)
    const closed = told(id, "dispute.closed")
    expect(id, "dispute.opened", 1)
    atMost(id, "dispute.closed", held?.closings ?? 0)
    atMost(id, "dispute.updated", held?.changes ?? 0)
    if (status !== "open" && closed === 0) trace.violate("one fact makes one event", `${id}: dispute.closed not told`)
  }
}
