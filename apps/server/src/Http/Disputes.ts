import { Api, Page } from "@payment-orchestrator/api"
import { Disputes } from "@payment-orchestrator/payments"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import * as Access from "../Access.ts"
import * as Problems from "../Problems.ts"

export const layer = HttpApiBuilder.group(
  Api,
  "disputes",
  Effect.fn(function* (handlers) {
    const disputes = yield* Disputes.Disputes
    return handlers.handleAll({
      list: Effect.fn("Http.listDisputes")(function* ({ query }) {
        const tenantId = yield* Access.scopeOf(yield* Access.require("own"), query.tenant_id)
        const limit = query.limit ?? Page.defaultLimit
        const rows = yield* disputes
          .list({
            tenantId,
            paymentId: query.payment_id,
            status: query.status,
            createdAfter: query.created_after,
            createdBefore: query.created_before,
            before: query.cursor,
            limit: limit + 1,
          })
          .pipe(Effect.mapError(Problems.storage))
        return Page.of(rows, limit)
      }),
      get: Effect.fn("Http.getDispute")(function* ({ params }) {
        const caller = yield* Access.require("own")
        const found = yield* disputes.get(params.id, caller.tenantId).pipe(Effect.mapError(Problems.storage))
        return yield* Effect.mapError(Effect.fromOption(found), () => Problems.notFound(`dispute ${params.id}`))
      }),
    })
  }),
)
