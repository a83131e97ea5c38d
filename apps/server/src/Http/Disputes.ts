import { Api } from "@payment-orchestrator/api"
import { Tracing } from "@payment-orchestrator/domain"
import { Disputes } from "@payment-orchestrator/payments"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import * as Access from "../Access.ts"
import * as Listing from "../Listing.ts"
import * as Problems from "../Problems.ts"

export const layer = HttpApiBuilder.group(
  Api,
  "disputes",
  Effect.fn(function* (handlers) {
    const disputes = yield* Disputes.Disputes
    return handlers.handleAll({
      list: Effect.fnUntraced(function* ({ query }) {
        const tenantId = yield* Access.scopeOf(yield* Access.require("own"), query.tenant_id)
        const rows = yield* disputes
          .list({
            tenantId,
            paymentId: query.payment_id,
            status: query.status,
            ...Listing.asked(query),
          })
          .pipe(Effect.mapError(Problems.storage))
        return Listing.answer(rows, query)
      }, Tracing.span("Http.listDisputes")),
      get: Effect.fnUntraced(function* ({ params }) {
        const caller = yield* Access.require("own")
        const found = yield* disputes.get(params.id, caller.tenantId).pipe(Effect.mapError(Problems.storage))
        return yield* Effect.mapError(Effect.fromOption(found), () => Problems.notFound(`dispute ${params.id}`))
      }, Tracing.span("Http.getDispute")),
    })
  }),
)
