/** `InboxStore` on SQL. */
import { Timestamp } from "@payment-orchestrator/domain"
import { InboxStore } from "@payment-orchestrator/payments"
import { Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as Failure from "./internal/Failure.ts"
import * as Keyset from "./internal/Keyset.ts"
import * as Rows from "./internal/InboxRows.ts"

const Time = Schema.NullOr(Schema.Int)
const PulseRow = Schema.Struct({ heard_at: Time, missed_at: Time, paid_at: Time })
const decodePulse = Schema.decodeUnknownEffect(Schema.Tuple([PulseRow]))

const make = Effect.map(SqlClient.SqlClient, (sql) =>
  InboxStore.InboxStore.of({
    receive: (arrival, leaseMillis) =>
      Effect.flatMap(Timestamp.now, (now) => Rows.receive(sql, arrival, now, leaseMillis)).pipe(
        Failure.transaction(sql, "keep a webhook"),
      ),
    rematch: (limit, leaseMillis) =>
      Effect.flatMap(Timestamp.now, (now) => Rows.rematch(sql, limit, now, leaseMillis)).pipe(
        Failure.transaction(sql, "match parked webhooks"),
      ),
    pulse: (provider, paidBefore) =>
      sql`
        select
          (select max(received_at) from inbox where provider = ${provider} and origin = 'webhook') as heard_at,
          (select max(occurred_at) from inbox where provider = ${provider} and origin = 'backfill') as missed_at,
          (select max(created_at) from payments
            where provider = ${provider} and created_at < ${paidBefore}) as paid_at`.pipe(
        Effect.flatMap(decodePulse),
        Effect.map(([row]) => ({
          heardAt: Option.fromNullOr(row.heard_at),
          missedAt: Option.fromNullOr(row.missed_at),
          paidAt: Option.fromNullOr(row.paid_at),
        })),
        Failure.storing("read when a provider was heard"),
      ),
    list: ({ checkoutId, provider, state, ...page }) =>
      sql`
        select ${sql.literal(Rows.columns)} from inbox ${Keyset.page(
          sql,
          { name: "inbox", time: "received_at" },
          page,
          { checkout_id: checkoutId, provider, state },
        )}`.pipe(Effect.flatMap(Rows.read), Failure.storing("list webhooks")),
  }),
)

/** Over a database that was migrated. */
export const layer: Layer.Layer<InboxStore.InboxStore, never, SqlClient.SqlClient> = Layer.effect(
  InboxStore.InboxStore,
  make,
)
