/** The reference of the API for people, at `/docs`. Its script takes megabytes: it is loaded when it is first asked for. */
import { Api } from "@payment-orchestrator/api"
import { Effect, Scope } from "effect"
import { HttpRouter } from "effect/http"
import { HttpApiScalar } from "effect/http-api"

/** Nothing leads to a service of somebody else's that would be told this address. */
const scalar = {
  withDefaultFonts: false,
  favicon: "/dashboard/icon.svg",
  authentication: { preferredSecurityScheme: "apiKey" },
  customCss: ".open-api-client-button { display: none !important }",
}

const page = HttpApiScalar.layer(Api, { path: "/docs", scalar })

export const layer = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const scope = yield* Effect.scope
    const made = yield* Effect.cached(
      Effect.uninterruptible(Effect.provideService(HttpRouter.toHttpEffect(page), Scope.Scope, scope)),
    )
    yield* router.add("GET", "/docs", Effect.flatten(made))
  }),
)
