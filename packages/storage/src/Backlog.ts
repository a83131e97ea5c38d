/**
 * How far behind the work is, for whoever draws curves of it: what has been due longest of each kind of job. Each is
 * asked from an index.
 */
import { Alert, Timestamp } from "@payment-orchestrator/domain"
import type { AlertFacts, StorageError } from "@payment-orchestrator/payments"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as AlertFactRows from "./internal/AlertFactRows.ts"
import * as Failure from "./internal/Failure.ts"

/**
 * `session`, `subscription`, `dispute`: a look at the provider; `refund`: the next step of one; `delivery`: an event to an
 * endpoint; `webhook`: the look that a provider's webhook asks for, since it came.
 */
export type Job = "session" | "subscription" | "refund" | "dispute" | "delivery" | "webhook"

export interface Backlog extends Pick<AlertFacts.StoredFacts, "routing" | "unknown" | "secondPayments" | "mismatched"> {
  /** Epoch milliseconds. */
  readonly now: number
  /** By how many milliseconds the oldest is late; 0 when nothing is due. */
  readonly late: { readonly [job in Job]: number }
  /** Open ones. */
  readonly alerts: ReadonlyArray<typeof AlertCount.Type>
}

const AlertCount = Schema.Struct({ kind: Alert.AlertKind, severity: Alert.Severity, count: Schema.Int })
const decodeAlerts = Schema.decodeUnknownEffect(Schema.Array(AlertCount))

const openAlerts = (sql: SqlClient.SqlClient) =>
  Effect.flatMap(
    sql`select kind, severity, count(*) as count from alerts where cleared_at is null group by kind, severity`,
    decodeAlerts,
  )

const Due = Schema.Struct({
  session: Schema.NullOr(Schema.Int),
  subscription: Schema.NullOr(Schema.Int),
  refund: Schema.NullOr(Schema.Int),
  dispute: Schema.NullOr(Schema.Int),
  delivery: Schema.NullOr(Schema.Int),
  webhook: Schema.NullOr(Schema.Int),
})
const decode = Schema.decodeUnknownEffect(Schema.Tuple([Due]))

const oldest = (sql: SqlClient.SqlClient, now: number) =>
  Effect.map(
    Effect.flatMap(
      sql`
        select
          (select min(look_at) from sessions where look_at is not null) as session,
          (select min(look_at) from subscriptions where look_at is not null) as subscription,
          (select min(due_at) from refunds where due_at is not null) as refund,
          (select min(look_at) from disputes where look_at is not null) as dispute,
          (select min((select min(due_at) from deliveries d where d.endpoint_id = e.id and d.due_at is not null))
            from endpoints e where e.status = 'enabled' and e.paused_until <= ${now}) as delivery,
          (select min(received_at) from inbox where state = 'due') as webhook`,
      decode,
    ),
    ([due]) => due,
  )

/** `windowMillis`: over what time, at least, the share of checkouts is that did not reach their first candidate. */
export const read = (windowMillis: number): Effect.Effect<Backlog, StorageError, SqlClient.SqlClient> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const now = yield* Timestamp.now
    const late = (due: number | null) => (due === null ? 0 : Math.max(0, now - due))
    const due = yield* oldest(sql, now)
    return {
      now,
      ...(yield* AlertFactRows.read(sql, { now, windowMillis, atLeast: 20, unknownAfterMillis: 0 })),
      alerts: yield* openAlerts(sql),
      late: {
        session: late(due.session),
        subscription: late(due.subscription),
        refund: late(due.refund),
        dispute: late(due.dispute),
        delivery: late(due.delivery),
        webhook: late(due.webhook),
      },
    }
  }).pipe(Failure.storing("read the backlog"))
