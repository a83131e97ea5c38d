/** Second payments that nobody has dealt with. */
import { Id } from "@payment-orchestrator/domain"
import { Effect, Schema } from "effect"
import type { SqlClient } from "effect/sql"

const paymentIds = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ id: Id.PaymentId })))

/**
 * `ended`: charges of a second subscription of the same checkout, which we ended. `all`: every second payment of a
 * checkout, and the charges of a second subscription of the same customer too.
 */
export const find = (sql: SqlClient.SqlClient, which: "ended" | "all", since: number, limit: number) => {
  const untouched = sql`
    p.state = 'completed' and p.disputed = 0 and p.created_at >= ${since}
    and not exists (select 1 from refunds r where r.payment_id = p.id)`
  const found =
    which === "ended"
      ? sql`
        select p.id, p.created_at from payments p
        where p.kind = 'duplicate' and ${untouched} and exists (
          select 1 from subscriptions b where b.provider = p.provider and b.session_id = p.session_id and b.second = 1)`
      : sql`
        select p.id, p.created_at from payments p where p.kind = 'duplicate' and ${untouched}
        union
        select p.id, p.created_at from subscriptions b
          join payments p on p.checkout_id = b.checkout_id and p.session_id = b.session_id and p.provider = b.provider
          where b.second = 1 and p.kind in ('initial', 'renewal') and ${untouched}`
  return sql`${found} order by created_at, id limit ${limit}`.pipe(
    Effect.flatMap(paymentIds),
    Effect.map((rows) => rows.map(({ id }) => id)),
  )
}
