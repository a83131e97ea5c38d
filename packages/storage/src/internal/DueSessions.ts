/** Sessions that are looked at: which are due, and who has taken them. */
import { Capabilities, CheckoutRequest, Id, ProviderName, Timestamp } from "@payment-orchestrator/domain"
import type { LedgerStore } from "@payment-orchestrator/payments"
import { Effect, Option, Schema } from "effect"
import type { SqlClient, Statement } from "effect/sql"
import * as Dialect from "../Dialect.ts"
import * as LedgerRows from "./LedgerRows.ts"

type Sql = SqlClient.SqlClient

const DueRow = Schema.Struct({
  checkout_id: Id.CheckoutId,
  provider: ProviderName.ProviderName,
  session_id: Schema.String,
  mode: CheckoutRequest.Mode,
  state: LedgerRows.SessionStatus,
  fence: Capabilities.Fence,
  approvals: Schema.Int,
  seen_at: Schema.Int,
  hinted_at: Schema.Int,
  created_at: Schema.Int,
  looks: Schema.Int,
  look_at: Schema.NullOr(Schema.Int),
  session_expires_at: Schema.NullOr(Schema.Int),
  expires_at: Schema.Int,
})
const decode = Schema.decodeUnknownEffect(Schema.Array(DueRow))

const dueOf = (row: typeof DueRow.Type, now: number): LedgerStore.DueSession => ({
  checkoutId: row.checkout_id,
  provider: row.provider,
  sessionId: row.session_id,
  mode: row.mode,
  status: row.state,
  fence: row.fence,
  hinted: LedgerRows.isHinted(row, now),
  approvals: row.approvals,
  looks: row.looks,
  shownAt: row.created_at,
  expiresAt: Option.fromNullOr(row.session_expires_at),
  checkoutExpiresAt: row.expires_at,
  dueAt: Option.fromNullOr(row.look_at),
})

/** The sessions that a condition on `s` and what comes after it choose. */
const select = (sql: Sql, now: number, rest: Statement.Fragment) =>
  sql`
    select s.checkout_id, s.provider, s.session_id, c.mode, s.state, s.fence, s.approvals, s.seen_at, s.hinted_at,
      s.created_at, s.looks, s.look_at, s.expires_at as session_expires_at, c.expires_at
    from sessions s join checkouts c on c.id = s.checkout_id where ${rest}`.pipe(
    Effect.flatMap(decode),
    Effect.map((rows) => rows.map((row) => dueOf(row, now))),
  )

export const byAttempt = (sql: Sql, attempts: ReadonlyArray<Id.AttemptId>, now: number) =>
  select(sql, now, sql`${sql.in("s.attempt_id", attempts)} and s.state <> 'unexposed'`)

/** Those that are not over, and those that were given up but are still watched. */
export const ofCheckout = (sql: Sql, checkoutId: Id.CheckoutId, now: number) =>
  select(
    sql,
    now,
    sql`
      s.checkout_id = ${checkoutId}
        and (s.state in ('payable', 'completing') or (s.state = 'withdrawn' and s.look_at is not null))
      order by s.nth, s.created_at, s.attempt_id`,
  )

/** Puts the chosen ones off, so that they are the caller's. */
const lease = Effect.fnUntraced(function* (
  sql: Sql,
  chosen: ReadonlyArray<LedgerStore.DueSession>,
  until: number,
  asked = false,
) {
  for (const { provider, sessionId } of chosen) {
    yield* sql`
      update sessions set look_at = ${until}, asked_at = ${asked ? yield* Timestamp.now : sql.literal("asked_at")}
      where provider = ${provider} and session_id = ${sessionId}`
  }
  return chosen.map((session) => ({ ...session, dueAt: Option.some(until) }))
})

export interface Asked {
  readonly of: Parameters<LedgerStore.Service["takeAsked"]>[0]
  readonly everyMillis: number
}

/** Nobody waits longer for a look at a page that may be paid. */
const longestWaitMillis = 3_660_000
/** Pages of subscriptions are looked at once a day in the end, and those that are over when their checkout is. */
const longestOtherWaitMillis = 86_460_000

/** What is due later than that was put off by a clock that has been set back since. */
const restore = (sql: Sql, now: number) => sql`
  update sessions set look_at = ${now}
  where look_at > ${now + longestWaitMillis} and (look_at > ${now + longestOtherWaitMillis}
    or (state in ('payable', 'completing')
      and exists (select 1 from checkouts c where c.id = sessions.checkout_id and c.mode = 'payment')))`

/** Takes those whose time has come, inside a transaction. */
export const take = Effect.fnUntraced(function* (sql: Sql, limit: number, leaseMillis: number, restoring: boolean) {
  const now = yield* Timestamp.now
  if (restoring) yield* restore(sql, now)
  const due = yield* select(
    sql,
    now,
    sql`
      s.look_at is not null and s.look_at <= ${now}
      order by s.look_at limit ${limit} ${Dialect.forUpdateSkipLocked(sql)}`,
  )
  return yield* lease(sql, due, now + leaseMillis)
})

/** What somebody asks for, unless it was asked or looked for a moment ago. */
export const asked = (sql: Sql, { everyMillis, of }: Asked, now: number, held = sql.literal("")) => {
  const before = now - everyMillis
  return select(
    sql,
    now,
    sql`
      ${"attemptId" in of ? sql`s.attempt_id = ${of.attemptId}` : sql`s.checkout_id = ${of.checkoutId}`}
        and s.state in ('payable', 'completing')
        and s.asked_at <= ${before} and s.seen_at <= ${before} and s.created_at <= ${before} ${held}`,
  )
}

/** Takes that, inside a transaction. */
export const takeAsked = Effect.fnUntraced(function* (sql: Sql, ask: Asked, leaseMillis: number) {
  const now = yield* Timestamp.now
  return yield* lease(sql, yield* asked(sql, ask, now, Dialect.forUpdateSkipLocked(sql)), now + leaseMillis, true)
})

/** When to look next, and that somebody looked; what has made it due since it was taken stands. */
export const lookAgain = (
  sql: Sql,
  { dueAt, provider, sessionId }: LedgerStore.DueSession,
  at: Option.Option<number>,
) => sql`
  update sessions set looks = looks + 1,
    look_at = case when coalesce(look_at, 0) = ${Option.getOrElse(dueAt, () => 0)} then ${Option.getOrNull(at)}
      else look_at end
  where provider = ${provider} and session_id = ${sessionId}`

/** When to look next, when nobody could. */
export const postpone = (sql: Sql, { dueAt, provider, sessionId }: LedgerStore.DueSession, at: number) => sql`
  update sessions set look_at = ${at}
  where provider = ${provider} and session_id = ${sessionId} and look_at is not null
    and look_at = ${Option.getOrElse(dueAt, () => 0)}`
