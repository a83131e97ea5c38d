/** The attempts of one round: planned before anybody is asked, then written again with what came of them. */
import { type Attempt, Id, ProviderName } from "@payment-orchestrator/domain"
import type { CheckoutStore } from "@payment-orchestrator/payments"
import { Effect, Option, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as CheckoutRow from "./CheckoutRow.ts"

type Sql = SqlClient.SqlClient
type Planned = CheckoutStore.PlannedAttempt

/** One asking of the providers. */
export interface Round {
  readonly checkoutId: Id.CheckoutId
  readonly round: number
}

interface Row {
  readonly attemptId: Id.AttemptId | null
  readonly provider: ProviderName.ProviderName
  readonly state: "planned" | "closed" | "quarantined"
  readonly attempt: Option.Option<Attempt.Attempt>
}

const encode = Schema.encodeEffect(CheckoutRow.AttemptRow)

const insert = Effect.fnUntraced(function* (
  sql: Sql,
  { checkoutId, round }: Round,
  rows: ReadonlyArray<Row & { readonly position: number }>,
) {
  const encoded = yield* Effect.forEach(rows, ({ attempt, attemptId, position, provider, state }) =>
    Effect.map(Effect.transposeOption(Option.map(attempt, (made) => encode(made))), (outcome) => ({
      ...CheckoutRow.encodeAttempt(outcome),
      checkout_id: checkoutId,
      round,
      position,
      attempt_id: attemptId,
      state,
      provider,
    })),
  )
  const [first, ...others] = encoded
  if (first !== undefined) yield* sql`insert into attempts ${sql.insert([first, ...others])}`
})

/** Writes the candidates of a plan under their own places. */
export const plan = (sql: Sql, round: Round, attempts: ReadonlyArray<Planned>) =>
  insert(
    sql,
    round,
    attempts.map((planned) => ({ ...planned, state: "planned", attempt: Option.none() })),
  )

const PlannedRow = Schema.Struct({ attempt_id: Id.AttemptId, provider: ProviderName.ProviderName })
const decodePlanned = Schema.decodeUnknownEffect(Schema.Array(PlannedRow))

/**
 * Replaces a round's rows by what came of them, in order; candidates that were not needed come after. An attempt bears
 * the id that was drawn for its provider.
 */
export const close = Effect.fnUntraced(function* (
  sql: Sql,
  round: Round,
  attempts: ReadonlyArray<Attempt.Attempt>,
  state: "closed" | "quarantined",
) {
  const rows = yield* sql`
    delete from attempts where checkout_id = ${round.checkoutId} and round = ${round.round}
    returning attempt_id, provider, position`
  const drawn = new Map(
    (yield* decodePlanned(rows.filter(({ attempt_id }) => attempt_id !== null))).map((row) => [
      row.provider,
      row.attempt_id,
    ]),
  )
  const closed = attempts.map((attempt): Row => {
    const attemptId = drawn.get(attempt.provider) ?? null
    drawn.delete(attempt.provider)
    return { attemptId, provider: attempt.provider, state, attempt: Option.some(attempt) }
  })
  const unused = Array.from(drawn, ([provider, attemptId]): Row => ({
    attemptId,
    provider,
    state,
    attempt: Option.none(),
  }))
  yield* insert(
    sql,
    round,
    [...closed, ...unused].map((row, position) => ({ ...row, position })),
  )
})

/** Nobody was asked. */
export const forget = (sql: Sql, { checkoutId, round }: Round) =>
  sql`delete from attempts where checkout_id = ${checkoutId} and round = ${round}`

/** Nobody will say any more what came of what is still planned. */
export const quarantine = (sql: Sql, checkoutId: Id.CheckoutId) =>
  sql`update attempts set state = 'quarantined' where checkout_id = ${checkoutId} and state = 'planned'`

const RoundRow = Schema.Struct({ round: Schema.Int })
const decodeRound = Schema.decodeUnknownEffect(Schema.Array(RoundRow))

/** The round an attempt belongs to. */
export const roundOf = (sql: Sql, attemptId: Id.AttemptId) =>
  Effect.map(Effect.flatMap(sql`select round from attempts where attempt_id = ${attemptId}`, decodeRound), (rows) =>
    Option.map(Option.fromUndefinedOr(rows[0]), ({ round }) => round),
  )
