/** The rows of circuits: read, and written when they change. */
import { CircuitStore } from "@payment-orchestrator/core"
import { Effect, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as Dialect from "../Dialect.ts"

type Sql = SqlClient.SqlClient

const Row = Schema.Struct({
  lane: Schema.String,
  state: Schema.Literals(["closed", "open", "half_open"]),
  generation: Schema.Int,
  streak: Schema.Int,
  streak_at: Schema.Int,
  open_until: Schema.Int,
  open_for: Schema.Int,
  openings: Schema.Int,
  reset_at: Schema.Int,
  lease_until: Schema.Int,
  throttled_until: Schema.Int,
  refused_until: Schema.Int,
})

const decode = Schema.decodeUnknownEffect(Schema.Array(Row))

const toDomain = (row: typeof Row.Type): CircuitStore.Row => ({
  circuit: {
    state: row.state,
    generation: row.generation,
    streak: row.streak,
    streakAt: row.streak_at,
    openUntil: row.open_until,
    openFor: row.open_for,
    openings: row.openings,
    resetAt: row.reset_at,
    leaseUntil: row.lease_until,
  },
  holds: { throttledUntil: row.throttled_until, refusedUntil: row.refused_until },
})

const columns = ({ circuit, holds }: CircuitStore.Row) => ({
  state: circuit.state,
  generation: circuit.generation,
  streak: circuit.streak,
  streak_at: circuit.streakAt,
  open_until: circuit.openUntil,
  open_for: circuit.openFor,
  openings: circuit.openings,
  reset_at: circuit.resetAt,
  lease_until: circuit.leaseUntil,
  throttled_until: holds.throttledUntil,
  refused_until: holds.refusedUntil,
})

/** All of them: no more than five a provider. */
export const all = (sql: Sql) =>
  sql`select * from circuits order by lane`.pipe(
    Effect.flatMap(decode),
    Effect.map((rows) => new Map(rows.map((row) => [row.lane, toDomain(row)]))),
  )

const held = (sql: Sql, lane: string) =>
  Effect.flatMap(sql`select * from circuits where lane = ${lane} ${Dialect.forUpdate(sql)}`, decode)

/** One step of one lane, inside a transaction that holds its row. */
export const change = Effect.fnUntraced(function* <A>(sql: Sql, lane: string, step: CircuitStore.Step<A>) {
  let [row] = yield* held(sql, lane)
  if (row === undefined) {
    yield* sql`insert into circuits ${sql.insert({ lane, ...columns(CircuitStore.initial) })} on conflict do nothing`
    ;[row] = yield* held(sql, lane)
  }
  const before = row === undefined ? CircuitStore.initial : toDomain(row)
  const [answer, after] = step(before)
  if (after !== before) yield* sql`update circuits set ${sql.update(columns(after))} where lane = ${lane}`
  return answer
})
