import { Moves } from "@payment-orchestrator/payments"
import { Effect, Layer, Option } from "effect"
import { HttpRouter, HttpServerRequest } from "effect/http"
import * as PayLink from "../PayLink.ts"
import * as PayPages from "../PayPages.ts"
import * as SameSite from "../SameSite.ts"
import { ServerConfig } from "../ServerConfig.ts"

/** Only redirects; opening the link changes nothing, so mail scanners do no harm. */
const link = PayLink.forCheckout((found) =>
  Effect.gen(function* () {
    const moves = yield* Moves.Moves
    const standing = yield* moves.standing(found)
    switch (standing._tag) {
      case "Paid":
        return yield* PayLink.toShop(found, "paid")
      case "Processing":
        return yield* PayPages.confirming
      case "Expired":
        return yield* PayPages.expired(found.cancelUrl)
      case "Failed":
        return yield* PayPages.neverOpened(found.cancelUrl)
      case "Page":
        return yield* PayLink.seeOther(standing.url)
      case "Stuck":
        return yield* PayPages.offer(found.checkout.link, Option.isSome(standing.givenUp))
    }
  }),
)

/** Moves the buyer on. What is not a page to pay on is told by the link, so that a reload sends nothing again. */
const goOn = PayLink.forCheckout((found) =>
  Effect.gen(function* () {
    const { link } = found.checkout
    const { settings } = yield* ServerConfig
    const { headers } = yield* HttpServerRequest.HttpServerRequest
    if (!SameSite.isOurs(headers, settings.publicUrl)) return yield* PayPages.fromElsewhere(link)
    const moves = yield* Moves.Moves
    const moved = yield* moves.goOn(found.checkout.id)
    if (Option.isNone(moved)) return yield* PayPages.unknown
    switch (moved.value._tag) {
      case "Paid":
        return yield* PayLink.toShop(found, "paid")
      case "Processing":
      case "Expired":
      case "Failed":
        return yield* PayLink.seeOther(link)
      case "Page":
        return yield* PayLink.seeOther(moved.value.url)
      case "Waits":
        return yield* PayPages.waits(link, moved.value.url)
      case "NoOther":
        return yield* Option.match(moved.value.url, {
          onNone: () => PayPages.noOther(found.cancelUrl),
          onSome: PayLink.seeOther,
        })
      case "Unreachable":
        return yield* PayPages.unreachable(link, moved.value.url, moved.value.retryAfterMillis)
    }
  }),
)

export const layer = Layer.mergeAll(
  HttpRouter.add("GET", "/pay/:token", link),
  HttpRouter.add("POST", "/pay/:token/continue", goOn),
)
