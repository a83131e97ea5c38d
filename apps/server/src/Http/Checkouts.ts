import { Api, Problem } from "@payment-orchestrator/api"
import { Checkout, CheckoutRequest, Id } from "@payment-orchestrator/domain"
import { Checkouts } from "@payment-orchestrator/payments"
import { Effect, Schema } from "effect"
import { HttpEffect, HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import * as Access from "../Access.ts"
import * as Idempotent from "../Idempotent.ts"
import * as Problems from "../Problems.ts"
import * as Redirects from "../Redirects.ts"
import { Livemode } from "../Livemode.ts"
import { ServerConfig } from "../ServerConfig.ts"

const created = Idempotent.json(Checkout.CheckoutJson, 201)
const refused = Idempotent.json(Problem.ProviderRejected, 422)
const unfit = Idempotent.json(Problem.NoProviderFits, 422)

/** `Retry-After` in whole seconds, at least one. */
const setRetryAfter = (millis: number) =>
  HttpEffect.appendPreResponseHandler((_request, response) =>
    Effect.succeed(
      HttpServerResponse.setHeader(response, "retry-after", String(Math.max(1, Math.ceil(millis / 1000)))),
    ),
  )

export const layer = HttpApiBuilder.group(
  Api,
  "checkouts",
  Effect.fn(function* (handlers) {
    const checkouts = yield* Checkouts.Checkouts
    const config = yield* ServerConfig
    const livemode = yield* Livemode

    const run = (request: CheckoutRequest.CheckoutRequest, tenantId: string) => (checkoutId: string) =>
      checkouts.open(request, { tenantId, checkoutId: Id.CheckoutId.make(checkoutId) }).pipe(
        Effect.flatMap(created),
        Effect.tapErrorTag("AllProvidersFailed", ({ retryAfterMillis }) => setRetryAfter(retryAfterMillis)),
        Effect.mapError(Problems.fromOpenError),
        Effect.catchTags({ ProviderRejected: refused, NoProviderFits: unfit }),
      )

    return handlers.handleAll({
      open: Effect.fn("Http.openCheckout")(function* ({ headers, payload }) {
        const caller = yield* Access.require("open")
        const tenantId = yield* Access.tenantOf(caller, payload.tenantId)
        const faults = Redirects.faults(payload, { origins: config.redirectOrigins, livemode })
        if (faults.length > 0) return yield* Problems.invalid(faults)
        const body = yield* Effect.orDie(Schema.encodeEffect(CheckoutRequest.CheckoutRequestJson)(payload))
        return yield* Idempotent.once(
          {
            tenantId,
            key: headers["idempotency-key"],
            fingerprint: Idempotent.fingerprint("POST /v1/checkouts", JSON.stringify(body)),
            subject: yield* Id.makeCheckoutId,
          },
          run(payload, tenantId),
        )
      }),
      get: Effect.fn("Http.getCheckout")(function* ({ params }) {
        const caller = yield* Access.require("own")
        const found = yield* checkouts.get(params.id, caller.tenantId)
        return yield* Effect.fromOption(found).pipe(
          Effect.mapError(
            () => new Problem.NotFound({ code: "not_found", detail: `there is no checkout ${params.id}` }),
          ),
        )
      }),
    })
  }),
)
