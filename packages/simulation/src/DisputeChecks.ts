/** What must be true of disputes once everything is over: each is known as its provider has it, and nothing was given twice. */
import type { Bank } from "./Bank.ts"
import type { Ending } from "./Ending.ts"
import type { Trace } from "./Trace.ts"

/** So long after its webhook was taken a dispute is known, though its money may have had to become known first: some steps of the quiet time. */
const afterWebhookMillis = 3 * 3_600_000
/** So long after it was opened the provider's list was read twice at least, should every webhook be lost, and its money is known. */
const afterOpeningMillis = 6 * 3_600_000

export const check = (trace: Trace, banks: ReadonlyArray<Bank>, { disputes, payments, refunds }: Ending): void => {
  const all = banks.flatMap((bank) => Array.from(bank.disputes.all.values(), (held) => ({ ...held, bank })))
  for (const { bank, blocks, disputeId, payment, state } of all) {
    trace.count(`disputes in the end ${state}`)
    const known = payments.find(({ moneyId }) => moneyId === payment.moneyId)
    const row = disputes.find(
      ({ provider, providerDisputeId }) => provider === bank.name && providerDisputeId === disputeId,
    )
    if (known === undefined || row === undefined || row.paymentId !== known.id) {
      trace.violate("every dispute is known", `${disputeId} about ${payment.moneyId}`)
      continue
    }
    const openedAt = blocks[0]?.from ?? 0
    const heardAt = trace.heard.get(disputeId) ?? Infinity
    if (row.createdAt > Math.min(openedAt + afterOpeningMillis, heardAt + afterWebhookMillis)) {
      const later = Math.round((row.createdAt - openedAt) / 60_000)
      trace.violate(
        "every dispute is known",
        `${row.id} (${disputeId} about ${payment.moneyId}): only ${later} minutes later`,
      )
    }
    if (row.status !== state) {
      trace.violate("a dispute is what its provider says", `${row.id} is ${row.status}; there ${state}`)
    }
    const blocked = state === "open" || state === "lost"
    if (known.disputed !== blocked || known.reversed !== (state === "lost")) {
      trace.violate(
        "a dispute shows on its payment",
        `${known.id}: ${known.disputed}, ${known.reversed}; it is ${state}`,
      )
    }
    // From the moment it was heard of, F37.
    const early = refunds.find(
      ({ createdAt, origin, paymentId, status }) =>
        paymentId === known.id &&
        origin !== "provider" &&
        status !== "failed" &&
        createdAt > row.createdAt &&
        blocks.some(({ from, until }) => createdAt > from && createdAt < until),
    )
    if (early !== undefined) trace.violate("nothing of disputed money is given back", `${early.id} of ${known.id}`)
  }
  for (const { id, provider, providerDisputeId } of disputes) {
    const real = all.some(({ bank, disputeId }) => bank.name === provider && disputeId === providerDisputeId)
    if (!real) trace.violate("no dispute is made up", id)
  }
  const disputed = new Set(disputes.map(({ paymentId }) => paymentId))
  for (const { disputed: marked, id, reversed } of payments) {
    if ((marked || reversed) && !disputed.has(id))
      trace.violate("no dispute is made up", `${id} is said to be disputed`)
  }
}
