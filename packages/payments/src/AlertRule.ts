/**
 * When people are told, as conditions over a snapshot of facts. Pure: what is true now is compared with what is open,
 * so that an alert is raised once and cleared once. What is neither clearly so nor clearly over is *held*: it raises
 * nothing and clears nothing.
 */
import type { PriceCheck } from "@payment-orchestrator/core"
import { type Alert, DeliverySchedule, PriceDrift, ProviderName } from "@payment-orchestrator/domain"
import { Option } from "effect"
import type { DeadEndpoint, Facts, Money, ProviderFacts, Unknown } from "./AlertFacts.ts"

export interface Thresholds {
  /** Shares of checkouts, above which: `PAYMENT_ALERT_WARNING`, `PAYMENT_ALERT_CRITICAL`. */
  readonly warning: number
  readonly critical: number
}

/** What one condition comes to. One that is not read is over. */
export interface Reading {
  /** What makes it the same alert: its kind and what it is about. */
  readonly key: string
  readonly state: "raised" | "held"
  readonly kind: Alert.AlertKind
  readonly severity: Alert.Severity
  readonly provider: ProviderName.ProviderName | null
  readonly subject: string | null
  readonly summary: string
  readonly details: Alert.Details
}

/** How far something has come that is told again at each step; 0 for everything else. */
export const percentOf = ({ percent }: Alert.Details): number => (typeof percent === "number" ? percent : 0)

/** A provider that was down is up again when it has been well for so long. */
const wellMillis = 30_000

/** A difference of clocks that is told, and below which it is over. */
const skewMillis = 60_000
const smallSkewMillis = 30_000

const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`

const minutes = (millis: number): number => Math.floor(millis / 60_000)

const failoverRate = ({ routing }: Facts, { critical, warning }: Thresholds): ReadonlyArray<Reading> => {
  const { checkouts, displaced } = routing
  const share = checkouts === 0 ? 0 : displaced / checkouts
  // Cleared at half of what raises it, so that a rate that wavers about the threshold is one alert.
  if (share <= warning / 2) return []
  return [
    {
      key: "failover_rate",
      kind: "failover_rate",
      state: share > warning ? "raised" : "held",
      severity: share > critical ? "critical" : "warning",
      provider: null,
      subject: null,
      summary: `${percent(share)} of checkouts did not reach their first provider (${displaced} of the last ${checkouts})`,
      details: { share, checkouts, displaced },
    },
  ]
}

const ofProvider = (facts: ProviderFacts, now: number): ReadonlyArray<Reading> => {
  const { circuit, credentials, health, name, reason, webhooks, wellSince } = facts
  const label = ProviderName.label(name)
  const why = reason === null ? "" : `: ${reason}`
  const base = { provider: name, subject: null, details: { circuit, health } }
  const down = health === "down" || circuit !== "closed"
  const settled = wellSince !== null && now - wellSince >= wellMillis
  const readings: ReadonlyArray<Reading> = [
    {
      ...base,
      key: `provider_down:${name}`,
      kind: "provider_down",
      severity: "critical",
      // Refused credentials are another alert: the provider is there, but does not know us.
      state: down && credentials !== "refused" ? "raised" : "held",
      summary: `${label} is down${why}`,
    },
    {
      ...base,
      key: `credentials_refused:${name}`,
      kind: "credentials_refused",
      severity: "critical",
      state: credentials === "refused" ? "raised" : "held",
      summary: `${label} refuses our credentials`,
    },
    {
      ...base,
      key: `webhooks_silent:${name}`,
      kind: "webhooks_silent",
      severity: "warning",
      state: webhooks === "silent" ? "raised" : "held",
      summary: `${label} has stopped sending webhooks`,
      details: {},
    },
  ]
  return readings.filter(({ kind, state }) => {
    if (state === "raised") return true
    switch (kind) {
      case "provider_down":
        return !settled && credentials !== "refused"
      case "credentials_refused":
        return credentials === "unknown"
      default:
        return webhooks === "unknown"
    }
  })
}

const unknownWords: { readonly [what in Unknown["what"]]: string } = {
  capture: "whether money was taken",
  refund: "whether money went back",
  cancellation: "whether a subscription was cancelled",
  claim: "what the providers answered to a checkout",
}

const outcomeUnknown = ({ count, first, oldestAt, what }: Unknown, now: number): Reading => ({
  key: `outcome_unknown:${what}`,
  kind: "outcome_unknown",
  state: "raised",
  severity: "critical",
  provider: null,
  subject: what,
  summary: `nobody knows for ${minutes(now - oldestAt)} minutes ${unknownWords[what]} (${first}${count > 1 ? ` and ${count - 1} more` : ""})`,
  details: { what, count, first, oldest_at: oldestAt },
})

const ofMoney =
  (kind: "second_payment" | "mismatched_payment", words: (money: Money) => string) =>
  (money: Money): Reading => ({
    key: `${kind}:${money.paymentId}`,
    kind,
    state: "raised",
    severity: kind === "second_payment" ? "warning" : "critical",
    provider: money.provider,
    subject: money.paymentId,
    summary: words(money),
    details: { payment_id: money.paymentId, checkout_id: money.checkoutId, tenant_id: money.tenantId },
  })

const secondPayment = ofMoney(
  "second_payment",
  ({ checkoutId, paymentId, provider }) =>
    `${checkoutId} was paid twice: ${ProviderName.label(provider)} has ${paymentId} too, of which nothing went back`,
)

const mismatchedPayment = ofMoney(
  "mismatched_payment",
  ({ checkoutId, paymentId, provider }) =>
    `another amount than was asked for ${checkoutId} was paid at ${ProviderName.label(provider)} (${paymentId})`,
)

const hours = (millis: number): number => Math.round(millis / 3_600_000)

const endpointDead = ({ disabled, failingSince, host, id, percent }: DeadEndpoint, now: number): Reading => {
  const all = hours(DeliverySchedule.disableAfter)
  const lasted = hours(now - (failingSince ?? now))
  return {
    key: `endpoint_dead:${id}`,
    kind: "endpoint_dead",
    state: "raised",
    severity: percent >= 90 ? "critical" : "warning",
    provider: null,
    subject: id,
    summary:
      disabled === "gone"
        ? `the endpoint at ${host} was disabled: it answered 410 Gone`
        : disabled === "failing"
          ? `the endpoint at ${host} was disabled: it took no event for ${all} hours`
          : `the endpoint at ${host} has taken no event for ${lasted} hours; it is disabled after ${all}`,
    details: { endpoint_id: id, host, percent },
  }
}

const clockSkew = ({ skews }: Facts): ReadonlyArray<Reading> => {
  const worst = skews.toSorted((a, b) => Math.abs(b.millis) - Math.abs(a.millis))[0]
  if (worst === undefined || Math.abs(worst.millis) <= smallSkewMillis) return []
  const seconds = Math.round(Math.abs(worst.millis) / 1000)
  const direction = worst.millis > 0 ? "ahead of" : "behind"
  return [
    {
      key: "clock_skew",
      kind: "clock_skew",
      state: Math.abs(worst.millis) > skewMillis ? "raised" : "held",
      severity: "warning",
      provider: null,
      subject: null,
      summary: `our clock is ${seconds} s ${direction} that of ${ProviderName.label(worst.provider)}`,
      details: Object.fromEntries(skews.map(({ millis, provider }) => [provider, millis])),
    },
  ]
}

/** Held as long as the provider could not be asked: a process that has just started knows nothing yet. */
const priceDrift = (finding: PriceCheck.Finding): ReadonlyArray<Reading> => {
  const { priceId, provider, verdict } = finding
  if (Option.exists(verdict, (known) => !PriceDrift.isFault(known))) return []
  const fault = Option.filter(verdict, PriceDrift.isFault)
  return [
    {
      key: `price_drift:${provider}:${priceId}`,
      kind: "price_drift",
      state: Option.isSome(fault) ? "raised" : "held",
      severity: "warning",
      provider,
      subject: priceId,
      summary: Option.match(fault, { onNone: () => "", onSome: (known) => PriceDrift.describe(finding, known) }),
      details: Option.match(fault, { onNone: () => ({}), onSome: (known) => PriceDrift.details(finding, known) }),
    },
  ]
}

/** Everything that is so, or is not clearly over. */
export const read = (facts: Facts, thresholds: Thresholds): ReadonlyArray<Reading> => [
  ...failoverRate(facts, thresholds),
  ...facts.providers.flatMap((provider) => ofProvider(provider, facts.now)),
  ...facts.unknown.map((unknown) => outcomeUnknown(unknown, facts.now)),
  ...facts.secondPayments.map(secondPayment),
  ...facts.mismatched.map(mismatchedPayment),
  ...facts.deadEndpoints.map((endpoint) => endpointDead(endpoint, facts.now)),
  ...facts.prices.flatMap(priceDrift),
  ...clockSkew(facts),
]

/** An open alert, as far as deciding needs it. */
export interface Open {
  readonly key: string
  readonly severity: Alert.Severity
  readonly percent: number
}

export type Change =
  | { readonly _tag: "Raise"; readonly reading: Reading }
  /** It has become critical, or has come further: told again, under the same id. */
  | { readonly _tag: "Worsen"; readonly reading: Reading }
  | { readonly _tag: "Clear"; readonly key: string }

/** What follows from what is read and what is open. */
export const decide = (readings: ReadonlyArray<Reading>, open: ReadonlyArray<Open>): ReadonlyArray<Change> => {
  const known = new Map(open.map((alert) => [alert.key, alert]))
  const standing = new Set(readings.map(({ key }) => key))
  const raised = readings
    .filter(({ state }) => state === "raised")
    .flatMap((reading): ReadonlyArray<Change> => {
      const before = known.get(reading.key)
      if (before === undefined) return [{ _tag: "Raise", reading }]
      const isCritical = before.severity === "warning" && reading.severity === "critical"
      return isCritical || percentOf(reading.details) > before.percent ? [{ _tag: "Worsen", reading }] : []
    })
  const over = open.filter(({ key }) => !standing.has(key)).map(({ key }): Change => ({ _tag: "Clear", key }))
  return [...raised, ...over]
}
