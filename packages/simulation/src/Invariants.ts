/** What must be true once everything is over: what the database says against what is true at the banks. */
import type { Checkout, Payment } from "@payment-orchestrator/domain"
import { Money, Timestamp } from "@payment-orchestrator/domain"
import { CheckoutStore } from "@payment-orchestrator/payments"
import type { Storage } from "@payment-orchestrator/storage"
import { Context, Effect, Option } from "effect"
import type { Bank, BankPayment } from "./Bank.ts"
import * as DisputeChecks from "./DisputeChecks.ts"
import * as Ending from "./Ending.ts"
import * as EventChecks from "./EventChecks.ts"
import type { Scenario } from "./Scenario.ts"
import * as SubscriptionChecks from "./SubscriptionChecks.ts"
import type { Trace } from "./Trace.ts"

export interface Options {
  readonly scenario: Scenario
  readonly trace: Trace
  readonly banks: ReadonlyArray<Bank>
  readonly storage: Context.Context<Storage.Storage>
}

interface Held extends BankPayment {
  readonly bank: Bank
}

/** The completed money of a checkout, wherever it is. */
const moneyOf = (banks: ReadonlyArray<Bank>): ReadonlyMap<string, ReadonlyArray<Held>> =>
  Map.groupBy(
    banks.flatMap((bank) =>
      Array.from(bank.sessions.values()).flatMap((session) =>
        session.payments
          .filter(({ state }) => state === "completed")
          .map((payment) => ({ ...payment, bank, checkoutId: session.checkoutId })),
      ),
    ),
    ({ checkoutId }) => checkoutId,
  )

/** Between two candidates of one plan there is less time; between two askings of a merchant or buyer there is more. */
const askedAtOnceMillis = 500

const left = ({ gross, refunded, reversed }: BankPayment): number => gross.amount - refunded - reversed

const acknowledged = Effect.fnUntraced(function* ({ storage, trace }: Options) {
  const checkouts = Context.get(storage, CheckoutStore.CheckoutStore)
  for (const { checkoutId, link, order } of trace.acknowledged) {
    const found = yield* checkouts.find(checkoutId)
    if (Option.isNone(found) || found.value.checkout.link !== link) {
      trace.violate("no acknowledged checkout is lost", `order ${order}: ${checkoutId}`)
    }
  }
})

/** A trial pays its checkout before there is any money. */
const isTrial = ({ orders }: Scenario, { metadata }: Checkout.Checkout): boolean =>
  orders.some(({ order, subscription }) => {
    const trial = subscription !== undefined && subscription.trialMillis !== undefined
    return trial && String(order) === metadata["order"]
  })

/** What the whole of the database says of one payment. */
interface Fates {
  /** Payments of refunds of which people decide. */
  readonly unresolved: ReadonlySet<string>
  /** Payments of which somebody asked for a refund. */
  readonly asked: ReadonlySet<string>
  /** The pages of second subscriptions, which we have ended. */
  readonly ended: ReadonlySet<string>
}

const fatesOf = ({ banks }: Options, { refunds, subscriptions }: Ending.Ending): Fates => {
  const second = subscriptions.filter(({ duplicateOf }) => duplicateOf !== null)
  return {
    // At a provider without keys people decide what becomes of a refund that got lost.
    unresolved: new Set(refunds.flatMap(({ paymentId, status }) => (status === "unresolved" ? [paymentId] : []))),
    asked: new Set(refunds.flatMap(({ origin, paymentId }) => (origin === "duplicate" ? [] : [paymentId]))),
    ended: new Set(
      second.flatMap(({ provider, providerSubscriptionId }) => {
        const bank = banks.find(({ name }) => name === provider)
        return bank?.subscriptions.all.get(providerSubscriptionId)?.session.sessionId ?? []
      }),
    ),
  }
}

/** Whether money of a second page or subscription must have gone back (ADR 8). */
const mustGoBack = (
  { scenario }: Options,
  { disputed, id, kind }: Payment.Payment,
  held: Held,
  { asked, ended, unresolved }: Fates,
): boolean => {
  if (left(held) === 0 || unresolved.has(id) || asked.has(id) || disputed || kind === "mismatched") return false
  const second = ended.has(held.sessionId)
  return kind === "duplicate" ? second || scenario.refundDuplicates : second && scenario.refundDuplicates
}

/** A look and what follows from it take so long. */
const aMomentMillis = 1_000

/**
 * F61: an approval is charged beside a page that cannot be withdrawn and was unpaid a moment ago. A buyer who pays that
 * one in the same moment, or later, has paid twice; it is told.
 */
const isFirstApproval = (money: ReadonlyArray<Held>): boolean => {
  const unfenced = money.filter(({ bank }) => bank.fence === "none")
  return money.some(
    ({ at, bank }) => bank.twoPhase && unfenced.length > 0 && unfenced.every((other) => other.at > at - aMomentMillis),
  )
}

/** One checkout's money against what we say of it. */
const checkMoney = (
  options: Options,
  checkout: Checkout.Checkout,
  money: ReadonlyArray<Held>,
  payments: ReadonlyArray<Payment.Payment>,
  fates: Fates,
): void => {
  const { scenario, trace } = options
  const { amount, currency, id, status } = checkout
  const violate = (invariant: string, detail: string) =>
    trace.violate(invariant, `${id} (order ${checkout.metadata["order"]}, ${status}): ${detail}`)
  const known = (held: Held) => payments.find(({ moneyId }) => moneyId === held.moneyId)
  trace.count(`in the end ${status}`)

  if (status === "open") violate("nothing stays open for ever", `its time was over at ${checkout.expiresAt}`)
  if (status === "failed" || status === "expired") {
    // Money of another amount pays nothing, and is told of: people decide what becomes of it.
    const kept = money.filter((held) => left(held) > 0 && known(held)?.kind !== "mismatched")
    if (kept.length > 0) {
      violate("no money is kept for what failed or expired", kept.map(({ moneyId }) => moneyId).join(", "))
    }
  }
  if (status === "processing" && !payments.some(({ kind }) => kind === "mismatched")) {
    violate("nothing stays in process for ever", "no payment of another amount explains it")
  }
  for (const held of money) {
    if (known(held) === undefined) violate("all money is known", held.moneyId)
  }
  for (const payment of payments) {
    const held = money.find(({ moneyId }) => moneyId === payment.moneyId)
    const completed = payment.status !== "pending" && payment.status !== "declined"
    if (completed && held === undefined) violate("no money is made up", payment.moneyId)
    if (held !== undefined && payment.amountRefunded !== held.refunded) {
      violate(
        "what went back is known",
        `${payment.moneyId}: ${payment.amountRefunded} known, ${held.refunded} at the bank`,
      )
    }
    if (payment.kind === "duplicate") {
      trace.count(`second payments (${scenario.secondPage})`)
      if (scenario.secondPage === "strict" && !isFirstApproval(money)) {
        violate("with strict, a buyer pays once", payment.moneyId)
      }
    }
    if (held !== undefined && mustGoBack(options, payment, held, fates)) {
      violate("second payments go back", payment.moneyId)
    }
    if (payment.kind === "mismatched") trace.count("payments of another amount")
  }
  const first = payments.filter(({ kind }) => kind === "initial")
  if (first.length > (status === "paid" ? 1 : 0)) violate("one payment pays a checkout", `${first.length} do`)
  if (status !== "paid") return
  const [payer] = first
  const pageOf = (moneyId: string | undefined) => money.find((held) => held.moneyId === moneyId)?.sessionId
  for (const { kind, moneyId } of payments) {
    if (moneyId === payer?.moneyId || kind === null || kind === "duplicate" || kind === "mismatched") continue
    // A subscription goes on charging where it was begun.
    if (kind !== "renewal" || checkout.mode === "payment" || pageOf(moneyId) !== pageOf(payer?.moneyId)) {
      violate("every further payment is told as one", `${moneyId} is ${kind}`)
    }
  }
  if (payer === undefined && isTrial(scenario, checkout)) return
  if (payer === undefined) return violate("one payment pays a checkout", "none does")
  if (amount === null || !Money.equals(Money.make(payer.amount, payer.currency), Money.make(amount, currency))) {
    violate("money is believed only when it is right", `${payer.amount} ${payer.currency} for ${amount} ${currency}`)
  }
}

/** An order is paid once, whatever checkouts it had. */
const checkOrders = ({ trace }: Options, { checkouts }: Ending.Ending): void => {
  const paid = Map.groupBy(
    checkouts.filter(({ orderId, status }) => orderId !== null && status === "paid"),
    ({ orderId }) => orderId,
  )
  for (const [orderId, ofOrder] of paid) {
    if (ofOrder.length > 1) {
      trace.violate("an order is paid once", `${orderId}: ${ofOrder.map(({ id }) => id).join(", ")}`)
    }
  }
}

/** A provider that refuses for good ends it: nobody else is asked afterwards for the same page. */
const checkAttempts = ({ trace }: Options, { checkouts }: Ending.Ending): void => {
  for (const { attempts, id } of checkouts) {
    for (const [index, attempt] of attempts.entries()) {
      const next = attempts[index + 1]
      if (attempt.result !== "permanent_error" || next === undefined) continue
      const apart = next.startedAt - (attempt.startedAt + attempt.durationMs)
      if (next.result !== "skipped" && next.result !== "superseded" && apart >= 0 && apart < askedAtOnceMillis) {
        trace.violate("no failover after a refusal for good", `${id}: ${attempt.provider}, then ${next.provider}`)
      }
    }
  }
}

const checkRefunds = ({ banks, trace }: Options, { refunds }: Ending.Ending): void => {
  for (const { id, provider, status } of refunds) {
    trace.count(`refunds in the end ${status}`)
    const keyed = banks.some((bank) => bank.name === provider && bank.keyed)
    if (status === "pending" || (status === "unresolved" && keyed)) {
      trace.violate("no refund is left undecided", `${id} at ${provider} is ${status}`)
    }
  }
}

const checkStatistics = ({ trace }: Options, { checkouts, failovers, pages, stats }: Ending.Ending): void => {
  const differs = (what: string, said: number, counted: number) => {
    if (said !== counted) trace.violate("statistics equal the trace", `${what}: ${said} said, ${counted} counted`)
  }
  differs("requests", stats.totalRequests, checkouts.length)
  differs("failovers", stats.failovers, failovers.length)
  const shown = pages.flatMap((of) => of.pages)
  for (const provider of new Set([...shown.map((page) => page.provider), ...Object.keys(stats.providerUsage)])) {
    const counted = shown.filter((page) => page.provider === provider).length
    differs(`pages shown at ${provider}`, stats.providerUsage[provider] ?? 0, counted)
  }
}

/** Nothing is left to be done, and nobody is waited for. */
const checkRest = ({ trace }: Options, { claims, due, pages }: Ending.Ending, now: number): void => {
  for (const { checkoutId } of claims) trace.violate("no claim is left unresolved", checkoutId)
  for (const { checkoutId, asking } of pages) {
    if (asking) trace.violate("no claim is left unresolved", `${checkoutId} is still asking`)
  }
  for (const { checkoutId, eventId, receivedAt, type } of due) {
    trace.violate(
      "every webhook is dealt with",
      `${eventId} (${type}) of ${checkoutId}, received ${Math.round((now - receivedAt) / 60_000)} minutes ago`,
    )
  }
}

export const check = Effect.fnUntraced(function* (options: Options) {
  const { banks, storage, trace } = options
  yield* acknowledged(options)
  const ending = yield* Ending.read(storage)
  const money = moneyOf(banks)
  const payments = Map.groupBy(ending.payments, ({ checkoutId }) => checkoutId)
  const fates = fatesOf(options, ending)
  for (const checkout of ending.checkouts) {
    checkMoney(options, checkout, money.get(checkout.id) ?? [], payments.get(checkout.id) ?? [], fates)
  }
  for (const [checkoutId, held] of money) {
    if (!ending.checkouts.some(({ id }) => id === checkoutId)) {
      trace.violate("all money is known", `${held.map(({ moneyId }) => moneyId).join(", ")} of ${checkoutId}`)
    }
  }
  checkOrders(options, ending)
  checkAttempts(options, ending)
  checkRefunds(options, ending)
  checkStatistics(options, ending)
  const now = yield* Timestamp.now
  checkRest(options, ending, now)
  SubscriptionChecks.check(trace, banks, ending, now)
  DisputeChecks.check(trace, banks, ending)
  EventChecks.check(trace, banks, ending)
})
