/** What is written once the providers have answered, or when nobody will say any more what they answered. */
import { type Attempt, Displacement, Timestamp } from "@payment-orchestrator/domain"
import { type CheckoutStore, StorageError } from "@payment-orchestrator/payments"
import { Effect, Option, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as Dialect from "../Dialect.ts"
import * as AttemptRows from "./AttemptRows.ts"
import * as CheckoutRow from "./CheckoutRow.ts"
import * as Counters from "./Counters.ts"
import * as EventRows from "./EventRows.ts"
import * as FailoverRows from "./FailoverRows.ts"
import * as Keys from "./Keys.ts"
import * as Reading from "./Reading.ts"
import * as Sent from "./Sent.ts"
import * as SessionRows from "./SessionRows.ts"

type Sql = SqlClient.SqlClient
type Outcome = CheckoutStore.Outcome

const RoundRow = Schema.Struct({ round: Schema.Int, routed_at: Schema.Int })
const decodeRounds = Schema.decodeUnknownEffect(Schema.Array(RoundRow))

const ClaimRow = Schema.Struct({ ...RoundRow.fields, claimed_at: Schema.NullOr(Schema.Int) })
const decodeClaims = Schema.decodeUnknownEffect(Schema.Array(ClaimRow))

/**
 * Whether this outcome is of an earlier round: its process was taken for dead, and somebody else asks or has asked the
 * providers anew. The attempt's id says so; where no session came of it, that its attempts began before this round.
 */
const isSuperseded = Effect.fnUntraced(function* (
  sql: Sql,
  { checkout, session }: Outcome,
  claim: typeof RoundRow.Type,
) {
  if (claim.round === 1) return false
  if (Option.isSome(session)) {
    return Option.exists(yield* AttemptRows.roundOf(sql, session.value.attemptId), (round) => round < claim.round)
  }
  const began = checkout.attempts[0]?.startedAt
  return began !== undefined && began < claim.routed_at
})

const encodeChange = Schema.encodeEffect(CheckoutRow.Change)

/** Records an outcome, inside a transaction. The same outcome twice leaves what it left once. */
export const commit = Effect.fnUntraced(function* (sql: Sql, outcome: Outcome) {
  const { checkout, claimant, failovers, planned, session } = outcome
  const { attempts, id, tenantId } = checkout
  if (Option.isSome(claimant)) {
    const { answer, claimant: of } = claimant.value
    yield* Sent.send(sql, Option.isSome(answer) ? Keys.settle(sql, of, answer.value) : Keys.release(sql, of))
  }
  // A checkout that was kept from its first candidate once stays so, whatever a later round brings.
  const displaced = Displacement.isDisplaced(attempts) ? 1 : 0
  const change = { ...(yield* encodeChange(checkout)), claimed_at: null }
  const rounds = yield* Sent.ask(
    sql,
    sql`
      update checkouts
      set ${sql.update(change)}, displaced = case when displaced = 1 then 1 else cast(${displaced} as integer) end
      where id = ${id} returning round, routed_at`,
  )
  const inserted = Option.isSome(session)
    ? yield* Sent.ask(sql, SessionRows.insert(sql, checkout, 1, session.value, yield* Timestamp.now))
    : Effect.succeed([])
  const moved = yield* FailoverRows.insert(sql, failovers)
  const type = checkout.status === "failed" ? "checkout.failed" : "checkout.opened"
  // Waited for first, as it was sent last: with it the others' answers are there.
  const head = yield* Effect.flatten(EventRows.askHead(sql, { objectId: id, tenantId, type }))
  const [claim] = yield* Effect.flatMap(rounds, decodeRounds)
  if (claim === undefined) return yield* Effect.die(`the checkout ${id} was committed before it was claimed`)
  if (yield* isSuperseded(sql, outcome, claim)) {
    yield* Effect.logWarning(`an outcome of ${id} came too late: another process has taken the checkout over`)
    return yield* new StorageError({ during: "commit" })
  }
  yield* AttemptRows.close(sql, { checkoutId: id, round: claim.round }, { planned, attempts, state: "closed" })
  yield* EventRows.tellCheckout(sql, checkout, type, type === "checkout.failed" ? `${type}:${claim.round}` : type, head)
  const failedOver = yield* moved
  const shown = (yield* inserted).length
  yield* Counters.add(sql, [
    { tenantId, kind: "failover", n: failedOver },
    ...Option.toArray(session).map(({ provider }) => ({ tenantId, kind: "shown" as const, provider, n: shown })),
  ])
})

/**
 * Ends a claim whose process died, inside a transaction; a checkout that was shown before stays as it is. False when it
 * has an outcome, or was taken over since the attempts given here began.
 */
export const abandon = Effect.fnUntraced(function* (
  sql: Sql,
  { attempts: planned, checkoutId }: CheckoutStore.OpenClaim,
  attempts: ReadonlyArray<Attempt.Attempt>,
) {
  yield* Keys.holdOf(sql, checkoutId)
  const [claim] = yield* Effect.flatMap(
    sql`select round, routed_at, claimed_at from checkouts where id = ${checkoutId} ${Dialect.forUpdate(sql)}`,
    decodeClaims,
  )
  if (claim === undefined || claim.claimed_at === null) return false
  if (attempts.some(({ startedAt }) => startedAt < claim.routed_at)) return false
  yield* AttemptRows.close(sql, { checkoutId, round: claim.round }, { planned, attempts, state: "quarantined" })
  const wasShown = yield* sql`select attempt_id from sessions where checkout_id = ${checkoutId} limit 1`
  if (wasShown.length > 0) {
    yield* sql`update checkouts set claimed_at = null where id = ${checkoutId}`
    return true
  }
  yield* sql`update checkouts set status = 'failed', claimed_at = null where id = ${checkoutId}`
  const ended = yield* Reading.byId(sql, checkoutId)
  if (Option.isSome(ended)) {
    yield* EventRows.tellCheckout(sql, ended.value.checkout, "checkout.failed", `checkout.failed:${claim.round}`)
  }
  yield* Keys.releaseOf(sql, checkoutId)
  return true
})
