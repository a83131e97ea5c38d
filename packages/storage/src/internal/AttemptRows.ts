/** The attempts of one round: planned before anybody is asked, then written again with what came of them. */
import type { Attempt, Id, ProviderName } from "@payment-orchestrator/domain"
import type { CheckoutStore } from "@payment-orchestrator/payments"
import { Effect, Option, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as CheckoutRow from "./CheckoutRow.ts"
import * as Sent from "./Sent.ts"

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
  readonly position: number
  readonly state: "planned" | "closed" | "quarantined"
  readonly attempt: Option.Option<Attempt.Attempt>
}

const encode = Schema.encodeEffect(CheckoutRow.AttemptRow)

const encoded = ({ checkoutId, round }: Round, rows: ReadonlyArray<Row>) =>
  Effect.forEach(rows, ({ attempt, attemptId, position, provider, state }) =>
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

/** Writes the candidates of a plan under their own places. */
export const plan = Effect.fnUntraced(function* (sql: Sql, round: Round, attempts: ReadonlyArray<Planned>) {
  const [first, ...others] = yield* encoded(
    round,
    attempts.map((planned) => ({ ...planned, state: "planned", attempt: Option.none() })),
  )
  if (first !== undefined) yield* Sent.send(sql, sql`insert into attempts ${sql.insert([first, ...others])}`)
})

/** What came of a round. */
export interface Closing {
  /** The candidates, as they were written before anybody was asked. */
  readonly planned: ReadonlyArray<Planned>
  /** What came of those that were needed, and of those that could not be asked, in the order of the plan. */
  readonly attempts: ReadonlyArray<Attempt.Attempt>
  readonly state: "closed" | "quarantined"
}

/** A candidate keeps the place and the id it was planned with; what could not be asked takes its place in the plan. */
const closingRows = ({ attempts, planned, state }: Closing): ReadonlyArray<Row> => {
  const made = attempts.map((attempt, place): Row => {
    const { provider } = attempt
    const candidate = planned.find((one) => one.provider === provider)
    return {
      attemptId: candidate?.attemptId ?? null,
      provider,
      position: candidate?.position ?? place,
      state,
      attempt: Option.some(attempt),
    }
  })
  const needed = new Set(attempts.map(({ provider }) => provider))
  const unused = planned.filter(({ provider }) => !needed.has(provider))
  return [...made, ...unused.map((one): Row => ({ ...one, state, attempt: Option.none() }))]
}

/** Writes over the rows of a plan what came of it. */
export const close = Effect.fnUntraced(function* (sql: Sql, round: Round, closing: Closing) {
  const [first, ...others] = yield* encoded(round, closingRows(closing))
  if (first === undefined) return
  yield* Sent.send(
    sql,
    sql`
      insert into attempts ${sql.insert([first, ...others])}
      on conflict (checkout_id, round, position) do update set
        state = excluded.state, provider = excluded.provider, result = excluded.result, reason = excluded.reason,
        message = excluded.message, outcome = excluded.outcome, request_id = excluded.request_id,
        started_at = excluded.started_at, duration_ms = excluded.duration_ms, tries = excluded.tries`,
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
