/**
 * An order to open a session → the parameters of `POST /v1/checkout/sessions`.
 *
 * A pure function of the request: Stripe refuses a key that comes again with other parameters, so neither the clock
 * nor anything random may have a say.
 */
import { Option, Result } from "effect"
import { CurrencyTable, type Id, ProviderCurrencies, type Session } from "@payment-orchestrator/domain"
import type { Stripe } from "stripe"
import * as Fit from "./Fit.ts"

/** Metadata keys that carry our ids. */
const attemptKey = "attempt_id"
const checkoutKey = "checkout_id"

export interface SessionParams {
  readonly params: Stripe.Checkout.SessionCreateParams
  /** What was cut or left out. */
  readonly adjusted: ReadonlyArray<string>
}

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

/** When an attempt id was made, in epoch milliseconds: the first ten characters after its prefix. */
export const timeOf = (attemptId: Id.AttemptId): number =>
  Array.from(attemptId.slice(4, 14)).reduce((millis, digit) => millis * 32 + crockford.indexOf(digit), 0)

const minute = 60_000

/** Room for the time between the making of the attempt and the call, and for clocks that differ. */
const margin = 5 * minute

/**
 * Stripe takes 30 minutes to 24 hours from the creation of the session (API reference, `expires_at`). Counted from the
 * time in the attempt id, with a margin, because the time of the call differs between a first try and its repeat.
 */
export const expiresAtSeconds = (request: Session.SessionRequest): number => {
  const madeAt = timeOf(request.attemptId)
  const earliest = madeAt + 30 * minute + margin
  const latest = madeAt + 24 * 60 * minute - margin
  return Math.floor(Math.min(Math.max(request.expiresAt, earliest), latest) / 1000)
}

type Item = Stripe.Checkout.SessionCreateParams.LineItem

const lineItem = (request: Session.SessionRequest, name: string): Result.Result<Item, Unservable> => {
  if (request.mode === "subscription") {
    return Option.match(request.priceId, {
      onNone: () => Result.fail("price_unmapped"),
      onSome: (price) => Result.succeed({ price, quantity: 1 }),
    })
  }
  return Option.match(request.money, {
    onNone: () => Result.fail("amount_unrepresentable"),
    onSome: (money) =>
      Result.map(CurrencyTable.toProviderUnits(ProviderCurrencies.stripe, money), (units) => ({
        quantity: 1,
        price_data: { currency: money.currency.toLowerCase(), unit_amount: units, product_data: { name } },
      })),
  })
}

/** Why a request cannot be put to Stripe at all. */
export type Unservable = CurrencyTable.Unrepresentable | "price_unmapped"

/** Lengths of texts shown to the buyer: a product's name, a subscription's description. */
const nameLimit = 250
const descriptionLimit = 500

export const make = (request: Session.SessionRequest): Result.Result<SessionParams, Unservable> => {
  const limit = request.mode === "subscription" ? descriptionLimit : nameLimit
  const described = Option.map(request.description, (text) => Fit.fit(text, limit))
  const description = Option.filter(
    Option.map(described, ({ text }) => text),
    (text) => text !== "",
  )
  const name = Option.getOrElse(description, () => `Order ${request.checkoutId}`)
  const metadata = Fit.metadata(request.metadata, {
    [attemptKey]: request.attemptId,
    [checkoutKey]: request.checkoutId,
  })
  const email = Option.flatMap(request.customerEmail, Fit.email)
  const adjusted = [
    ...(Option.exists(described, ({ changed }) => changed) ? ["description"] : []),
    ...(metadata.changed ? ["metadata"] : []),
    ...(Option.getOrUndefined(email) === Option.getOrUndefined(request.customerEmail) ? [] : ["customer_email"]),
  ]
  return Result.map(lineItem(request, name), (item) => ({
    adjusted,
    params: {
      mode: request.mode,
      line_items: [item],
      success_url: request.successUrl,
      cancel_url: request.cancelUrl,
      client_reference_id: request.checkoutId,
      metadata: metadata.pairs,
      expires_at: expiresAtSeconds(request),
      ...(Option.isSome(email) ? { customer_email: email.value } : {}),
      ...(request.mode === "subscription"
        ? {
            subscription_data: {
              metadata: metadata.pairs,
              ...(Option.isSome(description) ? { description: description.value } : {}),
            },
          }
        : { payment_intent_data: { metadata: metadata.pairs } }),
    },
  }))
}
