import { Api, Problem } from "@payment-orchestrator/api"
import { PaymentOrchestrator } from "@payment-orchestrator/core"
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Metrics, WebhookInbox } from "@payment-orchestrator/payments"
import { Effect, Option } from "effect"
import type { HttpServerRequest } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import * as Address from "../Address.ts"
import * as AddressLimit from "../AddressLimit.ts"
import * as Problems from "../Problems.ts"
import { ServerConfig } from "../ServerConfig.ts"

/** A provider sends from few addresses, and what it is refused it sends again: at least so many in a minute of each. */
const generous = 1_200

/** Every header with all its values, so that a doubled one is seen and not joined. */
const rawHeaders = (request: HttpServerRequest.HttpServerRequest) => {
  const { rawHeaders } = NodeHttpServerRequest.toIncomingMessage(request)
  const headers: { [name: string]: Array<string> } = {}
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? "").toLowerCase()
    headers[name] = [...(headers[name] ?? []), rawHeaders[i + 1] ?? ""]
  }
  return headers
}

export const layer = HttpApiBuilder.group(
  Api,
  "webhooks",
  Effect.fn(function* (handlers) {
    const inbox = yield* WebhookInbox.WebhookInbox
    const { rateLimit } = yield* ServerConfig
    yield* Metrics.expose((yield* PaymentOrchestrator).providers.map(({ name }) => name))
    const limit = AddressLimit.make({ perMinute: rateLimit === 0 ? 0 : Math.max(rateLimit, generous) })
    return handlers.handleRaw(
      "receive",
      Effect.fn("Http.receiveWebhook")(function* ({ params, request }) {
        const wait = yield* limit.spend(Address.groupOf(yield* Address.current))
        if (Option.isSome(wait)) {
          return yield* Problems.rateLimited(wait.value, "this address has sent too many webhooks in this minute")
        }
        const body = new Uint8Array(yield* Effect.orDie(request.arrayBuffer))
        yield* inbox.receive({ provider: params.provider, headers: rawHeaders(request), body }).pipe(
          Effect.tap(Metrics.webhookCame(params.provider, "received")),
          Effect.tapError((error) =>
            error._tag === "UnknownProvider"
              ? Effect.void
              : Metrics.webhookCame(params.provider, error._tag === "WebhookRejected" ? "rejected" : "refused"),
          ),
          Effect.tapErrorTag("WebhookRejected", (error) => Effect.logWarning(error.message)),
          Effect.catchTags({
            UnknownProvider: (error) => Effect.fail(Problems.unknownProvider(error)),
            WebhookRejected: (error) => Effect.fail(new Problem.InvalidSignature({ detail: error.message })),
            TransientPaymentError: (error) => Effect.fail(new Problem.TryAgain({ detail: error.message })),
            PermanentPaymentError: (error) => Effect.fail(new Problem.TryAgain({ detail: error.message })),
            StorageError: (error) => Effect.fail(Problems.storage(error)),
          }),
        )
        return { received: true as const }
      }),
    )
  }),
)
