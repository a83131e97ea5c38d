/**
 * What a buyer can do on PayPal's page, for orders and subscriptions alike.
 */
import { Effect } from "effect"
import * as Billing from "./Billing.ts"
import type { Core } from "./Core.ts"
import type * as Model from "./Model.ts"
import * as Orders from "./Orders.ts"
import type { Problem } from "./Problem.ts"

/** Where the browser goes next; undefined when the merchant gave no address. */
export type Destination = string | undefined

export interface Buyer {
  /** Agrees. An order can then be captured; a subscription is active, or APPROVED when it waits for `/activate`. */
  readonly approve: (orderOrSubscriptionId: string) => Effect.Effect<Destination, Problem>
  /** Agrees with a way to pay that fails: the capture gets INSTRUMENT_DECLINED, the first charge PAYMENT.FAILED. */
  readonly decline: (orderOrSubscriptionId: string) => Effect.Effect<Destination, Problem>
  /** Goes back to the merchant. Nothing changes at PayPal. */
  readonly cancel: (orderOrSubscriptionId: string) => Effect.Effect<Destination, Problem>
}

const withQuery = (address: string | undefined, query: Readonly<Record<string, string>>): Destination => {
  const url = address === undefined ? null : URL.parse(address)
  if (url === null) return undefined
  for (const [name, value] of Object.entries(query)) url.searchParams.append(name, value)
  return url.href
}

/** Back to the merchant's `return_url` of an approved order. */
export const orderReturn = (order: Model.Order): Destination =>
  withQuery(order.returnUrl, { token: order.id, PayerID: order.payer?.payer_id ?? "" })

/** Back to the merchant's `return_url` of an approved subscription. */
export const subscriptionReturn = (subscription: Model.Subscription): Destination =>
  withQuery(subscription.returnUrl, {
    subscription_id: subscription.id,
    ba_token: subscription.token,
    token: subscription.token.slice(3),
  })

const isSubscription = (id: string): boolean => id.startsWith("I-")

/** Acts on one emulator's memory. */
export const make = (core: Core): Buyer => ({
  approve: (id) =>
    isSubscription(id)
      ? Effect.map(Billing.approve(core, id), subscriptionReturn)
      : Effect.map(Orders.approve(core, id), orderReturn),
  decline: (id) =>
    isSubscription(id)
      ? Effect.map(Billing.approve(core, id, 1), subscriptionReturn)
      : Effect.map(Orders.approve(core, id, [{ result: "INSTRUMENT_DECLINED" }]), orderReturn),
  cancel: (id) =>
    isSubscription(id)
      ? Effect.map(Billing.find(core, id), (found) =>
          withQuery(found.cancelUrl, { ba_token: found.token, token: found.token.slice(3) }),
        )
      : Effect.map(Orders.find(core, id), (order) => withQuery(order.cancelUrl, { token: order.id })),
})
