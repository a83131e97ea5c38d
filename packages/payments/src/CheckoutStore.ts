/** The port to where checkouts are kept. In memory here; a database behind the same port comes with storage. */
import type { Checkout, Id } from "@payment-orchestrator/domain"
import { Context, Effect, Layer, Option } from "effect"

/** A checkout with what the outside does not see of it. */
export interface StoredCheckout {
  readonly checkout: Checkout.Checkout
  /** The random part of the buyer's stable link. */
  readonly linkToken: string
  /** Where the merchant wants the buyer back. */
  readonly successUrl: Option.Option<string>
  readonly cancelUrl: Option.Option<string>
}

export interface Service {
  readonly save: (stored: StoredCheckout) => Effect.Effect<void>
  readonly find: (id: Id.CheckoutId) => Effect.Effect<Option.Option<StoredCheckout>>
  readonly findByLink: (linkToken: string) => Effect.Effect<Option.Option<StoredCheckout>>
}

export class CheckoutStore extends Context.Service<CheckoutStore, Service>()(
  "@payment-orchestrator/payments/CheckoutStore",
) {
  /** Lost with the process. */
  static readonly layerMemory: Layer.Layer<CheckoutStore> = Layer.sync(CheckoutStore, () => {
    const byId = new Map<Id.CheckoutId, StoredCheckout>()
    const byLink = new Map<string, Id.CheckoutId>()
    const find = (id: Id.CheckoutId | undefined) => Option.fromUndefinedOr(id === undefined ? undefined : byId.get(id))
    return CheckoutStore.of({
      save: (stored) =>
        Effect.sync(() => {
          byId.set(stored.checkout.id, stored)
          byLink.set(stored.linkToken, stored.checkout.id)
        }),
      find: (id) => Effect.sync(() => find(id)),
      findByLink: (linkToken) => Effect.sync(() => find(byLink.get(linkToken))),
    })
  })
}
