import { Api, Page } from "@payment-orchestrator/api"
import { Alerts } from "@payment-orchestrator/payments"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import * as Access from "../Access.ts"
import * as Problems from "../Problems.ts"

export const layer = HttpApiBuilder.group(
  Api,
  "alerts",
  Effect.fn(function* (handlers) {
    const alerts = yield* Alerts.Alerts
    return handlers.handleAll({
      list: Effect.fn("Http.listAlerts")(function* ({ query }) {
        yield* Access.requireAll("read")
        const limit = query.limit ?? Page.defaultLimit
        const rows = yield* alerts
          .list({
            open: query.status === undefined ? undefined : query.status === "open",
            createdAfter: query.created_after,
            createdBefore: query.created_before,
            before: query.cursor,
            limit: limit + 1,
          })
          .pipe(Effect.mapError(Problems.storage))
        return Page.of(rows, limit)
      }),
    })
  }),
)
