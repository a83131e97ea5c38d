/** Plans, v1: what a subscription by one is charged. */
import { type Operation, type PaymentError, type Price } from "@payment-orchestrator/domain"
import { Effect, Option } from "effect"
import * as Amounts from "./internal/Amounts.ts"
import { name } from "./internal/Name.ts"
import * as Requests from "./internal/Requests.ts"
import * as Texts from "./internal/Texts.ts"
import * as Wire from "./internal/Wire.ts"
import { type Answer, badResponse, orNone, type PayPalClient } from "./PayPalClient.ts"

const operation: Operation.Operation = "findPrice"

/** Tax that is not in the price yet, in words. */
const taxOf = ({ taxes }: Wire.Plan): string | undefined =>
  taxes !== null && taxes !== undefined && taxes.inclusive === false && Number(taxes.percentage) > 0
    ? `it adds ${taxes.percentage} % tax`
    : undefined

const setupFeeOf = ({ payment_preferences: preferences }: Wire.Plan): string | undefined => {
  const fee = preferences?.setup_fee
  return fee !== null && fee !== undefined && Number(fee.value) > 0
    ? `it charges a set-up fee of ${fee.value} ${fee.currency_code} besides`
    : undefined
}

const snapshot = Effect.fnUntraced(function* ({
  requestId,
  value: plan,
}: Answer<Wire.Plan>): Effect.fn.Return<Price.PriceSnapshot, PaymentError.PaymentError> {
  const regular = plan.billing_cycles.find(({ tenure_type }) => tenure_type === "REGULAR")
  if (regular === undefined) return yield* badResponse(operation, "a plan without a regular cycle", requestId)
  const tax = taxOf(plan)
  const amount = Amounts.fromWire(regular.pricing_scheme?.fixed_price)
  return {
    provider: name,
    priceId: plan.id,
    active: plan.status === "ACTIVE",
    amounts: tax === undefined ? Option.toArray(amount) : [],
    period: Option.some({
      unit: regular.frequency.interval_unit.toLowerCase(),
      count: regular.frequency.interval_count ?? 1,
    }),
    unclear: Option.fromUndefinedOr(tax ?? (Option.isNone(amount) ? "it has no fixed price" : setupFeeOf(plan))),
  }
})

/** A plan as it is now; none when PayPal has none by that id. */
export const find = (
  client: PayPalClient,
  planId: string,
): Effect.Effect<Option.Option<Price.PriceSnapshot>, PaymentError.PaymentError> =>
  Texts.isId(planId)
    ? orNone(
        Effect.flatMap(
          client.call({ operation, byId: true, request: Requests.get(`/v1/billing/plans/${planId}`) }, Wire.Plan),
          snapshot,
        ),
      )
    : Effect.succeedNone
