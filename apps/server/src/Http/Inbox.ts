import { Api } from "@payment-orchestrator/api"
import { PaymentOrchestrator } from "@payment-orchestrator/core"
import { Tracing } from "@payment-orchestrator/domain"
import { InboxStore, RejectionStore } from "@payment-orchestrator/payments"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import * as Access from "../Access.ts"
import * as Listing from "../Listing.ts"
import * as Problems from "../Problems.ts"

export const layer = HttpApiBuilder.group(
  Api,
  "inbox",
  Effect.fn(function* (handlers) {
    const store = yield* InboxStore.InboxStore
    const rejections = yield* RejectionStore.RejectionStore
    const { providers } = yield* PaymentOrchestrator
    const live = new Set(providers.filter(({ capabilities }) => capabilities.livemode).map(({ name }) => name))
    return handlers.handleAll({
      list: Effect.fnUntraced(function* ({ query }) {
        yield* Access.requireAll("read")
        const rows = yield* store
          .list({
            provider: query.provider,
            state: query.state,
            checkoutId: query.checkout_id,
            ...Listing.asked(query),
          })
          .pipe(Effect.mapError(Problems.storage))
        return Listing.answer(
          rows.map((entry) => ({ ...entry, livemode: live.has(entry.provider) })),
          query,
        )
      }, Tracing.span("Http.listInbox")),
      rejected: Effect.fnUntraced(function* ({ query }) {
        yield* Access.requireAll("read")
        const rows = yield* rejections
          .list({ provider: query.provider, ...Listing.asked(query) })
          .pipe(Effect.mapError(Problems.storage))
        return Listing.answer(
          rows.map((one) => ({ ...one, livemode: one.provider !== null && live.has(one.provider) })),
          query,
        )
      }, Tracing.span("Http.listRejected")),
    })
  }),
)
