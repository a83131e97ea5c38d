/** What is written once the providers have answered, or when nobody will say any more what they answered. */
import { type Attempt, Displacement, Id, Timestamp } from "@payment-orchestrator/domain"
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
import * as SessionRows from "./SessionRows.ts"

type Sql = SqlClient.SqlClient
type Outcome = CheckoutStore.Outcome

const ClaimRow = Schema.Struct({
  round: Schema.Int,
  routed_at: Schema.Int,
  claimed_at: Schema.NullOr(Schema.Int),
  displaced: Schema.NullOr(Schema.Int),
})
const decodeClaims = Schema.decodeUnknownEffect(Schema.Array(ClaimRow))

const holdClaim = (sql: Sql, id: Id.CheckoutId) =>
  Effect.flatMap(
    sql`select round, routed_at, claimed_at, displaced from checkouts where id = ${id} ${Dialect.forUpdate(sql)}`,
    decodeClaims,
  )

/**
 * Whether this outcome is of an earlier round: its process was taken for dead, and somebody else asks or has asked the
 * providers anew. The attempt's id says so; where no session came of it, that its attempts began before this round.
 */
const isSuperseded = Effect.fnUntraced(function* (
  sql: Sql,
  { checkout, session }: Outcome,
  claim: typeof ClaimRow.Type,
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
  const { checkout, claimant, failovers, session } = outcome
  const { attempts, id, tenantId } = checkout
  if (Option.isSome(claimant)) yield* Keys.hold(sql, claimant.value.claimant)
  const [claim] = yield* holdClaim(sql, id)
  if (claim === undefined) return yield* Effect.die(`the checkout ${id} was committed before it was claimed`)
  if (yield* isSuperseded(sql, outcome, claim)) {
    yield* Effect.logWarning(`an outcome of ${id} came too late: another process has taken the checkout over`)
    return yield* new StorageError({ during: "commit" })
  }
  // A checkout that was kept from its first candidate once stays so, whatever a later round brings.
  const displaced = claim.displaced === 1 || Displacement.isDisplaced(attempts) ? 1 : 0
  const change = { ...(yield* encodeChange(checkout)), claimed_at: null, displaced }
  yield* sql`update checkouts set ${sql.update(change)} where id = ${id}`
  yield* AttemptRows.close(sql, { checkoutId: id, round: claim.round }, attempts, "closed")
  const shown = Option.isSome(session)
    ? yield* SessionRows.insert(sql, checkout, 1, session.value, yield* Timestamp.now)
    : 0
  const failedOver = yield* FailoverRows.insert(sql, failovers)
  yield* checkout.status === "failed"
    ? EventRows.tellCheckout(sql, checkout, "checkout.failed", `checkout.failed:${claim.round}`)
    : EventRows.tellCheckout(sql, checkout, "checkout.opened")
  if (Option.isSome(claimant)) {
    const { answer, claimant: of } = claimant.value
    yield* Option.isSome(answer) ? Keys.settle(sql, of, answer.value) : Keys.release(sql, of)
  }
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
  checkoutId: Id.CheckoutId,
  attempts: ReadonlyArray<Attempt.Attempt>,
) {
  yield* Keys.holdOf(sql, checkoutId)
  const [claim] = yield* holdClaim(sql, checkoutId)
  if (claim === undefined || claim.claimed_at === null) return false
  if (attempts.some(({ startedAt }) => startedAt < claim.routed_at)) return false
  yield* AttemptRows.close(sql, { checkoutId, round: claim.round }, attempts, "quarantined")
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
