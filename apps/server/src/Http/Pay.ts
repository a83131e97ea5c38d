import { Checkouts } from "@payment-orchestrator/payments"
import { Effect, Layer, Option } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import * as Pages from "../Pages.ts"

const seeOther = (location: string) => Effect.succeed(HttpServerResponse.redirect(location, { status: 303 }))

const withQuery = (url: string, query: { readonly [name: string]: string }): string => {
  const target = new URL(url)
  for (const [name, value] of Object.entries(query)) target.searchParams.set(name, value)
  return target.href
}

const stored = Effect.gen(function* () {
  const checkouts = yield* Checkouts.Checkouts
  const { token = "" } = yield* HttpRouter.params
  return yield* checkouts.findByLink(token)
})

const unknown = Pages.page(404, "This link is not known", "Please go back to the shop and try again.")

/** Only redirects; opening the link changes nothing, so mail scanners do no harm. */
const link = Effect.flatMap(
  stored,
  Option.match({
    onNone: () => unknown,
    onSome: ({ checkout }) =>
      checkout.url === null
        ? Pages.page(
            200,
            "This payment could not be started",
            "Nothing was charged. Please go back to the shop and try again.",
          )
        : seeOther(checkout.url),
  }),
)

/** The provider's query parameters are not believed: only the checkout of this link is looked at. */
const back = Effect.flatMap(
  stored,
  Option.match({
    onNone: () => unknown,
    onSome: ({ checkout, successUrl }) => {
      const status = checkout.status === "paid" ? "paid" : "processing"
      return Option.match(successUrl, {
        onNone: () =>
          status === "paid"
            ? Pages.page(200, "Thank you", "Your payment has arrived.")
            : Pages.page(200, "Thank you", "Your payment is being processed. You may close this page."),
        onSome: (url) => seeOther(withQuery(url, { checkout_id: checkout.id, status })),
      })
    },
  }),
)

const cancel = Effect.flatMap(
  stored,
  Option.match({
    onNone: () => unknown,
    onSome: ({ cancelUrl, checkout }) =>
      Option.match(cancelUrl, {
        onNone: () => Pages.page(200, "The payment was not completed", "Nothing was charged.", checkout.link),
        onSome: seeOther,
      }),
  }),
)

export const layer = Layer.mergeAll(
  HttpRouter.add("GET", "/pay/:token", link),
  HttpRouter.add("GET", "/pay/:token/return", back),
  HttpRouter.add("GET", "/pay/:token/cancel", cancel),
)
