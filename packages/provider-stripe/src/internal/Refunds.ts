/** Refunds of a PaymentIntent, a charge or an invoice's payment. */
import { Clock, Effect, Option, Result } from "effect"
import {
  CurrencyTable,
  type Operation,
  type PaymentError,
  ProviderCurrencies,
  type Refund,
} from "@payment-orchestrator/domain"
import type { Client } from "../StripeClient.ts"
import { noSuchObject, permanent, provider } from "./errors.ts"
import * as Fit from "./Fit.ts"
import * as Objects from "./Objects.ts"
import * as Payments from "./Payments.ts"
import { orNone } from "./Sessions.ts"

type Operation = Operation.Operation

const expected = { name: "a refund", schema: Objects.Refund }

/** What Stripe can be asked to give back. */
type Target = { readonly payment_intent: string } | { readonly charge: string }

const invoiceTarget = Effect.fnUntraced(function* (
  client: Client,
  operation: Operation,
  invoiceId: string,
): Effect.fn.Return<Target, PaymentError.PaymentError> {
  const invoice = yield* Payments.invoiceById(client, operation, invoiceId)
  const [intent] = Payments.paidBy(invoice)
  if (intent === undefined) {
    return yield* permanent(operation, {
      reason: "not_found",
      outcome: "not_sent",
      detail: "the invoice has no payment through Stripe",
    })
  }
  return { payment_intent: intent }
})

/** The payment behind a money id: a PaymentIntent, a charge, or the payment of an invoice. */
const targetOf = (
  client: Client,
  operation: Operation,
  moneyId: string,
): Effect.Effect<Target, PaymentError.PaymentError> => {
  if (!Objects.isId(moneyId)) return Effect.fail(noSuchObject(operation))
  if (moneyId.startsWith("in_")) return invoiceTarget(client, operation, moneyId)
  if (moneyId.startsWith("ch_") || moneyId.startsWith("py_")) return Effect.succeed({ charge: moneyId })
  return moneyId.startsWith("pi_") ? Effect.succeed({ payment_intent: moneyId }) : Effect.fail(noSuchObject(operation))
}

const page = 100
const pages = 5

/** Every refund of a payment, newest first. */
const listOf = Effect.fnUntraced(function* (
  client: Client,
  operation: Operation,
  target: Target,
): Effect.fn.Return<ReadonlyArray<Objects.Refund>, PaymentError.PaymentError> {
  const refunds: Array<Objects.Refund> = []
  for (let read = 0; read < pages; read++) {
    const after = refunds.at(-1)?.id
    const { value } = yield* client.request(
      operation,
      { name: "a list of refunds", schema: Objects.listOf(Objects.Refund) },
      (sdk) => sdk.refunds.list({ ...target, limit: page, ...(after === undefined ? {} : { starting_after: after }) }),
    )
    refunds.push(...value.data)
    if (value.has_more !== true || value.data.length === 0) return refunds
  }
  return yield* Payments.senseless(operation, `the payment has more than ${pages * page} refunds`)
})

const states: { readonly [status: string]: Refund.RefundState | undefined } = {
  succeeded: "succeeded",
  failed: "failed",
  canceled: "failed",
}

/** `pending` and `requires_action` are on their way, and so is what is not known. */
export const stateOf = (status: string | null | undefined): Refund.RefundState => states[status ?? ""] ?? "pending"

interface Fetched {
  readonly fetchStartedAt: number
  readonly requestId: Option.Option<string>
}

const snapshot = (
  operation: Operation,
  refund: Objects.Refund,
  { fetchStartedAt, requestId }: Fetched,
): Effect.Effect<Refund.RefundSnapshot, PaymentError.PaymentError> =>
  Result.match(Payments.money(refund.amount, refund.currency), {
    onFailure: () => Payments.senseless(operation, "a refund of an amount that no currency has"),
    onSuccess: (amount) =>
      Effect.succeed({
        provider,
        providerRefundId: refund.id,
        state: stateOf(refund.status),
        amount,
        refundId: Objects.refundIdOf(refund.metadata),
        fetchStartedAt,
        requestId,
        rawState: refund.status ?? "unknown",
      }),
  })

const isOurs = (request: Refund.RefundRequest) => (refund: Objects.Refund) =>
  Option.contains(Objects.refundIdOf(refund.metadata), request.refundId)

const byMetadata = Effect.fnUntraced(function* (
  client: Client,
  operation: Operation,
  target: Target,
  request: Refund.RefundRequest,
): Effect.fn.Return<Option.Option<Refund.RefundSnapshot>, PaymentError.PaymentError> {
  const fetchStartedAt = yield* Clock.currentTimeMillis
  const found = (yield* listOf(client, operation, target)).find(isOurs(request))
  return found === undefined
    ? Option.none()
    : Option.some(yield* snapshot(operation, found, { fetchStartedAt, requestId: Option.none() }))
})

/** The currency of a payment: a refund is counted in it, and Stripe does not ask which one is meant. */
const currencyOf = (client: Client, operation: Operation, target: Target) =>
  "payment_intent" in target
    ? Effect.map(Payments.intentById(client, operation, target.payment_intent), ({ currency }) => currency)
    : Effect.map(
        client.request(operation, { name: "a charge", schema: Objects.Charge }, (sdk) =>
          sdk.charges.retrieve(target.charge),
        ),
        ({ value }) => value.currency,
      )

/** The amount in Stripe's units; undefined for all that is left. */
const unitsOf = Effect.fnUntraced(function* (client: Client, target: Target, request: Refund.RefundRequest) {
  if (Option.isNone(request.amount)) return undefined
  const money = request.amount.value
  const currency = yield* currencyOf(client, "refund", target)
  const units =
    currency.toUpperCase() === money.currency
      ? CurrencyTable.toProviderUnits(ProviderCurrencies.stripe, money)
      : Result.fail("currency_unsupported" as const)
  return Result.isSuccess(units)
    ? units.success
    : yield* permanent("refund", {
        reason: units.failure,
        outcome: "not_sent",
        detail: `the payment is in ${currency}`,
      })
})

/**
 * Stripe says that nothing is left. Our refund, or one made elsewhere (the dashboard) of what was asked for, is the
 * success that was wanted; otherwise the refusal stands.
 */
const readBack = Effect.fnUntraced(function* (
  client: Client,
  target: Target,
  request: Refund.RefundRequest,
  refused: PaymentError.PermanentPaymentError,
  started: Fetched,
): Effect.fn.Return<Refund.RefundSnapshot, PaymentError.PaymentError> {
  const refunds = yield* listOf(client, "refund", target)
  const elsewhere = (refund: Objects.Refund): boolean =>
    Option.isNone(Objects.refundIdOf(refund.metadata)) &&
    stateOf(refund.status) !== "failed" &&
    Option.match(request.amount, {
      onNone: () => true,
      onSome: ({ amount }) =>
        Result.match(Payments.money(refund.amount, refund.currency), {
          onFailure: () => false,
          onSuccess: (money) => money.amount === amount,
        }),
    })
  const found = refunds.find(isOurs(request)) ?? refunds.find(elsewhere)
  return found === undefined ? yield* refused : yield* snapshot("refund", found, started)
})

/**
 * Gives money back under our refund id as key and as metadata. It looks first, so that a repeat is safe even after
 * Stripe has forgotten the key (24 hours).
 */
export const refund = Effect.fnUntraced(function* (
  client: Client,
  request: Refund.RefundRequest,
): Effect.fn.Return<Refund.RefundSnapshot, PaymentError.PaymentError> {
  const target = yield* targetOf(client, "refund", request.moneyId)
  const found = yield* byMetadata(client, "refund", target, request)
  if (Option.isSome(found)) return found.value
  const units = yield* unitsOf(client, target, request)
  const reason = Option.filter(
    Option.map(request.reason, (text) => Fit.fit(text, 500).text),
    (text) => text !== "",
  )
  const created = client.request("refund", expected, (sdk) =>
    sdk.refunds.create(
      {
        ...target,
        ...(units === undefined ? {} : { amount: units }),
        metadata: {
          refund_id: request.refundId,
          money_id: request.moneyId,
          ...(Option.isSome(reason) ? { reason: reason.value } : {}),
        },
      },
      { idempotencyKey: request.refundId },
    ),
  )
  return yield* created.pipe(
    Effect.flatMap((answer) => snapshot("refund", answer.value, answer)),
    Effect.catchTag("PermanentPaymentError", (refused) =>
      refused.code === "charge_already_refunded"
        ? Effect.flatMap(Clock.currentTimeMillis, (now) =>
            readBack(client, target, request, refused, { fetchStartedAt: now, requestId: Option.none() }),
          )
        : Effect.fail(refused),
    ),
  )
})

/** A refund by Stripe's id, else by our refund id among the refunds of the payment. */
export const find = Effect.fnUntraced(function* (
  client: Client,
  request: Refund.RefundRequest & { readonly providerRefundId: Option.Option<string> },
): Effect.fn.Return<Option.Option<Refund.RefundSnapshot>, PaymentError.PaymentError> {
  const operation = "findRefund"
  if (Option.isNone(request.providerRefundId)) {
    const target = targetOf(client, operation, request.moneyId)
    const found = Effect.flatMap(target, (known) => byMetadata(client, operation, known, request))
    return Option.flatten(yield* orNone(found))
  }
  const id = request.providerRefundId.value
  if (!Objects.isId(id)) return Option.none()
  return yield* orNone(
    Effect.flatMap(
      client.request(operation, expected, (sdk) => sdk.refunds.retrieve(id)),
      (answer) => snapshot(operation, answer.value, answer),
    ),
  )
})
