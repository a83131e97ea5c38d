/** Requests for tests: complete, valid, different on every call. */
import { Clock, Effect, Option, Result } from "effect"
import {
  type Capabilities,
  Currency,
  CurrencyTable,
  Id,
  Money,
  type Refund,
  type Session,
} from "@payment-orchestrator/domain"

/** Currencies that are tried first, so that most runs speak of dollars. */
const preferred: ReadonlyArray<Currency.Currency> = ["USD", "EUR", "GBP", "JPY"]

/** Amounts in minor units that are tried: odd ones first, then such as coarser currencies can represent. */
const amounts = [2499, 12_340, 100_000, 500_000, 5_000_000]

const fits = (capabilities: Capabilities.Capabilities, money: Money.Money) =>
  Result.isSuccess(CurrencyTable.toProviderUnits(capabilities.currencies, money))

/** An everyday amount of a currency that the provider can represent; none when it takes no such amount. */
export const moneyIn = (
  capabilities: Capabilities.Capabilities,
  currency: Currency.Currency,
): Option.Option<Money.Money> =>
  Option.fromUndefinedOr(
    amounts.map((amount) => Money.make(amount, currency)).find((candidate) => fits(capabilities, candidate)),
  )

/** An everyday amount in a currency that the provider takes; none when it takes no money at all. */
export const money = (capabilities: Capabilities.Capabilities): Option.Option<Money.Money> =>
  Option.firstSomeOf(
    [...preferred, ...capabilities.currencies.keys()].map((currency) => moneyIn(capabilities, currency)),
  )

/** Amounts around every limit of a currency rule. */
const edges = (rule: CurrencyTable.CurrencyRule) => [
  1,
  rule.minimum - 1,
  101,
  1005,
  12_345,
  rule.maximum + 1,
  rule.maximum * 1000,
  999_999_999_999_999,
]

/** An amount in a currency the provider takes that it cannot represent, or that is outside its limits. */
export const unrepresentable = (capabilities: Capabilities.Capabilities): Option.Option<Money.Money> =>
  Option.firstSomeOf(
    Array.from(capabilities.currencies, ([currency, rule]) =>
      Option.fromUndefinedOr(
        edges(rule)
          .filter((amount) => Number.isSafeInteger(amount) && amount > 0 && amount <= 999_999_999_999_999)
          .map((amount) => Money.make(amount, currency))
          .find((candidate) => !fits(capabilities, candidate)),
      ),
    ),
  )

/** A currency that the provider does not take. */
export const foreignCurrency = (capabilities: Capabilities.Capabilities): Option.Option<Currency.Currency> =>
  Option.fromUndefinedOr(Currency.Currency.literals.find((currency) => !capabilities.currencies.has(currency)))

/**
 * One order to open one session: 24.99 USD in mode `payment`, ids of its own, no e-mail address, an hour to pay,
 * changed by `overrides`.
 */
export const sessionRequest = (
  overrides: Partial<Session.SessionRequest> = {},
): Effect.Effect<Session.SessionRequest> =>
  Effect.gen(function* () {
    const attemptId = yield* Id.makeAttemptId
    const checkoutId = yield* Id.makeCheckoutId
    const now = yield* Clock.currentTimeMillis
    return {
      attemptId,
      checkoutId,
      mode: "payment",
      money: Option.some(Money.make(2499, "USD")),
      priceId: Option.none(),
      goods: Option.none(),
      description: Option.some("A book about failover"),
      customerEmail: Option.none(),
      customerId: Option.none(),
      orderId: Option.none(),
      metadata: {},
      successUrl: "https://shop.example/thanks?order=17",
      cancelUrl: "https://shop.example/basket",
      expiresAt: now + 3_600_000,
      ...overrides,
    }
  })

/** An order to give back all that is left of a payment, changed by `overrides`. */
export const refundRequest = (
  moneyId: string,
  overrides: Partial<Refund.RefundRequest> = {},
): Effect.Effect<Refund.RefundRequest> =>
  Effect.map(Id.makeRefundId, (refundId) => ({
    refundId,
    moneyId,
    amount: Option.none(),
    reason: Option.some("The customer asked for it"),
    ...overrides,
  }))

const swap = (character: string) => {
  if (/[0-9]/.test(character)) return character === "9" ? "8" : "9"
  return /[a-z]/.test(character) ? (character === "a" ? "b" : "a") : character === "A" ? "B" : "A"
}

/**
 * An id of the same form that does not exist: one character of the last group is another of its kind (a hexadecimal
 * digit stays one, a capital letter stays one).
 */
export const unknownId = (id: string): string => {
  const at = id.search(/[A-Za-z0-9][^A-Za-z0-9]*$/)
  return `${id.slice(0, at)}${swap(id.charAt(at))}${id.slice(at + 1)}`
}
