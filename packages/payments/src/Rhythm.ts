/** When a session is looked at again. */
import type { CheckoutRequest, Ledger } from "@payment-orchestrator/domain"
import { Duration, Option } from "effect"
import type { DueSession } from "./LedgerStore.ts"

/**
 * Waits before the looks at a page that the buyer may have paid, then hourly. The return and the webhook come first as a
 * rule, nobody pays sooner than in 20 s, and each look is a call at the provider.
 */
const payable = ["20 seconds", "1 minute", "3 minutes", "10 minutes", "30 minutes"] as const
/**
 * The same for the page of a subscription, of which not every provider tells: 20 s, 1, 2, 5, 10, 20, 40, 80 min after it
 * was shown, hourly for a day, daily for a month; then only a webhook makes it worth another look.
 */
const subscribing = [
  "20 seconds",
  "40 seconds",
  "1 minute",
  "3 minutes",
  "5 minutes",
  "10 minutes",
  "20 minutes",
  "40 minutes",
  ...Array.from({ length: 24 }, () => "1 hour" as const),
  ...Array.from({ length: 30 }, () => "1 day" as const),
] as const
/** Takes of approved money: after 5, 10, 20, 30 s, then every 60 s. */
const completing = ["5 seconds", "10 seconds", "20 seconds", "30 seconds"] as const

/** How long until the next look, by what the session is and how often it was looked at. */
export const nextLook = (
  status: Ledger.SessionStatus,
  looks: number,
  mode: CheckoutRequest.Mode = "payment",
): Option.Option<Duration.Duration> => {
  switch (status) {
    case "payable":
      return mode === "subscription"
        ? Option.map(Option.fromUndefinedOr(subscribing[looks]), Duration.fromInputUnsafe)
        : Option.some(Duration.fromInputUnsafe(payable[looks] ?? "1 hour"))
    case "completing":
      return Option.some(Duration.fromInputUnsafe(completing[looks] ?? "1 minute"))
    case "completed":
    case "withdrawn":
      return Option.none()
  }
}

/** The longest a buyer could still approve a page of which only we take money: PayPal's orders live for 6 hours. */
const approvableMillis = 21_600_000
/** The shortest time in which approved money can be taken: 3 hours by PayPal's older documents. */
const takeableMillis = 10_800_000
const hourMillis = 3_600_000

const recordOf = (state: Ledger.State, session: Pick<DueSession, "provider" | "sessionId">) =>
  Option.fromUndefinedOr(
    state.sessions.find(({ provider, sessionId }) => provider === session.provider && sessionId === session.sessionId),
  )

/** What a session is in its checkout's ledger. */
export const statusOf = (
  state: Ledger.State,
  session: Pick<DueSession, "provider" | "sessionId">,
): Option.Option<Ledger.SessionStatus> => Option.map(recordOf(state, session), ({ status }) => status)

/** When the money of an approval can no longer be taken, in epoch milliseconds: the earliest it may be. */
export const approvalEnds = ({ expiresAt, shownAt }: DueSession): number =>
  Option.getOrElse(expiresAt, () => shownAt + takeableMillis)

/**
 * Whether a page that was given up is still watched: the buyer may go back to it and approve, and nobody was paid. The
 * rest (expired, refused, withdrawn at its provider) is over.
 */
const isWatched = (state: Ledger.State, record: Ledger.SessionRecord, session: DueSession, now: number): boolean =>
  record.fence === "local" &&
  !record.refused &&
  Option.isNone(state.paidBy) &&
  now < Math.max(session.checkoutExpiresAt, session.shownAt + approvableMillis)

/** Not later than the moment the checkout's own time is over. */
const at = (session: DueSession, now: number, wait: Duration.Duration): number => {
  const usual = now + Duration.toMillis(wait)
  return session.checkoutExpiresAt > now ? Math.min(usual, session.checkoutExpiresAt) : usual
}

/**
 * A checkout whose page cannot be paid any more before its own time is over: nobody looks there meanwhile, but somebody
 * must see that it expires. Where the provider could not be asked then, every hour.
 */
const untilItExpires = ({ checkoutExpiresAt }: DueSession, state: Ledger.State, now: number): Option.Option<number> =>
  state.status === "open" ? Option.some(checkoutExpiresAt > now ? checkoutExpiresAt : now + hourMillis) : Option.none()

/** When to look again at a session that was looked at; `over` if its provider says that nobody can pay it any more. */
export const next = (session: DueSession, state: Ledger.State, now: number, over: boolean): Option.Option<number> =>
  Option.flatMap(recordOf(state, session), (record) => {
    const { status } = record
    const watched = status === "withdrawn" && !over && isWatched(state, record, session, now)
    const wait = nextLook(watched ? "payable" : status, status === session.status ? session.looks + 1 : 0, session.mode)
    return Option.orElse(
      Option.map(wait, (duration) => at(session, now, duration)),
      () => (status === "withdrawn" ? untilItExpires(session, state, now) : Option.none()),
    )
  })

/**
 * When to try again to look at a session that could not be looked at: soon, where a webhook waits to be looked up, or the
 * buyer has come back.
 */
export const retry = (
  session: DueSession,
  state: Ledger.State,
  now: number,
  waitedFor: boolean,
): Option.Option<number> => {
  const usual = next(session, state, now, false)
  if (!session.hinted && !waitedFor) return usual
  const soon = Option.map(nextLook("completing", session.hinted ? session.looks : 1), (wait) => at(session, now, wait))
  return Option.map(soon, (moment) =>
    Math.min(
      moment,
      Option.getOrElse(usual, () => moment),
    ),
  )
}
