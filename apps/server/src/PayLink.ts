/** What the ways behind a buyer's link share: whose it is, and where it leads in the end. */
import { Checkouts, type CheckoutStore, type StorageError } from "@payment-orchestrator/payments"
import { Effect, Option } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import * as PayPages from "./PayPages.ts"

export type Stored = CheckoutStore.StoredCheckout

export const seeOther = (location: string) => Effect.succeed(HttpServerResponse.redirect(location, { status: 303 }))

/** The checkout of the link in the path; the provider's query parameters are not believed. */
export const stored = Effect.gen(function* () {
  const checkouts = yield* Checkouts.Checkouts
  const { token = "" } = yield* HttpRouter.params
  return yield* checkouts.findByLink(token)
})

/** Answers for that checkout. */
export const forCheckout = <R>(
  answer: (found: Stored) => Effect.Effect<HttpServerResponse.HttpServerResponse, StorageError, R>,
) =>
  stored.pipe(
    Effect.flatMap(Option.match({ onNone: () => PayPages.unknown, onSome: answer })),
    Effect.catchTag("StorageError", () => PayPages.troubled),
  )

const withQuery = (url: string, query: { readonly [name: string]: string }): string => {
  const target = new URL(url)
  for (const [name, value] of Object.entries(query)) target.searchParams.set(name, value)
  return target.href
}

/** Back to the shop, or to a page of ours when it gave no URL. */
export const toShop = ({ checkout, successUrl }: Stored, status: "paid" | "processing") =>
  Option.match(successUrl, {
    onNone: () => (status === "paid" ? PayPages.paid : PayPages.onItsWay),
    onSome: (url) => seeOther(withQuery(url, { checkout_id: checkout.id, status })),
  })
