/**
 * Opens PayPal checkouts in a process of its own, one way of doing it alone, and tells what that cost:
 * `node caller.ts <way> <calls to get warm> <calls> <at once>`. There is no server and no database.
 */
import { PaymentOrchestrator } from "@payment-orchestrator/core"
import { Id, Money, PaymentProvider, ProviderName, type Session } from "@payment-orchestrator/domain"
import * as PayPal from "@payment-orchestrator/provider-paypal"
import { Effect, Layer, ManagedRuntime, Option } from "effect"
import { randomUUID } from "node:crypto"
import { makePayPal, type Order } from "../rival/providers.ts"
import * as Load from "./Load.ts"
import type { Cost, Way } from "./Engine.ts"

const order = {
  amount: "99.99",
  currency: "USD",
  success_url: "https://shop.example/thanks",
  cancel_url: "https://shop.example/cart",
} as const satisfies Omit<Order, "id">

/** Answers at once, so that only what is around it costs anything. */
const instant = Layer.sync(PaymentProvider.PaymentProvider, () => {
  const name = ProviderName.ProviderName.make("paypal")
  return PaymentProvider.make({
    ...PaymentProvider.notConfigured(
      name,
      PayPal.capabilities({ mode: "sandbox", subscriptionAction: "subscribe_now" }),
    ),
    configured: true,
    createCheckoutSession: ({ attemptId }) =>
      Effect.succeed({
        provider: name,
        sessionId: attemptId,
        url: `https://paypal.example/${attemptId}`,
        expiresAt: Option.none(),
        livemode: false,
        requestId: Option.none(),
        adjusted: [],
      }),
  })
})

type Provider = Layer.Layer<PaymentProvider.PaymentProvider, unknown>
type Call = () => Promise<unknown>

/** The library as its users call it. */
const throughEngine = async (provider: Provider): Promise<Call> => {
  const runtime = ManagedRuntime.make(PaymentOrchestrator.layer({ providers: [provider] }))
  const orchestrator = await runtime.runPromise(PaymentOrchestrator)
  return () =>
    runtime.runPromise(
      orchestrator.createCheckoutSession({
        amount: order.amount,
        currency: order.currency,
        successUrl: order.success_url,
        cancelUrl: order.cancel_url,
      }),
    )
}

/** What the engine calls, without the engine. */
const providerAlone = async (layer: Provider): Promise<Call> => {
  const runtime = ManagedRuntime.make(layer)
  const provider = await runtime.runPromise(PaymentProvider.PaymentProvider)
  const money: Money.Money = { amount: 9_999, currency: "USD" }
  const one = Effect.gen(function* () {
    const request: Session.SessionRequest = {
      attemptId: yield* Id.makeAttemptId,
      checkoutId: yield* Id.makeCheckoutId,
      mode: "payment",
      money: Option.some(money),
      priceId: Option.none(),
      goods: Option.none(),
      description: Option.none(),
      customerEmail: Option.none(),
      customerId: Option.none(),
      orderId: Option.none(),
      metadata: {},
      successUrl: order.success_url,
      cancelUrl: order.cancel_url,
      expiresAt: Date.now() + 86_400_000,
    }
    return yield* provider.createCheckoutSession(request)
  })
  return () => runtime.runPromise(one)
}

const paypal = PayPal.layerConfig()

const ways: Readonly<Record<Way, () => Promise<Call>>> = {
  sdk: async () => {
    const open = makePayPal({ env: process.env, timeout: 30_000 })
    return () => open({ id: randomUUID(), ...order })
  },
  adapter: () => providerAlone(paypal),
  engine: () => throughEngine(paypal),
  instant: () => providerAlone(instant),
  engineOverInstant: () => throughEngine(instant),
}

const isWay = (name: string): name is Way => Object.hasOwn(ways, name)

const [name = "", warmUps, times, atOnce] = process.argv.slice(2)
if (!isWay(name)) throw new Error(`no way ${name}; there are ${Object.keys(ways).join(", ")}`)
const call = await ways[name]()
await Load.closed(Number(warmUps), Number(atOnce), call)
const before = process.cpuUsage()
const begun = performance.now()
await Load.closed(Number(times), Number(atOnce), call)
const { system, user } = process.cpuUsage(before)
const cost: Cost = {
  cpuMicros: (user + system) / Number(times),
  wallMicros: ((performance.now() - begun) * 1_000) / Number(times),
}
process.stdout.write(`cost ${JSON.stringify(cost)}\n`)
