/** Stripe as a `PaymentProvider`. */
import { type Config, Effect, Layer, Option } from "effect"
import { type Capabilities, PaymentProvider, ProviderClock, ProviderCurrencies } from "@payment-orchestrator/domain"
import * as StripeClient from "./StripeClient.ts"
import { baseUrlFault, config as fromEnvironment, isLive, type Options } from "./StripeConfig.ts"
import * as StripeWebhook from "./StripeWebhook.ts"
import { availability } from "./internal/Availability.ts"
import { missedEvents } from "./internal/Backfill.ts"
import { provider } from "./internal/errors.ts"
import * as Disputes from "./internal/Disputes.ts"
import * as Prices from "./internal/Prices.ts"
import * as Refunds from "./internal/Refunds.ts"
import * as Sessions from "./internal/Sessions.ts"
import * as Subscriptions from "./internal/Subscriptions.ts"

/** What Stripe offers through hosted Checkout; `livemode` comes from the key. */
export const capabilities = (livemode: boolean): Capabilities.Capabilities => ({
  livemode,
  currencies: ProviderCurrencies.stripe,
  modes: ["payment", "subscription"],
  goods: ["digital", "physical"],
  idempotentCreate: true,
  idempotentRefund: true,
  fence: { payment: "remote", subscription: "remote" },
  findByAttempt: true,
  partialRefunds: true,
  cancelAtPeriodEnd: true,
  priceIdPattern: /^price_[A-Za-z0-9]+$/,
})

/**
 * Stripe with these credentials. Nothing is asked of Stripe before the first call. A base URL that cannot be used (see
 * `config`) is a mistake of the program, and a defect.
 */
export const make = (options: Options): Effect.Effect<PaymentProvider.Service> =>
  Effect.gen(function* () {
    const livemode = isLive(options.apiKey)
    const fault = options.baseUrl === undefined ? undefined : baseUrlFault(options.baseUrl, livemode)
    if (fault !== undefined) return yield* Effect.die(new Error(`provider-stripe: baseUrl ${fault}`))
    const client = yield* StripeClient.make(options, yield* ProviderClock.DateHeard)
    return PaymentProvider.make({
      name: provider,
      configured: true,
      capabilities: capabilities(livemode),
      checkAvailability: availability(client),
      createCheckoutSession: (request) => Sessions.create(client, livemode, request),
      findSession: (by) => Sessions.find(client, by),
      // Stripe moves the money itself when the buyer confirms: there is only to look.
      complete: (session) => Sessions.get(client, "complete", session),
      withdraw: (session) => Sessions.withdraw(client, session),
      getSubscription: (id) => Subscriptions.get(client, id),
      cancelSubscription: (request) => Subscriptions.cancel(client, request),
      refund: (request) => Refunds.refund(client, request),
      findRefund: (request) => Refunds.find(client, request),
      findDispute: (disputeId) => Disputes.find(client, disputeId),
      findPrice: (priceId) => Prices.find(client, priceId),
      verifyWebhook: StripeWebhook.verify(client, options),
      missedEvents: (since) => missedEvents(client, livemode, since),
    })
  })

export const layer = (options: Options): Layer.Layer<PaymentProvider.PaymentProvider> =>
  Layer.effect(PaymentProvider.PaymentProvider, make(options))

/** Stripe as the environment describes it; not configured, and skipped, when it describes none. */
export const layerConfig = (
  config: Config.Config<Option.Option<Options>> = fromEnvironment,
): Layer.Layer<PaymentProvider.PaymentProvider, Config.ConfigError> =>
  PaymentProvider.layerConfig({ name: provider, capabilities: capabilities(false), config, make })
