/**
 * What becomes of one subscription: a pure reducer from what its provider says to state, events and commands, keyed by
 * the provider's own id, so that news of another one never moves it.
 *
 * It is level-triggered: a webhook, a return and the sweep are reasons to look, and what is applied is what the provider
 * said then; a snapshot whose fetch started before the last applied one is dropped. What began and ended between two
 * looks is not told; that it started, that it was renewed and that it ended are always told, once.
 */
import { Option } from "effect"
import type { EventType } from "./Event.ts"
import * as Money from "./Money.ts"
import type { CancelWhen, SubscriptionSnapshot, SubscriptionState } from "./Subscription.ts"

type SubscriptionEvent = Extract<EventType, `subscription.${string}`>

/** A cancellation that was asked of us. */
export interface Wish {
  readonly when: CancelWhen
  readonly reason: Option.Option<string>
}

export interface State {
  readonly status: SubscriptionState
  readonly cancelAtPeriodEnd: boolean
  /** Asked of us, and not confirmed by the provider yet. */
  readonly wish: Option.Option<Wish>
  /** The provider has ended it at our wish already: for the merchant it runs until the paid period is over. */
  readonly runsOut: boolean
  /** Epoch milliseconds. */
  readonly currentPeriodEnd: Option.Option<number>
  readonly canceledAt: Option.Option<number>
  /** What a period costs. */
  readonly price: Option.Option<Money.Money>
  /** Whether it is a second one, to be ended. */
  readonly second: boolean
  /** When the fetch of the last applied snapshot started, in epoch milliseconds; 0 before the first. */
  readonly seenAt: number
  /** The keys of what has been told. */
  readonly reported: ReadonlyArray<string>
}

/** `key` is the fact's own: the same fact has the same key, whoever reports it. */
export interface Event {
  readonly type: SubscriptionEvent
  readonly key: string
}

/** End it at the provider; safe to repeat. */
export interface Cancel extends Wish {
  readonly _tag: "Cancel"
}

export interface Step {
  readonly state: State
  readonly events: ReadonlyArray<Event>
  readonly commands: ReadonlyArray<Cancel>
}

/** A charge of the subscription that became money. */
export interface Charge {
  readonly moneyId: string
  readonly gross: Money.Money
  /** Not the first one. */
  readonly renewal: boolean
}

/** As a subscription is before its provider was asked. */
export const fresh = (price: Option.Option<Money.Money>): State => ({
  status: "incomplete",
  cancelAtPeriodEnd: false,
  wish: Option.none(),
  runsOut: false,
  currentPeriodEnd: Option.none(),
  canceledAt: Option.none(),
  price,
  second: false,
  seenAt: 0,
  reported: [],
})

export const isOver = (status: SubscriptionState): boolean => status === "canceled" || status === "expired"

/** What a way from one state to another tells; `undefined` is a way that is not open, `null` one that tells nothing. */
const ways: {
  readonly [from in SubscriptionState]: { readonly [to in SubscriptionState]?: SubscriptionEvent | null }
} = {
  incomplete: {
    trialing: "subscription.trialing",
    active: null,
    past_due: "subscription.past_due",
    paused: "subscription.paused",
    canceled: "subscription.canceled",
    expired: "subscription.expired",
  },
  trialing: {
    active: null,
    past_due: "subscription.past_due",
    paused: "subscription.paused",
    canceled: "subscription.canceled",
    expired: "subscription.expired",
  },
  active: {
    trialing: "subscription.trialing",
    past_due: "subscription.past_due",
    paused: "subscription.paused",
    canceled: "subscription.canceled",
    expired: "subscription.expired",
  },
  past_due: {
    trialing: "subscription.trialing",
    active: null,
    paused: "subscription.paused",
    canceled: "subscription.canceled",
    expired: "subscription.expired",
  },
  paused: {
    trialing: "subscription.resumed",
    active: "subscription.resumed",
    past_due: "subscription.past_due",
    canceled: "subscription.canceled",
    expired: "subscription.expired",
  },
  canceled: {},
  expired: {},
}

/** Facts of which there is one; the others may come again, and are told apart by when they were seen. */
const once: ReadonlySet<SubscriptionEvent> = new Set([
  "subscription.activated",
  "subscription.canceled",
  "subscription.expired",
  "subscription.duplicate",
])

/** A step in the making. */
interface Draft {
  state: State
  readonly events: Array<Event>
}

const draftOf = (state: State): Draft => ({ state, events: [] })

const report = (draft: Draft, type: SubscriptionEvent, about = String(draft.state.seenAt)): void => {
  const key = once.has(type) ? type : `${type}:${about}`
  if (draft.state.reported.includes(key)) return
  draft.state = { ...draft.state, reported: [...draft.state.reported, key] }
  draft.events.push({ type, key })
}

/** A wish that is not fulfilled is a command, as long as it takes. */
const stepOf = ({ events, state }: Draft): Step => ({
  state,
  events,
  commands: Option.toArray(Option.map(state.wish, (wish) => ({ _tag: "Cancel", ...wish }))),
})

const end = (draft: Draft, status: "canceled" | "expired", at: number): void => {
  draft.state = {
    ...draft.state,
    status,
    wish: Option.none(),
    runsOut: false,
    cancelAtPeriodEnd: false,
    canceledAt: Option.some(at),
  }
  report(draft, `subscription.${status}`)
}

/** Whether the provider has done what was asked. */
const fulfils = ({ cancelAtPeriodEnd, state }: SubscriptionSnapshot, wish: Wish): boolean =>
  isOver(state) || (wish.when === "period_end" && cancelAtPeriodEnd)

/**
 * Whether the end that the provider reports is our wish for the end of the period, sent to a provider that knows only
 * an end at once: then the paid period is kept for the merchant.
 */
const keepsPeriod = ({ currentPeriodEnd, status, wish }: State, { fetchStartedAt, state }: SubscriptionSnapshot) =>
  isOver(state) &&
  (status === "active" || status === "trialing") &&
  Option.exists(wish, ({ when }) => when === "period_end") &&
  Option.exists(currentPeriodEnd, (until) => until > fetchStartedAt)

const schedule = (draft: Draft, scheduled: boolean): void => {
  if (draft.state.cancelAtPeriodEnd === scheduled) return
  draft.state = { ...draft.state, cancelAtPeriodEnd: scheduled }
  report(draft, scheduled ? "subscription.cancel_scheduled" : "subscription.resumed")
}

/** Goes to the state the provider names, if that way is open. */
const move = (draft: Draft, to: SubscriptionState, snapshot: SubscriptionSnapshot): void => {
  const told = ways[draft.state.status][to]
  if (told === undefined) return
  if (to === "canceled" || to === "expired") {
    return end(
      draft,
      to,
      Option.getOrElse(snapshot.endedAt, () => snapshot.fetchStartedAt),
    )
  }
  draft.state = { ...draft.state, status: to }
  if (told !== null) report(draft, told)
}

/** What the provider says of one that it has not ended before. */
const see = (draft: Draft, snapshot: SubscriptionSnapshot): void => {
  const { currentPeriodEnd, wish } = draft.state
  draft.state = { ...draft.state, currentPeriodEnd: Option.orElse(snapshot.currentPeriodEnd, () => currentPeriodEnd) }
  if (keepsPeriod(draft.state, snapshot)) {
    draft.state = { ...draft.state, wish: Option.none(), runsOut: true }
    return schedule(draft, true)
  }
  draft.state = { ...draft.state, wish: Option.filter(wish, (asked) => !fulfils(snapshot, asked)) }
  move(draft, snapshot.state, snapshot)
  if (!isOver(draft.state.status)) schedule(draft, snapshot.cancelAtPeriodEnd)
}

/** Applies what the provider says. */
export const apply = (state: State, snapshot: SubscriptionSnapshot): Step => {
  if (snapshot.fetchStartedAt < state.seenAt) return stepOf(draftOf(state))
  const draft = draftOf({ ...state, seenAt: snapshot.fetchStartedAt })
  if (snapshot.started) report(draft, "subscription.activated")
  if (!isOver(state.status) && !state.runsOut) see(draft, snapshot)
  return stepOf(draft)
}

/** Applies the money that has come so far, as the checkout's ledger knows it: each renewal is told once. */
export const charged = (state: State, charges: ReadonlyArray<Charge>): Step => {
  const draft = draftOf(state)
  for (const { gross, moneyId, renewal } of charges) {
    if (Option.isNone(draft.state.price)) draft.state = { ...draft.state, price: Option.some(gross) }
    if (renewal) report(draft, "subscription.renewed", moneyId)
  }
  return stepOf(draft)
}

/** Time has passed: what the provider ended before the paid period was over ends with that. */
export const elapse = (state: State, now: number): Step => {
  const draft = draftOf(state)
  const until = Option.getOrElse(state.currentPeriodEnd, () => now)
  if (state.runsOut && until <= now) end(draft, "canceled", until)
  return stepOf(draft)
}

/**
 * A cancellation is asked for. One that is over, or that ends as asked already, is a success without a word (F41); of
 * two wishes the sooner one stands.
 */
export const cancel = (state: State, wish: Wish, now: number): Step => {
  const draft = draftOf(state)
  const asked = Option.exists(state.wish, ({ when }) => when === "now" || when === wish.when)
  if (isOver(state.status) || asked || (wish.when === "period_end" && state.cancelAtPeriodEnd)) return stepOf(draft)
  if (state.runsOut) end(draft, "canceled", now)
  else draft.state = { ...state, wish: Option.some(wish) }
  return stepOf(draft)
}

/** It is a second subscription: told once, and ended at once. */
export const second = (state: State, now: number): Step => {
  const draft = draftOf({ ...state, second: true })
  report(draft, "subscription.duplicate")
  const ended = cancel(draft.state, { when: "now", reason: Option.some("duplicate") }, now)
  return { ...ended, events: [...draft.events, ...ended.events] }
}
