/** A step of a ledger in the making, and what every step does: set a session, report a fact once. */
import type { Command, Event, SessionRecord, State } from "../LedgerState.ts"
import type { ProviderName } from "../ProviderName.ts"

export interface Draft {
  state: State
  readonly events: Array<Event>
  readonly commands: Array<Command>
}

export const make = (state: State): Draft => ({ state, events: [], commands: [] })

const eventKey = (event: Event): string =>
  "moneyId" in event
    ? `${event.type}:${event.moneyId}`
    : "sessionId" in event
      ? `${event.type}:${event.sessionId}`
      : event.type

/** Tells a fact unless it was told before; answers whether it did. */
export const report = (draft: Draft, event: Event): boolean => {
  const key = eventKey(event)
  if (draft.state.reported.includes(key)) return false
  draft.state = { ...draft.state, reported: [...draft.state.reported, key] }
  draft.events.push(event)
  return true
}

export const setSession = (draft: Draft, sessionId: string, change: Partial<SessionRecord>): void => {
  draft.state = {
    ...draft.state,
    sessions: draft.state.sessions.map((session) =>
      session.sessionId === sessionId ? { ...session, ...change } : session,
    ),
  }
}

/** Something is under way: told once, also when the news of it comes late, so that every order tells the same. */
export const processing = (draft: Draft, provider: ProviderName): void => {
  report(draft, { type: "checkout.processing", provider })
  if (draft.state.status === "open" || draft.state.status === "failed") {
    draft.state = { ...draft.state, status: "processing" }
  }
}

/** A verified webhook said that the buyer had acted, and nobody has looked since: money may be on its way. */
export const isHinted = ({ hintedAt, seenAt, status }: SessionRecord): boolean =>
  status !== "completed" && hintedAt > seenAt

/** Money is being taken, or may have been: no other page is shown, and nothing expires. */
export const isBusy = ({ sessions }: State): boolean =>
  sessions.some((session) => session.status === "completing" || isHinted(session))
