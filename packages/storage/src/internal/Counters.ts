/** The numbers of the statistics. A counter is spread over 16 rows, so that replicas rarely wait for each other. */
import type { ProviderName } from "@payment-orchestrator/domain"
import { Effect, Random, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as Sent from "./Sent.ts"

/** `request`: a checkout whose routing began; `failover`: a provider given up for the next; `shown`: a session. */
export type Kind = "request" | "failover" | "shown"

export interface Count {
  readonly tenantId: string
  readonly kind: Kind
  readonly provider?: ProviderName.ProviderName
  readonly n: number
}

const shards = 16

/** The tenant under which everybody's numbers stand, so that they are read without going through every tenant's. */
export const everybody = ""

/** Adds, in the caller's transaction: last, because others wait for these rows. Each kind and provider at most once. */
export const add = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, counts: ReadonlyArray<Count>) {
  const shard = yield* Random.nextIntBetween(0, shards)
  for (const { kind, n, provider = "", tenantId } of counts) {
    if (n === 0) continue
    const row = { kind, provider, shard, n }
    yield* Sent.send(
      sql,
      sql`
        insert into stats ${sql.insert([
          { ...row, tenant_id: tenantId },
          { ...row, tenant_id: everybody },
        ])}
        on conflict (tenant_id, kind, provider, shard) do update set n = stats.n + excluded.n`,
    )
  }
})

const CountRow = Schema.Struct({
  kind: Schema.Literals(["request", "failover", "shown"]),
  provider: Schema.String,
  n: Schema.Int,
})

/** What a kind and provider add up to. */
export type CountRow = typeof CountRow.Type

export const decode = Schema.decodeUnknownEffect(Schema.Array(CountRow))
