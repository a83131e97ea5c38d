/**
 * What becomes of a checkout once a page is shown: a pure reducer from evidence to state, events and commands.
 *
 * Three roads bring evidence (the buyer's return, a webhook, a look of the sweep), and all of it is a *snapshot* fetched
 * from the provider. A snapshot whose fetch started before the last applied one of the same session is dropped. `paid`
 * absorbs; a session's own state is level-triggered, with these ways: `payable → completing → completed`,
 * `payable → withdrawn`, `withdrawn → completing` (the buyer approved a page we had given up, and nobody has paid), and
 * `completing → payable` only with a snapshot that shows that nothing was taken; back to `withdrawn`, if another page
 * may be paid meanwhile.
 */
import { Option } from "effect"
import * as Draft from "./internal/LedgerDraft.ts"
import { current } from "./internal/LedgerMoves.ts"
import type { PaymentKind, PaymentRecord, SessionRecord, State, Step } from "./LedgerState.ts"
import * as Money from "./Money.ts"
import type { MoneySnapshot, MoneyState, SessionSnapshot } from "./Session.ts"

export * from "./internal/LedgerMoves.ts"
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

const paid = (draft: Draft.Draft, session: SessionRecord): void => {
  Draft.processing(draft, session.provider)
  if (draft.state.status === "paid") return
  draft.state = {
    ...draft.state,
    status: "paid",
    late: draft.state.status === "expired",
    paidBy: Option.some(session.sessionId),
  }
  Draft.report(draft, { type: "checkout.paid", provider: session.provider })
  for (const sibling of draft.state.sessions) {
    if (sibling.sessionId !== session.sessionId && sibling.status === "payable") {
      const { fence, provider, sessionId } = sibling
      draft.commands.push({ _tag: "Withdraw", provider, sessionId, fence })
    }
  }
}

/** Of money that has no kind yet. An initial payment is this session's own when no other has paid. */
const kindOf = (state: State, session: SessionRecord, money: MoneySnapshot): PaymentKind => {
  if (paidElsewhere(state, session.sessionId)) return "duplicate"
  if (state.payments.some(({ kind }) => Option.contains(kind, "initial")))
    return state.mode === "subscription" ? "renewal" : "duplicate"
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

const take = (draft: Draft.Draft, session: SessionRecord, money: MoneySnapshot): void => {
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
  const tell = (type: "payment.captured" | "payment.failed" | "payment.duplicate" | "payment.mismatched") =>
    Draft.report(draft, { type, provider, moneyId, gross })
  if (money.state === "declined") tell("payment.failed")
  else if (Option.isNone(kind)) Draft.processing(draft, provider)
  else {
    switch (kind.value) {
      case "initial":
        Draft.processing(draft, provider)
        tell("payment.captured")
        return paid(draft, session)
      case "renewal":
        tell("payment.captured")
        return
      case "mismatched":
        Draft.processing(draft, provider)
        tell("payment.mismatched")
        return
      case "duplicate":
        if (tell("payment.duplicate")) {
          draft.commands.push({ _tag: "Duplicate", provider, sessionId: session.sessionId, moneyId })
        }
    }
  }
}

/** Whether the buyer's money has come already, be it too much or too little: no more is taken. */
const hasPaid = ({ paidBy, payments }: State): boolean =>
  Option.isSome(paidBy) || payments.some(({ kind }) => Option.contains(kind, "mismatched"))

/** The buyer has agreed and the provider waits for us: the first approval wins, on a page that was given up too. */
const approved = (draft: Draft.Draft, session: SessionRecord): void => {
  const busy = draft.state.sessions.some(({ status }) => status === "completing")
  const over = session.refused || session.status === "completed"
  // A subscription that we would have to start is not started for a checkout that was given up: it would bill for good.
  const abandoned = draft.state.mode === "subscription" && draft.state.status === "expired"
  if (busy || over || abandoned || hasPaid(draft.state)) return
  const approval = session.approvals + 1
  Draft.setSession(draft, session.sessionId, { status: "completing", approvals: approval })
  Draft.processing(draft, session.provider)
  draft.commands.push({ _tag: "Complete", provider: session.provider, sessionId: session.sessionId, approval })
}

/** Whether money is being taken and no answer has come yet, be it only that the money is pending. */
export const isBeingTaken = ({ payments, sessions }: State): boolean =>
  sessions.some(
    ({ sessionId, status }) =>
      status === "completing" &&
      !payments.some((payment) => payment.sessionId === sessionId && payment.state !== "declined"),
  )

/** Nothing was taken and nothing is under way: the checkout waits for the buyer again. */
const reopen = (draft: Draft.Draft): void => {
  const underWay =
    Draft.isBusy(draft.state) ||
    draft.state.payments.some(({ kind, state }) => state === "pending" || Option.contains(kind, "mismatched"))
  if (draft.state.status === "processing" && !underWay) draft.state = { ...draft.state, status: "open" }
}

/**
 * A session is not being paid (any more). Where it was, siblings that only we take money from were kept waiting: what
 * the buyer did there is to be looked at now.
 */
const end = (draft: Draft.Draft, session: SessionRecord, status: "payable" | "withdrawn"): void => {
  Draft.setSession(draft, session.sessionId, { status })
  if (session.status === "completing" && !hasPaid(draft.state)) {
    for (const { fence, provider, sessionId, status } of draft.state.sessions) {
      const waits = fence === "local" && sessionId !== session.sessionId && status !== "completed"
      if (waits) draft.commands.push({ _tag: "Look", provider, sessionId })
    }
  }
  reopen(draft)
}

/** Nothing was taken: the page may be paid again, unless another one may be or was. */
const untouched = (draft: Draft.Draft, session: SessionRecord): void => {
  const { fence, provider, sessionId } = session
  Draft.setSession(draft, sessionId, { refused: false })
  if (session.status !== "completing") return reopen(draft)
  const another = draft.state.sessions.some((other) => other.sessionId !== sessionId && other.status !== "withdrawn")
  end(draft, session, another && fence === "local" ? "withdrawn" : "payable")
  if (another && fence !== "local") draft.commands.push({ _tag: "Withdraw", provider, sessionId, fence })
}

/** The step that only looks. */
export const unchanged = (state: State): Step => ({ state, events: [], commands: [] })

/** Applies one snapshot. One of a session that is not this checkout's, or an outdated one, changes nothing. */
export const apply = (state: State, snapshot: SessionSnapshot): Step => {
  const session = state.sessions.find(
    ({ provider, sessionId }) => provider === snapshot.provider && sessionId === snapshot.sessionId,
  )
  if (session === undefined || snapshot.fetchStartedAt < session.seenAt) return unchanged(state)
  const draft = Draft.make(state)
  Draft.setSession(draft, session.sessionId, { seenAt: snapshot.fetchStartedAt })
  for (const money of snapshot.payments) take(draft, session, money)

  switch (snapshot.state) {
    case "approved":
      approved(draft, session)
      break
    case "processing":
      Draft.processing(draft, session.provider)
      if (session.status !== "completed") Draft.setSession(draft, session.sessionId, { status: "completing" })
      break
    case "completed":
      Draft.setSession(draft, session.sessionId, { status: "completed" })
      if (state.mode === "subscription") subscribed(draft, session)
      break
    case "open":
      untouched(draft, session)
      break
    case "expired":
      if (session.status !== "completed") end(draft, session, "withdrawn")
      else reopen(draft)
      break
  }
  follow(draft, session, snapshot)
  return draft
}

/** Once a subscription is named it is followed by itself; the second one of a checkout, to be ended. */
const follow = (draft: Draft.Draft, { provider, sessionId }: SessionRecord, snapshot: SessionSnapshot): void => {
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

/** A subscription that runs pays its checkout, trial or not; what is paid already stays so. */
const subscribed = (draft: Draft.Draft, session: SessionRecord): void => {
  const mismatched = draft.state.payments.some(
    ({ kind, sessionId }) => sessionId === session.sessionId && Option.contains(kind, "mismatched"),
  )
  if (!mismatched) paid(draft, session)
}

/** Approved money that is not taken: its page is over, and what is under way elsewhere stays as it is. */
const letGo = (state: State, sessionId: string, refused: boolean): Step => {
  const draft = Draft.make(state)
  const session = state.sessions.find((candidate) => candidate.sessionId === sessionId)
  if (session?.status !== "completing") return draft
  Draft.setSession(draft, sessionId, { refused })
  end(draft, session, "withdrawn")
  return draft
}

/** The provider refused for good to take it; only another approval of the buyer changes that. */
export const refused = (state: State, sessionId: string): Step => letGo(state, sessionId, true)

/** Whether the buyer's money came on another page of the checkout, be it too much or too little. */
export const hasPaidElsewhere = (state: State, sessionId: string): boolean =>
  paidElsewhere(state, sessionId) ||
  state.payments.some((payment) => payment.sessionId !== sessionId && Option.contains(payment.kind, "mismatched"))

/**
 * Money is about to be taken, `at` in epoch milliseconds: what was fetched before no longer says that nothing was taken.
 * From a page whose buyer has paid on another one meanwhile nothing is taken: what it is must be seen first.
 */
export const taking = (state: State, sessionId: string, at: number): Step => {
  const draft = Draft.make(state)
  const session = state.sessions.find((candidate) => candidate.sessionId === sessionId)
  if (session?.status === "completing" && !hasPaidElsewhere(state, sessionId)) {
    Draft.setSession(draft, sessionId, { seenAt: Math.max(session.seenAt, at) })
  }
  return draft
}

/** The buyer has paid on another page, and was seen to have only approved this one: it is over. */
export const spared = (state: State, sessionId: string): Step =>
  hasPaidElsewhere(state, sessionId) ? letGo(state, sessionId, false) : Draft.make(state)

/** The checkout's time is over, or the merchant ends it. An approved or confirmed session never expires under the buyer. */
export const expire = (state: State): Step => {
  if (Draft.isBusy(state) || (state.status !== "open" && state.status !== "failed")) return Draft.make(state)
  const draft = Draft.make({ ...state, status: "expired" })
  const shown = current(state)
  if (Option.isSome(shown)) Draft.report(draft, { type: "checkout.expired", provider: shown.value.provider })
  for (const { fence, provider, sessionId, status } of state.sessions) {
    if (status === "payable") draft.commands.push({ _tag: "Withdraw", provider, sessionId, fence })
  }
  return draft
}

/**
 * The withdrawal of a session was confirmed; one that the buyer is paying stays as it is. `at`: when the provider itself
 * said so, in epoch milliseconds; what was fetched before is no longer true.
 */
export const withdrawn = (state: State, sessionId: string, at = 0): Step => {
  const draft = Draft.make(state)
  const session = state.sessions.find((candidate) => candidate.sessionId === sessionId)
  if (session?.status === "payable") {
    Draft.setSession(draft, sessionId, { status: "withdrawn", seenAt: Math.max(session.seenAt, at) })
  }
  return draft
}
