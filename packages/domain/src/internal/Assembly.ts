/** The records of a checkout as one list in order. */
import { Option } from "effect"
import type { Attempt } from "../Attempt.ts"
import type { Candidate, Entry, Explanation, Records } from "../Explanation.ts"
import * as Money from "../Money.ts"
import { causeOfEvent, causeOfState } from "./Causes.ts"

/** An entry with its place in time: its own, but never before what came before it in the same story. */
interface Placed {
  readonly entry: Entry
  readonly at: number
}

const inOrder = (entries: ReadonlyArray<Entry>): ReadonlyArray<Placed> => {
  let latest = 0
  return entries.map((entry) => {
    // The end of a turn is measured by another clock than what is written after it: it must not stand behind that.
    if (entry.kind !== "decided" && entry.kind !== "not_asked") latest = Math.max(latest, entry.at)
    return { entry, at: latest }
  })
}

const each = (entries: ReadonlyArray<Entry>): ReadonlyArray<Placed> => entries.map((entry) => ({ entry, at: entry.at }))

const requested = ({ checkout, wish }: Records): Entry => ({
  kind: "requested",
  at: checkout.createdAt,
  mode: checkout.mode,
  amount: Option.getOrNull(Option.map(checkout.asked, Money.toDecimal)),
  currency: checkout.currency,
  ...wish,
})

const attempted = ({ attemptId, position, provider, round }: Candidate, attempt: Attempt): Entry => {
  const { durationMs, message = null, outcome = null, reason = null, requestId = null, result, tries } = attempt
  const place = { at: attempt.startedAt, round, position, provider, reason, message }
  return result === "skipped"
    ? { kind: "skipped", ...place }
    : { kind: "tried", ...place, attemptId, result, outcome, requestId, durationMs, tries }
}

const whyNotAsked: { readonly [state in Candidate["state"]]: string } = {
  planned: "nothing is recorded of its turn yet",
  closed: "the checkout was decided before its turn came",
  quarantined: "the process that may have asked it ended without a word",
}

const endOf = ({ durationMs, startedAt }: Attempt): number => startedAt + durationMs

/** How a round ended; none while it goes on. */
const decided = (
  round: number,
  attempts: ReadonlyArray<Attempt>,
): Option.Option<Extract<Entry, { kind: "decided" }>> => {
  if (attempts.length === 0) return Option.none()
  const base = { kind: "decided", at: Math.max(...attempts.map(endOf)), round } as const
  const opened = attempts.find(({ result }) => result === "opened")
  if (opened !== undefined) {
    const cause = attempts[0] === opened ? "the first of the order opened a page" : "it is the first that opened a page"
    return Option.some({ ...base, verdict: "opened", provider: opened.provider, cause })
  }
  const refused = attempts.find(({ result }) => result === "permanent_error")
  if (refused !== undefined) {
    const cause = `a refusal for good ends it, nobody else is asked: ${refused.message ?? refused.reason ?? ""}`
    return Option.some({ ...base, verdict: "refused", provider: refused.provider, cause })
  }
  const verdict = attempts.some(({ reason }) => reason === "process_died") ? "abandoned" : "nobody"
  const cause =
    verdict === "abandoned"
      ? "the process that asked ended before an answer was recorded"
      : "every candidate failed or was passed over"
  return Option.some({ ...base, verdict, provider: null, cause })
}

/** The rounds, each with its candidates in order, a failover before the turn it led to, and how it ended. */
const routed = ({ candidates, checkout, failovers }: Records): ReadonlyArray<Entry> => {
  const entries: Array<Entry> = []
  const left = [...failovers]
  const rounds = Array.from(new Set(candidates.map(({ round }) => round)))
  for (const round of rounds) {
    const mine = candidates.filter((candidate) => candidate.round === round)
    const attempts = mine.flatMap(({ attempt }) => Option.toArray(attempt))
    const decision = decided(round, attempts)
    for (const candidate of mine) {
      const { attempt, attemptId, position, provider, state } = candidate
      if (Option.isSome(attempt)) {
        const ledHere = left.findIndex(({ at, to }) => to === provider && at <= endOf(attempt.value))
        if (ledHere >= 0)
          entries.push(...left.splice(ledHere, 1).map((row) => ({ kind: "failed_over" as const, ...row })))
        entries.push(attempted(candidate, attempt.value))
      } else {
        const at = Option.match(decision, { onNone: () => checkout.createdAt, onSome: (made) => made.at })
        entries.push({ kind: "not_asked", at, round, position, provider, attemptId, cause: whyNotAsked[state] })
      }
    }
    entries.push(...Option.toArray(decision))
  }
  return [...entries, ...left.map((row) => ({ kind: "failed_over" as const, ...row }))]
}

const sessions = (records: Records): ReadonlyArray<Entry> =>
  records.sessions.flatMap((session): ReadonlyArray<Entry> => {
    const { at, attemptId, expiresAt, provider, sessionId, state, stateAt } = session
    if (state === "unexposed") return []
    const shown: Entry = { kind: "session_shown", at, provider, sessionId, attemptId, expiresAt }
    if (state === "payable") return [shown]
    const cause = causeOfState(records, { provider, state })
    return [shown, { kind: "session_state", at: stateAt, provider, sessionId, state, cause }]
  })

/** Everything, oldest first; at the same moment what causes stands before what is caused. */
export const assemble = (records: Records): Explanation => {
  const placed = [
    ...inOrder([requested(records), ...routed(records)]),
    ...each(records.actions.map((row) => ({ kind: "action", ...row }))),
    ...each(records.webhooks.map((row) => ({ kind: "webhook", ...row }))),
    ...each(sessions(records)),
    ...each(records.payments.map((row) => ({ kind: "payment", ...row }))),
    ...each(records.refunds.map((row) => ({ kind: "refund", ...row }))),
    ...each(records.events.map((row) => ({ kind: "event", ...row, cause: causeOfEvent(records, row) }))),
    ...each(records.deliveries.map((row) => ({ kind: "delivery", ...row }))),
  ]
  return { checkoutId: records.checkout.id, data: placed.toSorted((a, b) => a.at - b.at).map(({ entry }) => entry) }
}
