/** Everything the database holds when it is over. */
import { OrchestratorLog } from "@payment-orchestrator/core"
import { Timestamp } from "@payment-orchestrator/domain"
import {
  CheckoutStore,
  DisputeStore,
  EventLog,
  InboxStore,
  LedgerStore,
  MoveStore,
  RefundStore,
  SubscriptionStore,
} from "@payment-orchestrator/payments"
import type { Storage } from "@payment-orchestrator/storage"
import { Context, Effect } from "effect"

const limit = 200

/** Every row of a list, page by page. */
const all = <Row extends { readonly id: string }, E>(
  page: (page: { readonly before?: Row["id"]; readonly limit: number }) => Effect.Effect<ReadonlyArray<Row>, E>,
): Effect.Effect<ReadonlyArray<Row>, E> =>
  Effect.gen(function* () {
    const rows: Array<Row> = []
    for (;;) {
      const last = rows.at(-1)
      const next = yield* page({ limit, ...(last === undefined ? {} : { before: last.id }) })
      rows.push(...next)
      if (next.length < limit) return rows
    }
  })

/** Checkouts, payments, refunds, subscriptions, disputes, events, pages, and what is left to be done. */
export const read = Effect.fnUntraced(function* (storage: Context.Context<Storage.Storage>) {
  const checkouts = Context.get(storage, CheckoutStore.CheckoutStore)
  const ledger = Context.get(storage, LedgerStore.LedgerStore)
  const events = Context.get(storage, EventLog.EventLog)
  const refunds = Context.get(storage, RefundStore.RefundStore)
  const moves = Context.get(storage, MoveStore.MoveStore)
  const inbox = Context.get(storage, InboxStore.InboxStore)
  const log = Context.get(storage, OrchestratorLog.OrchestratorLog)
  const subscriptions = Context.get(storage, SubscriptionStore.SubscriptionStore)
  const disputes = Context.get(storage, DisputeStore.DisputeStore)
  const everything = yield* all(checkouts.list)
  return {
    checkouts: everything,
    payments: yield* all(ledger.listPayments),
    refunds: yield* all(refunds.list),
    subscriptions: yield* all(subscriptions.list),
    disputes: yield* all(disputes.list),
    events: yield* all(events.list),
    pages: yield* Effect.forEach(everything, ({ id }) =>
      Effect.map(moves.pages(id), ({ asking, pages }) => ({ checkoutId: id, asking, pages })),
    ),
    claims: yield* checkouts.openClaims(yield* Timestamp.now),
    due: yield* inbox.list({ state: "due", limit }),
    stats: yield* log.stats(),
    failovers: yield* all(log.failovers),
  }
})

export type Ending = Effect.Success<ReturnType<typeof read>>
