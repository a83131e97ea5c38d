/**
 * What becomes of a checkout once a page is shown: a pure reducer from evidence to state, events and commands.
 *
 * Three roads bring evidence (the buyer's return, a webhook, a look of the sweep), and all of it is a *snapshot* fetched
 * from the provider. A snapshot whose fetch started before the last applied one of the same session is dropped. `paid`
 * absorbs; a session's own state is level-triggered, with these ways: `payable → completing → completed`,
 * `payable → withdrawn`, `withdrawn → completing` (the buyer approved a page we had given up, and nobody has paid), and
 * `completing → payable` only with a snapshot that shows that nothing was taken.
 */
import { Option } from "effect"
import type { Command, Event, PaymentKind, PaymentRecord, SessionRecord, State, Step } from "./LedgerState.ts"
import * as Money from "./Money.ts"
import type { ProviderName } from "./ProviderName.ts"
import type { MoneySnapshot, MoneyState, SessionSnapshot } from "./Session.ts"

export type * from "./LedgerState.ts"

const isTaken = (state: MoneyState): boolean =>
  state === "completed" || state === "partially_refunded" || state === "refunded"

/** States of money only rise: a capture that was completed is never pending again. */
const rank: { readonly [state in MoneyState]: number } = {
  pending: 0,
  declined: 1,
  completed: 2,
  partially_refunded: 3,
  refunded: 4,
}

/** A step in the making: state, and what is to be told and done. */
interface Draft {
  state: State
  readonly events: Array<Event>
  readonly commands: Array<Command>
}

const eventKey = (event: Event): string => ("moneyId" in event ? `${event.type}:${event.moneyId}` : event.type)

const report = (draft: Draft, event: Event): void => {
  const key = eventKey(event)
  if (draft.state.reported.includes(key)) return
  draft.state = { ...draft.state, reported: [...draft.state.reported, key] }
  draft.events.push(event)
}

const setSession = (draft: Draft, sessionId: string, change: Partial<SessionRecord>): void => {
  draft.state = {
    ...draft.state,
    sessions: draft.state.sessions.map((session) =>
      session.sessionId === sessionId ? { ...session, ...change } : session,
    ),
  }
}

/** Something is under way: told once, also when the news of it comes late, so that every order tells the same. */
const processing = (draft: Draft, provider: ProviderName): void => {
  report(draft, { type: "checkout.processing", provider })
  if (draft.state.status === "open" || draft.state.status === "failed") {
    draft.state = { ...draft.state, status: "processing" }
  }
}

const paid = (draft: Draft, session: SessionRecord): void => {
  processing(draft, session.provider)
  if (draft.state.status === "paid") return
  draft.state = {
    ...draft.state,
    status: "paid",
    late: draft.state.status === "expired",
    paidBy: Option.some(session.sessionId),
  }
  report(draft, { type: "checkout.paid", provider: session.provider })
  for (const sibling of draft.state.sessions) {
    if (sibling.sessionId !== session.sessionId && sibling.status === "payable") {
      draft.commands.push({ _tag: "Withdraw", provider: sibling.provider, sessionId: sibling.sessionId })
    }
  }
}

const kindOf = (state: State, session: SessionRecord, money: MoneySnapshot): PaymentKind => {
  if (paidElsewhere(state, session.sessionId)) return "duplicate"
  const mine = state.payments.some(
    ({ kind, moneyId, sessionId }) =>
      sessionId === session.sessionId && moneyId !== money.moneyId && Option.contains(kind, "initial"),
  )
  if (mine) return state.mode === "subscription" ? "renewal" : "duplicate"
  return Option.exists(state.asked, (asked) => !Money.equals(asked, money.gross)) ? "mismatched" : "initial"
}

/** A part of the gross amount, in the same currency or not at all; what was known once stays known. */
const kept = (
  gross: Money.Money,
  now: Option.Option<Money.Money>,
  before: Option.Option<Money.Money> = Option.none(),
): Option.Option<Money.Money> =>
  Option.orElse(
    Option.filter(now, ({ currency }) => currency === gross.currency),
    () => before,
  )

const take = (draft: Draft, session: SessionRecord, money: MoneySnapshot): void => {
  const { gross, moneyId } = money
  const { provider } = session
  const known = draft.state.payments.find((payment) => payment.moneyId === moneyId)
  if (known !== undefined && rank[known.state] > rank[money.state]) return
  const kind =
    known !== undefined && Option.isSome(known.kind)
      ? known.kind
      : isTaken(money.state)
        ? Option.some(kindOf(draft.state, session, money))
        : Option.none<PaymentKind>()
  const payment: PaymentRecord = {
    moneyId,
    provider,
    sessionId: session.sessionId,
    state: money.state,
    gross,
    kind,
    tax: kept(gross, money.tax, known?.tax),
    fee: kept(gross, money.fee, known?.fee),
    net: kept(gross, money.net, known?.net),
  }
  draft.state = {
    ...draft.state,
    payments: [...draft.state.payments.filter((other) => other.moneyId !== moneyId), payment],
  }
  if (money.state === "declined") return report(draft, { type: "payment.failed", provider, moneyId, gross })
  if (Option.isNone(kind)) return processing(draft, provider)
  switch (kind.value) {
    case "initial":
      processing(draft, provider)
      report(draft, { type: "payment.captured", provider, moneyId, gross })
      return paid(draft, session)
    case "renewal":
      return report(draft, { type: "payment.captured", provider, moneyId, gross })
    case "mismatched":
      processing(draft, provider)
      return report(draft, { type: "payment.mismatched", provider, moneyId, gross })
    case "duplicate": {
      const told = draft.events.length
      report(draft, { type: "payment.duplicate", provider, moneyId, gross })
      if (draft.events.length > told) {
        draft.commands.push({ _tag: "Duplicate", provider, sessionId: session.sessionId, moneyId })
      }
    }
  }
}

/** The buyer has agreed and the provider waits for us: the first approval wins. */
const approved = (draft: Draft, session: SessionRecord): void => {
  const taken = Option.isSome(draft.state.paidBy)
  const busy = draft.state.sessions.some(
    ({ sessionId, status }) => sessionId !== session.sessionId && status === "completing",
  )
  if (taken || busy || session.status === "completing" || session.status === "completed") return
  const approval = session.approvals + 1
  setSession(draft, session.sessionId, { status: "completing", approvals: approval })
  processing(draft, session.provider)
  draft.commands.push({ _tag: "Complete", provider: session.provider, sessionId: session.sessionId, approval })
}

/** Nothing was taken and nothing is under way: the checkout waits for the buyer again. */
const reopen = (draft: Draft): void => {
  const underWay =
    draft.state.sessions.some(({ status }) => status === "completing") ||
    draft.state.payments.some(({ kind, state }) => state === "pending" || Option.contains(kind, "mismatched"))
  if (draft.state.status === "processing" && !underWay) draft.state = { ...draft.state, status: "open" }
}

/** Applies one snapshot. One of a session that is not this checkout's, or an outdated one, changes nothing. */
export const apply = (state: State, snapshot: SessionSnapshot): Step => {
  const session = state.sessions.find(
    ({ provider, sessionId }) => provider === snapshot.provider && sessionId === snapshot.sessionId,
  )
  if (session === undefined || snapshot.fetchStartedAt < session.seenAt) return { state, events: [], commands: [] }
  const draft: Draft = { state, events: [], commands: [] }
  setSession(draft, session.sessionId, { seenAt: snapshot.fetchStartedAt })
  for (const money of snapshot.payments) take(draft, session, money)

  switch (snapshot.state) {
    case "approved":
      approved(draft, session)
      break
    case "processing":
      processing(draft, session.provider)
      if (session.status !== "completed") setSession(draft, session.sessionId, { status: "completing" })
      break
    case "completed":
      setSession(draft, session.sessionId, { status: "completed" })
      if (state.mode === "subscription") subscribed(draft, session)
      break
    case "open":
      if (session.status === "completing") setSession(draft, session.sessionId, { status: "payable" })
      reopen(draft)
      break
    case "expired":
      if (session.status !== "completed") setSession(draft, session.sessionId, { status: "withdrawn" })
      reopen(draft)
      break
  }
  follow(draft, session, snapshot)
  return draft
}

/** Once a subscription is named it is followed by itself; the second one of a checkout, to be ended. */
const follow = (draft: Draft, { provider, sessionId }: SessionRecord, snapshot: SessionSnapshot): void => {
  if (Option.isNone(snapshot.subscriptionId)) return
  draft.commands.push({
    _tag: "Follow",
    provider,
    sessionId,
    subscriptionId: snapshot.subscriptionId.value,
    second: paidElsewhere(draft.state, sessionId),
  })
}

const paidElsewhere = ({ paidBy }: State, sessionId: string): boolean =>
  Option.exists(paidBy, (payer) => payer !== sessionId)

/** A subscription that runs pays its checkout, trial or not, unless another page has paid it. */
const subscribed = (draft: Draft, session: SessionRecord): void => {
  const mismatched = draft.state.payments.some(
    ({ kind, sessionId }) => sessionId === session.sessionId && Option.contains(kind, "mismatched"),
  )
  if (!mismatched && !paidElsewhere(draft.state, session.sessionId)) paid(draft, session)
}

/**
 * The provider refused for good to take the money the buyer had approved, and nothing was taken: the page is over. What
 * is under way elsewhere stays as it is.
 */
export const refused = (state: State, sessionId: string): Step => {
  const draft: Draft = { state, events: [], commands: [] }
  const session = state.sessions.find((candidate) => candidate.sessionId === sessionId)
  if (session?.status !== "completing") return draft
  setSession(draft, sessionId, { status: "withdrawn" })
  reopen(draft)
  return draft
}

/** The checkout's time is over, or the merchant ends it. An approved or confirmed session never expires under the buyer. */
export const expire = (state: State): Step => {
  const busy = state.sessions.some(({ status }) => status === "completing")
  if (busy || (state.status !== "open" && state.status !== "failed")) return { state, events: [], commands: [] }
  const draft: Draft = { state: { ...state, status: "expired" }, events: [], commands: [] }
  const shown = state.sessions[0]
  if (shown !== undefined) report(draft, { type: "checkout.expired", provider: shown.provider })
  for (const { provider, sessionId, status } of state.sessions) {
    if (status === "payable") draft.commands.push({ _tag: "Withdraw", provider, sessionId })
  }
  return draft
}

/** The withdrawal of a session was confirmed. One that the buyer is paying stays as it is. */
export const withdrawn = (state: State, sessionId: string): Step => {
  const draft: Draft = { state, events: [], commands: [] }
  const session = state.sessions.find((candidate) => candidate.sessionId === sessionId)
  if (session?.status === "payable") setSession(draft, sessionId, { status: "withdrawn" })
  return draft
}
