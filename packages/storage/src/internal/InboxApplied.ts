/** Which look deals with an event: that at its session (its money and its subscription too), at its refund or its dispute. */
import type { Id } from "@payment-orchestrator/domain"
import { Timestamp } from "@payment-orchestrator/domain"
import { Effect } from "effect"
import type { SqlClient } from "effect/sql"

export type Look = "session" | "refund" | "dispute"

/** What was told before the provider was asked (epoch milliseconds) is dealt with, inside the transaction that says so. */
export const mark = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  checkoutId: Id.CheckoutId,
  look: Look,
  askedAt: number,
) {
  const now = yield* Timestamp.now
  yield* sql`
    update inbox set state = 'applied', applied_at = ${now}
    where checkout_id = ${checkoutId} and state = 'due' and awaits = ${look} and received_at <= ${askedAt}`
})
