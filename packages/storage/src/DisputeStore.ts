/** `DisputeStore` on SQL. Whoever changes the money of a checkout holds the checkout's row first, then the payment's. */
import { Timestamp } from "@payment-orchestrator/domain"
import { DisputeStore } from "@payment-orchestrator/payments"
import { Array, Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import * as Dialect from "./Dialect.ts"
import * as Recording from "./internal/DisputeRecording.ts"
import * as Rows from "./internal/DisputeRows.ts"
import * as Failure from "./internal/Failure.ts"
import * as Keyset from "./internal/Keyset.ts"

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  const takeDue: DisputeStore.Service["takeDue"] = (limit, leaseMillis) =>
    Effect.gen(function* () {
      const now = yield* Timestamp.now
      const leasedUntil = now + leaseMillis
      const rows = yield* sql`
        select * from disputes where look_at is not null and look_at <= ${now}
        order by look_at limit ${limit} ${Dialect.forUpdateSkipLocked(sql)}`.pipe(Effect.flatMap(Rows.read))
      for (const { id } of rows) yield* sql`update disputes set look_at = ${leasedUntil} where id = ${id}`
      return rows.map((row) => ({
        id: row.id,
        paymentId: row.payment_id,
        checkoutId: row.checkout_id,
        provider: row.provider,
        disputeId: row.provider_dispute_id,
        known: row.status !== null,
        createdAt: row.created_at,
        leasedUntil,
      }))
    }).pipe(Failure.transaction(sql, "take the disputes that are due"))

  return DisputeStore.DisputeStore.of({
    takeDue,
    apply: (id, snapshot) =>
      Recording.apply(sql, id, snapshot).pipe(Failure.transaction(sql, "apply what the provider says of a dispute")),
    lookAgain: ({ id, leasedUntil }, at) =>
      sql`update disputes set look_at = ${Option.getOrNull(at)} where id = ${id} and look_at = ${leasedUntil}`.pipe(
        Effect.asVoid,
        Failure.storing("put off a look at a dispute"),
      ),
    forget: (id) => Recording.forget(sql, id).pipe(Failure.transaction(sql, "forget a dispute")),
    find: (id) =>
      sql`select * from disputes where id = ${id}`.pipe(
        Effect.flatMap(Rows.read),
        Effect.map((rows) => Option.flatMap(Array.head(rows), Rows.disputeOf)),
        Failure.storing("read a dispute"),
      ),
    list: ({ paymentId, status, tenantId, ...page }) => {
      const equal = { tenant_id: tenantId, payment_id: paymentId, status }
      const known = sql`status is not null`
      return sql`
        select * from disputes ${Keyset.page(sql, { name: "disputes", time: "created_at" }, page, equal, [known])}`.pipe(
        Effect.flatMap(Rows.read),
        Effect.map((rows) => rows.flatMap((row) => Option.toArray(Rows.disputeOf(row)))),
        Failure.storing("list disputes"),
      )
    },
  })
})

/** Over a database that was migrated. */
export const layer: Layer.Layer<DisputeStore.DisputeStore, never, SqlClient.SqlClient> = Layer.effect(
  DisputeStore.DisputeStore,
  make,
)
