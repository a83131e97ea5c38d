/** Products: what a checkout of one is charged when it brings no price of its own. */
import type { PaymentError, Price } from "@payment-orchestrator/domain"
import { getProducts } from "@polar-sh/sdk/2026-10/services/products"
import { Effect, Option } from "effect"
import type { Client } from "../PolarClient.ts"
import { uuid } from "../PolarConfig.ts"
import * as Currencies from "./Currencies.ts"
import { provider } from "./errors.ts"
import * as Wire from "./Wire.ts"

/** One fixed amount per currency, or why there is none. */
const chargeOf = ({ prices }: Wire.Product): Pick<Price.PriceSnapshot, "amounts" | "unclear"> => {
  const unclear = (why: string) => ({ amounts: [], unclear: Option.some(why) })
  const sold = prices.filter((price) => price.is_archived !== true && price.source !== "ad_hoc")
  if (sold.length === 0) return unclear("the product has no price of its own")
  if (sold.some(({ amount_type }) => amount_type !== "fixed")) return unclear("the product has no fixed price")
  const currencies = new Set(sold.map(({ price_currency: currency }) => currency?.toLowerCase()))
  if (currencies.size < sold.length) return unclear("the product has several prices in one currency")
  const amounts = sold.flatMap(({ price_amount: amount, price_currency: currency }) =>
    Option.toArray(Currencies.moneyOf(amount ?? -1, currency ?? "")),
  )
  return amounts.length < sold.length
    ? unclear("the product has an amount that cannot be read")
    : { amounts, unclear: Option.none() }
}

const snapshotOf = (product: Wire.Product): Price.PriceSnapshot => ({
  provider,
  priceId: product.id,
  // Neither an archived product nor a draft can be put into a checkout.
  active: !product.is_archived && product.visibility !== "draft",
  period: Option.map(Option.fromNullOr(product.recurring_interval), (unit) => ({
    unit,
    count: product.recurring_interval_count ?? 1,
  })),
  ...chargeOf(product),
})

/** A product as it is now; none when Polar has none by that id. An id of another form needs no call. */
export const find =
  (client: Client) =>
  (id: string): Effect.Effect<Option.Option<Price.PriceSnapshot>, PaymentError.PaymentError> =>
    uuid.test(id)
      ? client
          .call("findPrice", Wire.Product, "a product", (core) => getProducts(core)(id))
          .pipe(
            Effect.map(({ value }) => Option.some(snapshotOf(value))),
            Effect.catchIf(
              (error) => error.reason === "not_found",
              () => Effect.succeedNone,
            ),
          )
      : Effect.succeedNone
