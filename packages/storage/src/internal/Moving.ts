/** A buyer who is moved on, as rows: claimed before a provider is asked, recorded before the page is shown. */
import { type Attempt, Capabilities, type Id, Ledger, ProviderName, Timestamp } from "@payment-orchestrator/domain"
import type { CheckoutStore, MoveStore } from "@payment-orchestrator/payments"
import { Effect, Option, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as AttemptRows from "./AttemptRows.ts"
import * as CheckoutRow from "./CheckoutRow.ts"
import * as Counters from "./Counters.ts"
import * as FailoverRows from "./FailoverRows.ts"
import * as LedgerRows from "./LedgerRows.ts"
import * as SessionRows from "./SessionRows.ts"

type Sql = SqlClient.SqlClient

const PageRow = Schema.Struct({
  provider: ProviderName.ProviderName,
  session_id: Schema.String,
  url: Schema.String,
  state: LedgerRows.SessionStatus,
  fence: Capabilities.Fence,
  seen_at: Schema.Int,
  hinted_at: Schema.Int,
  expires_at: Schema.NullOr(Schema.Int),
})
const decodePages = Schema.decodeUnknownEffect(Schema.Array(PageRow))

const ClaimRow = Schema.Struct({ round: Schema.Int, claimed_at: Schema.NullOr(Schema.Int) })
const decodeClaims = Schema.decodeUnknownEffect(Schema.Array(ClaimRow))

const claimOf = (sql: Sql, checkoutId: Id.CheckoutId) =>
  Effect.map(
    Effect.flatMap(sql`select round, claimed_at from checkouts where id = ${checkoutId}`, decodeClaims),
    ([claim]) => Option.fromUndefinedOr(claim),
  )

/** The pages of a checkout, and whether further ones are being asked for. */
export const pages = Effect.fnUntraced(function* (sql: Sql, checkoutId: Id.CheckoutId) {
  const claim = yield* claimOf(sql, checkoutId)
  const rows = yield* sql`
    select provider, session_id, url, state, fence, seen_at, hinted_at, expires_at
    from sessions where checkout_id = ${checkoutId} and state <> 'unexposed'
    order by ${sql.literal(SessionRows.inOrder)}`.pipe(Effect.flatMap(decodePages))
  const now = yield* Timestamp.now
  const found: MoveStore.Pages = {
    asking: Option.exists(claim, ({ claimed_at }) => claimed_at !== null),
    pages: rows.map(({ expires_at, fence, provider, session_id, state, url, ...row }) => ({
      provider,
      sessionId: session_id,
      url,
      status: state,
      fence,
      hinted: LedgerRows.isHinted(row, now),
      expiresAt: Option.fromNullOr(expires_at),
    })),
  }
  return found
})

const RequestRow = Schema.Struct({ request: CheckoutRow.Request })
const decodeRequests = Schema.decodeUnknownEffect(Schema.Array(RequestRow))

export const request = (sql: Sql, checkoutId: Id.CheckoutId) =>
  Effect.map(Effect.flatMap(sql`select request from checkouts where id = ${checkoutId}`, decodeRequests), ([row]) =>
    Option.map(Option.fromUndefinedOr(row), ({ request }) => request),
  )

/** Claims, inside a transaction: one more round of a checkout that is shown. */
export const begin = Effect.fnUntraced(function* (
  sql: Sql,
  checkoutId: Id.CheckoutId,
  attempts: ReadonlyArray<CheckoutStore.PlannedAttempt>,
  takeOverAfterMillis: number,
) {
  const now = yield* Timestamp.now
  const held = yield* LedgerRows.read(sql, checkoutId)
  const claim = yield* claimOf(sql, checkoutId)
  if (Option.isNone(held) || Option.isNone(claim) || !Ledger.mayMove(held.value.state)) {
    return { _tag: "NotNow" } as const
  }
  const { claimed_at } = claim.value
  if (claimed_at !== null && now - claimed_at <= takeOverAfterMillis) return { _tag: "Running" } as const
  const round = claim.value.round + 1
  yield* AttemptRows.quarantine(sql, checkoutId)
  yield* sql`
    update checkouts set ${sql.update({ round, routed_at: now, claimed_at: now })} where id = ${checkoutId}`
  yield* AttemptRows.plan(sql, { checkoutId, round }, attempts)
  return { _tag: "Begun", round } as const
})

/** Lets go of a claim, inside a transaction; one that was taken over meanwhile is somebody else's. */
export const release = Effect.fnUntraced(function* (sql: Sql, checkoutId: Id.CheckoutId, round: number) {
  const released = yield* sql`
    update checkouts set claimed_at = null where id = ${checkoutId} and round = ${round} returning id`
  if (released.length > 0) yield* AttemptRows.forget(sql, { checkoutId, round })
})

/** A page that was opened and is not shown: its buyer had acted elsewhere meanwhile. */
const superseded = (attempt: Attempt.Attempt): Attempt.Attempt =>
  attempt.result === "opened"
    ? { ...attempt, result: "superseded", message: "was not shown, because the buyer had acted on the page before" }
    : attempt

const isRecorded = (sql: Sql, attemptId: Id.AttemptId) =>
  Effect.map(sql`select attempt_id from sessions where attempt_id = ${attemptId}`, (rows) => rows.length > 0)

/** Records an outcome, inside a transaction; whether its page is shown. The same outcome twice leaves what it left once. */
export const commit = Effect.fnUntraced(function* (sql: Sql, outcome: MoveStore.MoveOutcome) {
  const { attempts, checkoutId, failovers, planned, round, secondPage, session } = outcome
  const held = yield* LedgerRows.read(sql, checkoutId)
  const claim = yield* claimOf(sql, checkoutId)
  if (Option.isNone(held) || Option.isNone(claim)) return false
  if (Option.isSome(session) && (yield* isRecorded(sql, session.value.attemptId))) return true
  if (claim.value.round !== round || claim.value.claimed_at === null) {
    yield* Effect.logWarning(`a page for ${checkoutId} came too late: another process has taken the move over`)
    return false
  }
  const { row, state } = held.value
  const step = Option.map(session, (page) => Ledger.moved(state, page, secondPage))
  const shown = Option.filter(step, (moved) => moved.state !== state)
  yield* sql`update checkouts set claimed_at = null where id = ${checkoutId}`
  yield* AttemptRows.close(
    sql,
    { checkoutId, round },
    { planned, attempts: Option.isSome(shown) ? attempts : attempts.map(superseded), state: "closed" },
  )
  const count = { tenantId: row.tenant_id }
  const moved = yield* FailoverRows.insert(sql, failovers)
  const failedOver = yield* moved
  if (Option.isSome(shown) && Option.isSome(session)) {
    const page = session.value
    const nth = state.sessions.length + 1
    yield* SessionRows.insert(sql, { id: checkoutId, tenantId: row.tenant_id }, nth, page, yield* Timestamp.now)
    yield* LedgerRows.write(sql, checkoutId, held.value, shown.value)
    yield* Counters.add(sql, [
      { ...count, kind: "failover", n: failedOver },
      { ...count, kind: "shown", provider: page.provider, n: 1 },
    ])
    return true
  }
  yield* Counters.add(sql, [{ ...count, kind: "failover", n: failedOver }])
  return false
})
