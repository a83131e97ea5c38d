import { Api } from "@payment-orchestrator/api"
import { Tracing } from "@payment-orchestrator/domain"
import { Alerts } from "@payment-orchestrator/payments"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import * as Access from "../Access.ts"
import * as Listing from "../Listing.ts"
import * as Problems from "../Problems.ts"

export const layer = HttpApiBuilder.group(
  Api,
  "alerts",
  Effect.fn(function* (handlers) {
    const alerts = yield* Alerts.Alerts
    return handlers.handleAll({
      list: Effect.fnUntraced(function* ({ query }) {
        yield* Access.requireAll("read")
        const rows = yield* alerts
          .list({
            open: query.status === undefined ? undefined : query.status === "open",
            ...Listing.asked(query),
          })
          .pipe(Effect.mapError(Problems.storage))
        return Listing.answer(rows, query)
      }, Tracing.span("Http.listAlerts")),
    })
  }),
)
