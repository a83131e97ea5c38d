import { Checkouts, type CheckoutStore, Settlement, type StorageError } from "@payment-orchestrator/payments"
import { Effect, Layer, Option } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import * as Pages from "../Pages.ts"

const seeOther = (location: string) => Effect.succeed(HttpServerResponse.redirect(location, { status: 303 }))

const withQuery = (url: string, query: { readonly [name: string]: string }): string => {
  const target = new URL(url)
  for (const [name, value] of Object.entries(query)) target.searchParams.set(name, value)
  return target.href
}

const unreachable = Pages.page(
  503,
  "This is taking longer than usual",
  "Please try again in a moment. Nothing was charged by this page.",
)

/** The checkout of the link in the path; the provider's query parameters are not believed. */
const stored = Effect.gen(function* () {
  const checkouts = yield* Checkouts.Checkouts
  const { token = "" } = yield* HttpRouter.params
  return yield* checkouts.findByLink(token)
})

/** Answers for that checkout. */
const forCheckout = <R>(
  answer: (
    found: CheckoutStore.StoredCheckout,
  ) => Effect.Effect<HttpServerResponse.HttpServerResponse, StorageError, R>,
) =>
  stored.pipe(
    Effect.flatMap(
      Option.match({
        onNone: () => Pages.page(404, "This link is not known", "Please go back to the shop and try again."),
        onSome: answer,
      }),
    ),
    Effect.catchTag("StorageError", () => unreachable),
  )

/** Only redirects; opening the link changes nothing, so mail scanners do no harm. */
const link = forCheckout(({ checkout }) =>
  checkout.url === null
    ? Pages.page(
        200,
        "This payment could not be started",
        "Nothing was charged. Please go back to the shop and try again.",
      )
    : seeOther(checkout.url),
)

/** The buyer does not wait longer than this for the money to be taken. */
const patience = "8 seconds"

/** Looks at what the buyer did and takes the money; goes on in the background when it takes longer. */
const settled = Effect.fnUntraced(function* (found: CheckoutStore.StoredCheckout) {
  const settlement = yield* Settlement.Settlement
  yield* settlement.settleCheckout(found.checkout.id).pipe(Effect.timeoutOption(patience))
  return Option.getOrElse(yield* stored, () => found)
})

const back = forCheckout((found) =>
  Effect.gen(function* () {
    const { checkout, successUrl } = found.checkout.status === "paid" ? found : yield* settled(found)
    // A declined instrument goes back to the approval page, where the buyer can choose another.
    if (checkout.status === "open" && checkout.url !== null) return yield* seeOther(checkout.url)
    const status = checkout.status === "paid" ? "paid" : "processing"
    return yield* Option.match(successUrl, {
      onNone: () =>
        status === "paid"
          ? Pages.page(200, "Thank you", "Your payment has arrived.")
          : Pages.page(200, "Thank you", "Your payment is being processed. You may close this page."),
      onSome: (url) => seeOther(withQuery(url, { checkout_id: checkout.id, status })),
    })
  }),
)

const cancel = forCheckout(({ cancelUrl, checkout }) =>
  Option.match(cancelUrl, {
    onNone: () => Pages.page(200, "The payment was not completed", "Nothing was charged.", checkout.link),
    onSome: seeOther,
  }),
)

export const layer = Layer.mergeAll(
  HttpRouter.add("GET", "/pay/:token", link),
  HttpRouter.add("GET", "/pay/:token/return", back),
  HttpRouter.add("GET", "/pay/:token/cancel", cancel),
)
