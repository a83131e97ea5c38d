/** Where providers send their webhooks: no key, the signature is the key. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { InvalidSignature, NotFound, RateLimited, TooLarge, TryAgain } from "./Problem.ts"

export class Webhooks extends HttpApiGroup.make("webhooks")
  .add(
    HttpApiEndpoint.post("receive", "/webhooks/:provider", {
      params: { provider: Schema.String },
      success: Schema.Struct({ received: Schema.Literal(true) }),
      error: [InvalidSignature, NotFound, TooLarge, RateLimited, TryAgain],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Receive a provider's webhook",
        description: "The raw body is verified by the provider's own scheme. 429 and 503 mean: send it again.",
      }),
    ),
  )
  .annotateMerge(OpenApi.annotations({ title: "Webhooks", description: "Where providers send theirs." })) {}
