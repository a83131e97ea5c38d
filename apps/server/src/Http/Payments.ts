import { Api } from "@payment-orchestrator/api"
import { Tracing } from "@payment-orchestrator/domain"
import { LedgerStore } from "@payment-orchestrator/payments"
import { Effect, Option } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import * as Access from "../Access.ts"
import * as Listing from "../Listing.ts"
import * as Problems from "../Problems.ts"

export const layer = HttpApiBuilder.group(
  Api,
  "payments",
  Effect.fn(function* (handlers) {
    const store = yield* LedgerStore.LedgerStore
    return handlers.handleAll({
      list: Effect.fnUntraced(function* ({ query }) {
        const tenantId = yield* Access.scopeOf(yield* Access.require("own"), query.tenant_id)
        const rows = yield* store
          .listPayments({
            tenantId,
            checkoutId: query.checkout_id,
            ...Listing.asked(query),
          })
          .pipe(Effect.mapError(Problems.storage))
        return Listing.answer(rows, query)
      }, Tracing.span("Http.listPayments")),
      get: Effect.fnUntraced(function* ({ params }) {
        const caller = yield* Access.require("own")
        const found = yield* store.findPayment(params.id).pipe(Effect.mapError(Problems.storage))
        const mine = Option.filter(
          found,
          ({ tenantId }) => caller.tenantId === undefined || tenantId === caller.tenantId,
        )
        return yield* Option.match(mine, {
          onNone: () => Effect.fail(Problems.notFound(`payment ${params.id}`)),
          onSome: (payment) => Effect.succeed(payment),
        })
      }, Tracing.span("Http.getPayment")),
    })
  }),
)
