/** Acme's objects in the project's words. */
import { Option, Result, Schema } from "effect"
import {
  CurrencyTable,
  type Dispute,
  Id,
  Money,
  type Price,
  type Session,
  type Subscription,
} from "@payment-orchestrator/domain"
import { name } from "./Client.ts"
import type * as Wire from "./Wire.ts"

/** Dollars, yen, dinars of three decimals, and forints that Acme counts without decimals. */
export const currencies = CurrencyTable.make(
  ["USD", "JPY", "KWD", "HUF"],
  { HUF: { exponent: 0 } },
  { maximum: 99_999_999 },
)

export const money = ({ currency, units }: Wire.Money): Option.Option<Money.Money> =>
  Result.getSuccess(CurrencyTable.fromProviderUnits(currencies, units, currency))

export const units = (amount: Money.Money): Option.Option<Wire.Money> =>
  Option.map(Result.getSuccess(CurrencyTable.toProviderUnits(currencies, amount)), (count) => ({
    units: count,
    currency: amount.currency,
  }))

export const attemptOf = (metadata: { readonly [key: string]: string }): Option.Option<Id.AttemptId> =>
  Option.filter(Option.fromUndefinedOr(metadata["attempt_id"]), Schema.is(Id.AttemptId))

export const stateOf = (session: Wire.Session): Session.SessionState =>
  ({ open: "open", approved: "approved", done: "completed", gone: "expired" } as const)[session.state]

const paymentOf = (payment: Wire.Payment, inCents: boolean): ReadonlyArray<Session.MoneySnapshot> => {
  const { refunded } = payment
  const read = money(payment.money)
  const gross = inCents ? Option.map(read, ({ currency }) => Money.make(payment.money.units, currency)) : read
  const state = refunded === 0 ? "completed" : refunded < payment.money.units ? "partially_refunded" : "refunded"
  return Option.toArray(gross).map((amount) => ({
    moneyId: payment.id,
    state,
    gross: amount,
    fee: Option.none(),
    tax: Option.none(),
    net: Option.none(),
  }))
}

export const session = (
  found: Wire.Session,
  mode: Session.SessionRequest["mode"],
  fetchStartedAt: number,
  { inCents, onlyFirst }: { readonly inCents: boolean; readonly onlyFirst: boolean },
): Session.SessionSnapshot => ({
  provider: name,
  sessionId: found.id,
  mode,
  state: stateOf(found),
  url: Option.some(found.url),
  attemptId: attemptOf(found.metadata),
  payments: [...(found.payment === null ? [] : [found.payment]), ...found.charges]
    .slice(0, onlyFirst ? 1 : undefined)
    .flatMap((payment) => paymentOf(payment, inCents)),
  subscriptionId: Option.fromNullOr(found.subscription),
  expiresAt: Option.none(),
  fetchStartedAt,
  requestId: Option.none(),
  rawState: found.state,
})

export const subscription = (found: Wire.Subscription, fetchStartedAt: number): Subscription.SubscriptionSnapshot => ({
  provider: name,
  subscriptionId: found.id,
  state: found.state,
  started: true,
  cancelAtPeriodEnd: found.ending,
  currentPeriodEnd: Option.some(found.until),
  endedAt: Option.none(),
  attemptId: attemptOf(found.metadata),
  customerEmail: Option.none(),
  fetchStartedAt,
  requestId: Option.none(),
  rawState: found.state,
})

export const dispute = (found: Wire.Dispute, fetchStartedAt: number): Dispute.DisputeSnapshot => ({
  provider: name,
  disputeId: found.id,
  state: found.state,
  amount: money(found.payment.money),
  moneyId: Option.some(found.payment.id),
  reason: Option.none(),
  respondBy: Option.none(),
  fetchStartedAt,
  requestId: Option.none(),
  rawState: found.state,
})

export const price = (found: Wire.Price): Price.PriceSnapshot => ({
  provider: name,
  priceId: found.id,
  active: found.sold,
  amounts: Option.toArray(money(found.money)),
  period: Option.map(Option.fromNullOr(found.every), (unit) => ({ unit, count: 1 })),
  unclear: Option.none(),
})
