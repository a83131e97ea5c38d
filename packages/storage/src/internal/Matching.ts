/** What an event of a provider may be about, and making that due. */
import { Id, type ProviderName } from "@payment-orchestrator/domain"
import type { Clue, InboxStore } from "@payment-orchestrator/payments"
import { Array, Effect, Option, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as DisputeRecording from "./DisputeRecording.ts"
import * as DueSessions from "./DueSessions.ts"
import * as RefundNoticing from "./RefundNoticing.ts"
import * as Sent from "./Sent.ts"
import * as SubscriptionTaking from "./SubscriptionTaking.ts"

type Sql = SqlClient.SqlClient

/** What was found, and of which checkout it is. */
export interface Match extends InboxStore.Woken {
  readonly checkoutId: Option.Option<Id.CheckoutId>
}

const nothing: Match = {
  sessions: [],
  subscriptions: false,
  refunds: false,
  disputes: false,
  checkoutId: Option.none(),
}

const Attempts = Schema.Array(Schema.Struct({ attempt_id: Id.AttemptId }))
const decodeAttempts = Schema.decodeUnknownEffect(Attempts)

/** Asks for the sessions a clue may mean: by the provider's id, by our attempt id, or by money that is known. */
const askSessions = (sql: Sql, provider: ProviderName.ProviderName, { attemptId, moneyId, sessionId }: Clue.Clue) =>
  Effect.map(
    Sent.ask(
      sql,
      sql`
        select attempt_id from sessions where provider = ${provider} and session_id = ${sessionId ?? ""}
        union select attempt_id from sessions where attempt_id = ${attemptId ?? ""} and provider = ${provider}
        union select s.attempt_id from payments p
          join sessions s on s.provider = p.provider and s.session_id = p.session_id
          where p.provider = ${provider} and p.money_id = ${moneyId ?? ""}`,
    ),
    (rows) => Effect.map(Effect.flatMap(rows, decodeAttempts), (found) => found.map(({ attempt_id }) => attempt_id)),
  )

const Known = Schema.Array(Schema.Struct({ id: Id.PaymentId }))
const decodeKnown = Schema.decodeUnknownEffect(Known)

/**
 * Whether a refund or a dispute was named of money that is not known yet: its page is a reason to look, but it is only
 * found once there is something that it is about.
 */
const isEarly = Effect.fnUntraced(function* (
  sql: Sql,
  provider: ProviderName.ProviderName,
  { disputeId, moneyId, refundId }: Clue.Clue,
) {
  if (moneyId === null || (refundId === null && disputeId === null)) return false
  const known = yield* sql`
    select id from payments where provider = ${provider} and money_id = ${moneyId} and kind is not null`.pipe(
    Effect.flatMap(decodeKnown),
  )
  return known.length === 0
})

const one = Effect.fnUntraced(function* (
  sql: Sql,
  provider: ProviderName.ProviderName,
  clue: Clue.Clue,
  now: number,
  leaseMillis: number,
) {
  const asked = yield* askSessions(sql, provider, clue)
  const poked = yield* SubscriptionTaking.poke(sql, provider, clue, now)
  const attempts = yield* asked
  for (const attempt of attempts) {
    // What waits for its next look as seldom as one that was looked at often is looked at eagerly again.
    yield* sql`
      update sessions set look_at = ${now + leaseMillis}, looks = 0,
        hinted_at = ${clue.acted ? now : sql.literal("hinted_at")}
      where attempt_id = ${attempt}`
  }
  const sessions = attempts.length === 0 ? [] : yield* DueSessions.byAttempt(sql, attempts, now)
  const subscription = yield* poked
  const refund = yield* RefundNoticing.notice(sql, provider, clue)
  const dispute = yield* DisputeRecording.notice(sql, provider, clue)
  const early = Option.isNone(refund) && Option.isNone(dispute) && (yield* isEarly(sql, provider, clue))
  const match: Match = {
    sessions,
    subscriptions: Option.isSome(subscription),
    refunds: Option.isSome(refund),
    disputes: Option.isSome(dispute),
    checkoutId: early
      ? Option.none()
      : Option.firstSomeOf([
          Option.map(Array.head(sessions), ({ checkoutId }) => checkoutId),
          subscription,
          refund,
          dispute,
        ]),
  }
  return match
})

const both = (a: Match, b: Match): Match => ({
  sessions: [
    ...a.sessions,
    ...b.sessions.filter(
      (other) =>
        !a.sessions.some(({ provider, sessionId }) => provider === other.provider && sessionId === other.sessionId),
    ),
  ],
  subscriptions: a.subscriptions || b.subscriptions,
  refunds: a.refunds || b.refunds,
  disputes: a.disputes || b.disputes,
  checkoutId: Option.orElse(a.checkoutId, () => b.checkoutId),
})

/** Makes due what the clues of one event name, inside a transaction; its sessions are leased to the caller. */
export const match = (
  sql: Sql,
  provider: ProviderName.ProviderName,
  clues: ReadonlyArray<Clue.Clue>,
  now: number,
  leaseMillis: number,
) =>
  Effect.map(
    Effect.forEach(clues, (clue) => one(sql, provider, clue, now, leaseMillis)),
    (matches) => matches.reduce(both, nothing),
  )

/** Whether an event is about something of ours. */
export const isFound = ({ checkoutId }: Match): boolean => Option.isSome(checkoutId)
