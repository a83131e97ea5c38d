/** `Retry-After`, on whatever answer the running request gets. */
import { Effect } from "effect"
import { HttpEffect, HttpServerResponse } from "effect/http"

/** In whole seconds, at least one. */
export const set = (millis: number) =>
  HttpEffect.appendPreResponseHandler((_request, response) =>
    Effect.succeed(
      HttpServerResponse.setHeader(response, "retry-after", String(Math.max(1, Math.ceil(millis / 1000)))),
    ),
  )
