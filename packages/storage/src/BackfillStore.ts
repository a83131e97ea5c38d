/** `BackfillStore` on SQL: one row per provider, leased while its list is read. */
import { Timestamp } from "@payment-orchestrator/domain"
import { BackfillStore } from "@payment-orchestrator/payments"
import { Array, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as Failure from "./internal/Failure.ts"

const decode = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ since: Schema.Int })))
const sinceOf = (rows: ReadonlyArray<unknown>) =>
  Effect.map(decode(rows), (found) => Option.map(Array.head(found), ({ since }) => since))

/** Providers list what happened in 30 days (Stripe), and try to deliver for three. */
const furthestMillis = 3 * 86_400_000

const make = Effect.map(SqlClient.SqlClient, (sql) => {
  /** Only what may still be paid can have been missed before anybody read the list. */
  const oldest = (provider: string, now: number) =>
    sql`
      select created_at as since from sessions
      where created_at > ${now - furthestMillis} and provider = ${provider} and look_at is not null
      order by created_at limit 1`.pipe(Effect.flatMap(sinceOf), Effect.map(Option.getOrElse(() => now)))

  return BackfillStore.BackfillStore.of({
    take: (provider, leaseMillis) =>
      Effect.gen(function* () {
        const now = yield* Timestamp.now
        const taken = yield* sql`
          update backfills set due_at = ${now + leaseMillis} where provider = ${provider} and due_at <= ${now}
          returning since`.pipe(Effect.flatMap(sinceOf))
        if (Option.isSome(taken)) return taken
        const known = yield* sql`select since from backfills where provider = ${provider}`
        if (known.length > 0) return Option.none<number>()
        const since = yield* oldest(provider, now)
        return yield* sql`
          insert into backfills ${sql.insert({ provider, since, due_at: now + leaseMillis })}
          on conflict (provider) do nothing returning since`.pipe(Effect.flatMap(sinceOf))
      }).pipe(Failure.transaction(sql, "take the list of a provider's events")),
    done: (provider, since, at) =>
      sql`update backfills set since = ${since}, due_at = ${at} where provider = ${provider}`.pipe(
        Effect.asVoid,
        Failure.storing("note how far a provider's list was read"),
      ),
  })
})

/** Over a database that was migrated. */
export const layer: Layer.Layer<BackfillStore.BackfillStore, never, SqlClient.SqlClient> = Layer.effect(
  BackfillStore.BackfillStore,
  make,
)
