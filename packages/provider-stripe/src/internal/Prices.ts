/** Prices: what a subscription by one is charged. */
import { Effect, Option, Result } from "effect"
import type { PaymentError, Price } from "@payment-orchestrator/domain"
import type { Client } from "../StripeClient.ts"
import { noSuchObject, provider } from "./errors.ts"
import * as Objects from "./Objects.ts"
import * as Payments from "./Payments.ts"
import { orNone } from "./Sessions.ts"

const operation = "findPrice"
const expected = { name: "a price", schema: Objects.Price }

const isThere = (value: unknown): boolean => value !== undefined && value !== null

/** Why the unit amount is not what one costs. */
const whyUnclear = (price: Objects.Price): string | undefined => {
  if (price.recurring?.usage_type === "metered") return "it is charged by usage"
  if (price.billing_scheme === "tiered") return "its amount depends on the quantity"
  if (isThere(price.transform_quantity)) return "its amount is for a number of units"
  if (isThere(price.custom_unit_amount)) return "the buyer chooses the amount"
  return isThere(price.unit_amount) ? undefined : "its amount is a fraction of the smallest unit"
}

const snapshotOf = (price: Objects.Price): Price.PriceSnapshot => {
  const why = whyUnclear(price)
  const amount = Result.getSuccess(Payments.money(price.unit_amount ?? -1, price.currency))
  return {
    provider,
    priceId: price.id,
    active: price.active,
    amounts: why === undefined ? Option.toArray(amount) : [],
    period: Option.map(Option.fromNullishOr(price.recurring), ({ interval, interval_count: count }) => ({
      unit: interval,
      count: count ?? 1,
    })),
    unclear: Option.fromUndefinedOr(why ?? (Option.isNone(amount) ? "its amount cannot be read" : undefined)),
  }
}

const fetch = Effect.fnUntraced(function* (
  client: Client,
  id: string,
): Effect.fn.Return<Price.PriceSnapshot, PaymentError.PaymentError> {
  if (!Objects.isId(id)) return yield* noSuchObject(operation)
  return snapshotOf((yield* client.request(operation, expected, (sdk) => sdk.prices.retrieve(id))).value)
})

/** A price as it is now; none when Stripe has none by that id. */
export const find = (client: Client, id: string) => orNone(fetch(client, id))
