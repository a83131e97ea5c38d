/** One fact makes one event: neither none nor two, and the events of an object are numbered without a gap. */
import type { EventLog } from "@payment-orchestrator/payments"
import type { Ending } from "./Ending.ts"
import type { Trace } from "./Trace.ts"

export const check = (trace: Trace, { checkouts, events, pages, payments, refunds }: Ending): void => {
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
  for (const { id, status } of refunds) {
    expect(id, "refund.succeeded", status === "succeeded" ? 1 : 0)
    expect(id, "refund.failed", status === "failed" ? 1 : 0)
  }
}
