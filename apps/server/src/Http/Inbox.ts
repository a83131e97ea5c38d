import { Api, Page } from "@payment-orchestrator/api"
import { PaymentOrchestrator } from "@payment-orchestrator/core"
import { InboxStore } from "@payment-orchestrator/payments"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import * as Access from "../Access.ts"
import * as Problems from "../Problems.ts"

export const layer = HttpApiBuilder.group(
  Api,
  "inbox",
  Effect.fn(function* (handlers) {
    const store = yield* InboxStore.InboxStore
    const { providers } = yield* PaymentOrchestrator
    const live = new Set(providers.filter(({ capabilities }) => capabilities.livemode).map(({ name }) => name))
    return handlers.handleAll({
      list: Effect.fn("Http.listInbox")(function* ({ query }) {
        yield* Access.requireAll("read")
        const limit = query.limit ?? Page.defaultLimit
        const rows = yield* store
          .list({
            provider: query.provider,
            state: query.state,
            checkoutId: query.checkout_id,
            createdAfter: query.created_after,
            createdBefore: query.created_before,
            before: query.cursor,
            limit: limit + 1,
          })
          .pipe(Effect.mapError(Problems.storage))
        return Page.of(
          rows.map((entry) => ({ ...entry, livemode: live.has(entry.provider) })),
          limit,
        )
      }),
    })
  }),
)
