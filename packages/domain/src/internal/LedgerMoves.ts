/** Moving a buyer on: which page is shown, when another may be, and what a webhook that nobody could look up holds up. */
import { Option } from "effect"
import type { SessionRecord, State, Step } from "../LedgerState.ts"
import * as Draft from "./LedgerDraft.ts"

/**
 * `strict`: another page is shown only when no other can be paid any more. `compensate`: also when one could not be
 * withdrawn; a second payment is then given back.
 */
export type SecondPage = "strict" | "compensate"

/** So many pages one checkout has at most. */
export const maxPages = 5

/** Whether a buyer may be moved on at all: nothing was paid, nothing is under way, and there were not too many pages. */
export const mayMove = (state: State): boolean =>
  state.status === "open" && !Draft.isBusy(state) && state.sessions.length > 0 && state.sessions.length < maxPages

/** Whether a page stands in the way of another one: it may be paid, and only its provider could change that. */
export const standsInTheWay = ({ fence, status }: Pick<SessionRecord, "fence" | "status">): boolean =>
  status === "payable" && fence !== "local"

/**
 * Shows another page. Pages from which only we could take money are withdrawn by the same step, so that there is never
 * none and, with `strict`, never more than one. The state is the same when the page must not be shown.
 */
export const moved = (
  state: State,
  page: Pick<SessionRecord, "attemptId" | "provider" | "sessionId" | "fence">,
  secondPage: SecondPage,
): Step => {
  const draft = Draft.make(state)
  const known = state.sessions.some(({ sessionId }) => sessionId === page.sessionId)
  if (known || !mayMove(state) || (secondPage === "strict" && state.sessions.some(standsInTheWay))) return draft
  for (const { fence, sessionId, status } of state.sessions) {
    if (status === "payable" && fence === "local") Draft.setSession(draft, sessionId, { status: "withdrawn" })
  }
  const { attemptId, fence, provider, sessionId } = page
  const shown: SessionRecord = {
    attemptId,
    provider,
    sessionId,
    fence,
    status: "payable",
    approvals: 0,
    seenAt: 0,
    hintedAt: 0,
    refused: false,
  }
  draft.state = { ...draft.state, sessions: [...draft.state.sessions, shown] }
  Draft.report(draft, { type: "checkout.moved", provider, sessionId })
  return draft
}

/**
 * A session could not be looked at. If a verified webhook has said that the buyer acted, the checkout is `processing` until
 * somebody can: a webhook pays nothing, but the buyer may have.
 */
export const unseen = (state: State, sessionId: string): Step => {
  const draft = Draft.make(state)
  const session = state.sessions.find((candidate) => candidate.sessionId === sessionId)
  if (session !== undefined && Draft.isHinted(session) && state.status === "open") {
    Draft.processing(draft, session.provider)
  }
  return draft
}

/** The page that stands for the checkout: the one that paid it, is being paid, or may be; else the last one. */
export const current = ({ paidBy, sessions }: State): Option.Option<SessionRecord> =>
  Option.fromUndefinedOr(
    sessions.find(({ sessionId }) => Option.contains(paidBy, sessionId)) ??
      sessions.find(({ status }) => status === "completing") ??
      sessions.findLast(({ status }) => status === "payable") ??
      sessions.at(-1),
  )
