import { Api, type Authorization, Problem, Refunds as Contract } from "@payment-orchestrator/api"
import { Id, JsonText, Money, Payment, Refund, Tracing } from "@payment-orchestrator/domain"
import { LedgerStore, Refunds, type RefundStore } from "@payment-orchestrator/payments"
import { Effect, Option, Result, Schema } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import * as Access from "../Access.ts"
import * as Idempotent from "../Idempotent.ts"
import * as Listing from "../Listing.ts"
import * as Problems from "../Problems.ts"
import { ServerConfig } from "../ServerConfig.ts"

const created = Idempotent.json(JsonText.writer(Refund.RefundJson), 201)

const keyNeeded = Problems.invalid(
  [{ path: "idempotency-key", message: "is needed: a header with a value of your own for each refund" }],
  "idempotency_key_required",
)

const conflict = ({ message }: { readonly message: string }) =>
  Effect.fail(new Problem.Conflict({ code: "conflict", retryable: false, detail: message }))

/** Passing over a dispute is for the people on call, who say why (F37). */
const overriding = Effect.fnUntraced(function* (
  { role }: Authorization.Caller,
  { override_dispute: wanted = false, reason }: typeof Contract.RefundRequest.Type,
) {
  if (wanted && role !== "operator" && role !== "admin") {
    return yield* new Problem.Forbidden({ detail: "passing over a dispute takes a key of role operator or admin" })
  }
  if (wanted && reason === undefined) {
    return yield* Problems.invalid([{ path: "reason", message: "is needed to pass over a dispute" }])
  }
  return wanted
})

/** The amount in the payment's currency. */
const moneyOf = (text: string | undefined, { currency }: Money.Money) =>
  Effect.gen(function* () {
    if (text === undefined) return Option.none<Money.Money>()
    const money = Money.fromDecimal(text, currency)
    if (Result.isFailure(money)) {
      return yield* Problems.invalid([{ path: "amount", message: Money.describeFault(money.failure, currency) }])
    }
    if (money.success.amount === 0) return yield* Problems.invalid([{ path: "amount", message: "must be more than 0" }])
    return Option.some(money.success)
  })

export const layer = HttpApiBuilder.group(
  Api,
  "refunds",
  Effect.fn(function* (handlers) {
    const refunds = yield* Refunds.Refunds
    const ledger = yield* LedgerStore.LedgerStore
    const config = yield* ServerConfig

    const payment = (id: Id.PaymentId, tenantId: string | undefined) =>
      ledger.findPayment(id).pipe(
        Effect.mapError(Problems.storage),
        Effect.map(Option.filter((found) => tenantId === undefined || found.tenantId === tenantId)),
        Effect.flatMap(Effect.fromOption),
        Effect.catchTag("NoSuchElementError", () => Effect.fail(Problems.notFound(`payment ${id}`))),
      )

    const give = (wish: RefundStore.Wish) =>
      refunds.refund(wish).pipe(
        Effect.catchTags({
          RefundTooLarge: conflict,
          PaymentDisputed: conflict,
          StorageError: (error) => Effect.fail(Problems.storage(error)),
        }),
        Effect.flatMap(
          Option.match({
            onNone: () => Effect.fail(Problems.notFound(`payment ${wish.paymentId}`)),
            onSome: (refund) => created(refund),
          }),
        ),
      )

    return handlers.handleAll({
      create: Effect.fnUntraced(function* ({ headers, params, payload }) {
        const caller = yield* Access.require("act")
        const key = headers["idempotency-key"]
        if (key === undefined) return yield* keyNeeded
        const found = yield* payment(params.id, caller.tenantId)
        const { tenantId } = found
        const amount = yield* moneyOf(payload.amount, Payment.gross(found))
        const despiteDispute = yield* overriding(caller, payload)
        const body = yield* Effect.orDie(Schema.encodeEffect(Contract.RefundRequest)(payload))
        const fingerprint = Idempotent.fingerprint(`POST /v1/payments/${params.id}/refunds`, JSON.stringify(body))
        return yield* Idempotent.once(
          { tenantId, key, fingerprint },
          config.takeOverAfterMillis,
          give({
            paymentId: params.id,
            amount,
            reason: Option.fromUndefinedOr(payload.reason),
            despiteDispute,
            origin: `request:${Idempotent.fingerprint(tenantId, key, fingerprint)}`,
          }),
        ).pipe(Effect.catchTag("StorageError", (error) => Effect.fail(Problems.storage(error))))
      }, Tracing.span("Http.createRefund")),
      list: Effect.fnUntraced(function* ({ query }) {
        const tenantId = yield* Access.scopeOf(yield* Access.require("own"), query.tenant_id)
        const rows = yield* refunds
          .list({
            tenantId,
            paymentId: query.payment_id,
            ...Listing.asked(query),
          })
          .pipe(Effect.mapError(Problems.storage))
        return Listing.answer(rows, query)
      }, Tracing.span("Http.listRefunds")),
      get: Effect.fnUntraced(function* ({ params }) {
        const caller = yield* Access.require("own")
        const found = yield* refunds.get(params.id, caller.tenantId).pipe(Effect.mapError(Problems.storage))
        return yield* Option.match(found, {
          onNone: () => Effect.fail(Problems.notFound(`refund ${params.id}`)),
          onSome: (refund) => Effect.succeed(refund),
        })
      }, Tracing.span("Http.getRefund")),
    })
  }),
)
