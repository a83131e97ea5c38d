import { Api, Problem } from "@payment-orchestrator/api"
import { PaymentOrchestrator } from "@payment-orchestrator/core"
import { Tracing } from "@payment-orchestrator/domain"
import { Metrics, Rejections, WebhookInbox } from "@payment-orchestrator/payments"
import { Effect, Option } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import * as Address from "../Address.ts"
import * as AddressLimit from "../AddressLimit.ts"
import * as Problems from "../Problems.ts"
import * as Refusals from "../Refusals.ts"
import { ServerConfig } from "../ServerConfig.ts"

/** A provider sends from few addresses, and what it is refused it sends again: at least so many in a minute of each. */
const generous = 1_200

export const layer = HttpApiBuilder.group(
  Api,
  "webhooks",
  Effect.fn(function* (handlers) {
    const inbox = yield* WebhookInbox.WebhookInbox
    const rejections = yield* Rejections.Rejections
    const note = (refusal: Refusals.Refusal) =>
      Effect.provideService(Refusals.note(refusal), Rejections.Rejections, rejections)
    const { rateLimit } = yield* ServerConfig
    yield* Metrics.expose((yield* PaymentOrchestrator).providers.map(({ name }) => name))
    const limit = AddressLimit.make({ perMinute: rateLimit === 0 ? 0 : Math.max(rateLimit, generous) })
    return handlers.handleRaw(
      "receive",
      Effect.fnUntraced(function* ({ params, request }) {
        const wait = yield* limit.spend(Address.groupOf(yield* Address.current))
        const { provider } = params
        if (Option.isSome(wait)) {
          yield* note({ provider, reason: "rate_limited" })
          return yield* Problems.rateLimited(wait.value, "this address has sent too many webhooks in this minute")
        }
        const body = new Uint8Array(yield* Effect.orDie(request.arrayBuffer))
        yield* inbox.receive({ provider, headers: Refusals.rawHeaders(request), body }).pipe(
          Effect.tap(Metrics.webhookCame(params.provider, "received")),
          Effect.tapError((error) =>
            error._tag === "UnknownProvider"
              ? Effect.void
              : Metrics.webhookCame(provider, error._tag === "WebhookRejected" ? "rejected" : "refused"),
          ),
          Effect.tapErrorTag("UnknownProvider", () => note({ provider, reason: "unknown_provider", body })),
          Effect.tapErrorTag("WebhookRejected", (error) =>
            Effect.andThen(
              Effect.logWarning(error.message),
              note({ provider, reason: error.reason, detail: error.detail, body }),
            ),
          ),
          Effect.catchTags({
            UnknownProvider: (error) => Effect.fail(Problems.unknownProvider(error)),
            WebhookRejected: (error) => Effect.fail(new Problem.InvalidSignature({ detail: error.message })),
            TransientPaymentError: (error) => Effect.fail(new Problem.TryAgain({ detail: error.message })),
            PermanentPaymentError: (error) => Effect.fail(new Problem.TryAgain({ detail: error.message })),
            StorageError: (error) => Effect.fail(Problems.storage(error)),
          }),
        )
        return { received: true as const }
      }, Tracing.span("Http.receiveWebhook")),
    )
  }),
)
