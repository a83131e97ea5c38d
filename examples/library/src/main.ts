/**
 * The orchestrator as a library. Providers are configured by the environment: PAYPAL_CLIENT_ID, PAYPAL_CLIENT_SECRET,
 * POLAR_API_KEY, POLAR_CARRIER_PRODUCT_ID, and PAYPAL_BASE_URL, POLAR_BASE_URL for stand-ins.
 *
 * Nothing is deduplicated or settled for you: two calls open two checkouts. At PayPal `successUrl` means *approved*, not
 * paid: `complete` captures. Call it there, and when the approval webhook comes; it is safe to repeat.
 */
import { NodeRuntime } from "@effect/platform-node"
import { PaymentOrchestrator } from "@payment-orchestrator/core"
import * as PayPal from "@payment-orchestrator/provider-paypal"
import * as Polar from "@payment-orchestrator/provider-polar"
import { Console, Effect } from "effect"

/** In a shop: what `POST /buy` does. */
const buy = Effect.gen(function* () {
  const orchestrator = yield* PaymentOrchestrator
  const checkout = yield* orchestrator.createCheckoutSession({
    amount: "99.99",
    currency: "USD",
    description: "Order 1001",
    successUrl: "https://shop.example/thanks",
    cancelUrl: "https://shop.example/cart",
  })
  yield* Console.log(`redirect the buyer to ${checkout.url} (${checkout.provider})`)
  return checkout
})

/** In a shop: what the success URL does. The money is there when a payment is `completed`. */
const thanks = (session: { readonly provider: string; readonly sessionId: string }) =>
  Effect.gen(function* () {
    const orchestrator = yield* PaymentOrchestrator
    const { payments } = yield* orchestrator.complete(session)
    return payments.some(({ state }) => state === "completed") ? "paid" : "not paid yet"
  })

const program = Effect.gen(function* () {
  const orchestrator = yield* PaymentOrchestrator
  const checkout = yield* buy
  const answer = yield* thanks(checkout).pipe(
    Effect.catchTag("PermanentPaymentError", (error) => Effect.succeed(`not paid: ${error.message}`)),
  )
  yield* Console.log(answer)
  yield* Console.log(yield* orchestrator.getStats)
}).pipe(Effect.provide(PaymentOrchestrator.layer({ providers: [PayPal.layerConfig(), Polar.layerConfig()] })))

NodeRuntime.runMain(program)
