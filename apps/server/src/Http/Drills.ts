import { Api, Problem } from "@payment-orchestrator/api"
import { FieldErrors, OrchestratorError, PaymentOrchestrator } from "@payment-orchestrator/core"
import { CheckoutRequest, Tracing } from "@payment-orchestrator/domain"
import { AuditLog, Drills } from "@payment-orchestrator/payments"
import { Effect, Schema } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import * as Access from "../Access.ts"
import * as Listing from "../Listing.ts"
import * as Problems from "../Problems.ts"

const defaultCheckouts = 5

const decode = Schema.decodeUnknownEffect(CheckoutRequest.CheckoutRequest, { errors: "all" })

/** Pages of a drill last as short as they may. */
const requestOf = (amount: string, currency: CheckoutRequest.CheckoutRequest["currency"]) =>
  decode({
    amount,
    ...(currency === undefined ? {} : { currency }),
    description: "Failover drill: not for payment",
    reference: "drill",
    expiresIn: 1_800,
  }).pipe(Effect.mapError((error) => Problems.invalid(FieldErrors.fromSchemaError(error))))

export const layer = HttpApiBuilder.group(
  Api,
  "drills",
  Effect.fn(function* (handlers) {
    const orchestrator = yield* PaymentOrchestrator
    const drills = yield* Drills.Drills
    const known = orchestrator.providers.map(({ name }) => name)
    return handlers.handleAll({
      start: Effect.fnUntraced(function* ({ payload }) {
        yield* Access.requireAll("operate")
        const { amount = "1.00", checkouts = defaultCheckouts, currency, fault, provider } = payload
        if (!known.includes(provider)) {
          return yield* Problems.unknownProvider(new OrchestratorError.UnknownProvider({ provider, known }))
        }
        const request = yield* requestOf(amount, currency)
        const { id: actor } = yield* AuditLog.CurrentActor
        return yield* drills.start({ provider, fault, checkouts, request, actor }).pipe(
          Effect.catchTags({
            DrillRefused: ({ message }) =>
              Effect.fail(new Problem.Conflict({ code: "conflict", retryable: false, detail: message })),
            StorageError: (error) => Effect.fail(Problems.storage(error)),
          }),
        )
      }, Tracing.span("Http.startDrill")),
      list: Effect.fnUntraced(function* ({ query }) {
        yield* Access.requireAll("operate")
        const rows = yield* drills
          .list({
            ...Listing.asked(query),
          })
          .pipe(Effect.mapError(Problems.storage))
        return Listing.answer(rows, query)
      }, Tracing.span("Http.listDrills")),
      get: Effect.fnUntraced(function* ({ params }) {
        yield* Access.requireAll("operate")
        const found = yield* drills.find(params.id).pipe(Effect.mapError(Problems.storage))
        return yield* Effect.fromOption(found).pipe(Effect.mapError(() => Problems.notFound(`drill ${params.id}`)))
      }, Tracing.span("Http.getDrill")),
    })
  }),
)
