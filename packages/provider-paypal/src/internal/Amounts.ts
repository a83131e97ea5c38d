/** PayPal's decimal strings ↔ money. */
import {
  CurrencyTable,
  type Money,
  type Operation,
  PaymentError,
  ProviderCurrencies,
} from "@payment-orchestrator/domain"
import { Effect, Option, Result } from "effect"
import { name } from "./Name.ts"
import type { Amount } from "./Wire.ts"

/** `{ amount: 100000, currency: "HUF" }` is `"1000"` HUF; what PayPal cannot represent is refused, never rounded. */
export const toWire = (
  operation: Operation.Operation,
  money: Money.Money,
): Effect.Effect<Amount, PaymentError.PermanentPaymentError> =>
  Result.match(CurrencyTable.toProviderDecimal(ProviderCurrencies.paypal, money), {
    onFailure: (reason) =>
      Effect.fail(new PaymentError.PermanentPaymentError({ provider: name, operation, reason, outcome: "not_sent" })),
    onSuccess: (value) => Effect.succeed({ currency_code: money.currency, value }),
  })

/** None for what is no amount of a currency that is known. */
export const fromWire = (amount: Amount | null | undefined): Option.Option<Money.Money> =>
  amount === null || amount === undefined
    ? Option.none()
    : Result.getSuccess(CurrencyTable.fromProviderDecimal(amount.value, amount.currency_code))

/** Without its sign: fees and v1 refunds are written as negative amounts in some places. */
export const unsigned = (amount: Amount | null | undefined): Option.Option<Money.Money> =>
  amount === null || amount === undefined
    ? Option.none()
    : fromWire({ ...amount, value: amount.value.replace(/^-/, "") })

/** The same for the v1 shape. */
export const fromV1 = (
  amount: { readonly total: string; readonly currency: string } | null | undefined,
): Option.Option<Money.Money> =>
  amount === null || amount === undefined
    ? Option.none()
    : unsigned({ value: amount.total, currency_code: amount.currency })
