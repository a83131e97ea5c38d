/** Polar as a payment provider. Polar is a merchant of record for digital goods. */
import { type Capabilities, CurrencyTable, PaymentProvider, type Session } from "@payment-orchestrator/domain"
import { listCheckouts } from "@polar-sh/sdk/2026-10/services/checkouts"
import { type Config, Effect, Layer, Option, Schema, type Scope } from "effect"
import * as Currencies from "./internal/Currencies.ts"
import * as Disputes from "./internal/Disputes.ts"
import { notFound, provider } from "./internal/errors.ts"
import * as Missed from "./internal/Missed.ts"
import * as Opening from "./internal/Opening.ts"
import * as Products from "./internal/Products.ts"
import * as Refunds from "./internal/Refunds.ts"
import * as Snapshots from "./internal/Snapshots.ts"
import * as Subscriptions from "./internal/Subscriptions.ts"
import * as Withdrawal from "./internal/Withdrawal.ts"
import * as PolarClient from "./PolarClient.ts"
import * as PolarConfig from "./PolarConfig.ts"
import * as PolarWebhook from "./PolarWebhook.ts"

/**
 * What Polar can do with these options: mode `payment` needs the carrier product, its fence needs the discount; a
 * subscription has none. A create is never idempotent, a lost one can be found again.
 */
export const capabilitiesOf = (
  options: Pick<PolarConfig.Options, "carrierProductId" | "currencies" | "environment" | "withdrawDiscountId">,
): Capabilities.Capabilities => ({
  livemode: options.environment === "production",
  currencies: CurrencyTable.restrict(Currencies.table, options.currencies),
  modes: options.carrierProductId === undefined ? ["subscription"] : ["payment", "subscription"],
  goods: ["digital"],
  idempotentCreate: false,
  idempotentRefund: false,
  fence: { payment: options.withdrawDiscountId === undefined ? "none" : "remote", subscription: "none" },
  findByAttempt: true,
  partialRefunds: true,
  cancelAtPeriodEnd: true,
  priceIdPattern: PolarConfig.uuid,
})

/** One checkout is listed, with the scope that opening one needs as well. */
const checkAvailability = (client: PolarClient.Client): Effect.Effect<PaymentProvider.Availability> =>
  PaymentProvider.availabilityBy(
    client.call(
      "checkAvailability",
      Schema.Struct({ items: Schema.Array(Schema.Unknown) }),
      "a list of checkouts",
      (core) => listCheckouts(core)({ limit: 1 }),
    ),
  )

/** A provider whose connections live as long as the scope. */
export const make = Effect.fnUntraced(function* (
  options: PolarConfig.Options,
): Effect.fn.Return<PaymentProvider.Service, never, Scope.Scope> {
  const client = yield* PolarClient.make(options)
  const capabilities = capabilitiesOf(options)
  const snapshots = Snapshots.make(client, options)
  const { findRefund, refund } = Refunds.make(client)
  const { cancelSubscription, getSubscription } = Subscriptions.make(client)
  return PaymentProvider.make({
    name: provider,
    configured: true,
    capabilities,
    checkAvailability: checkAvailability(client),
    createCheckoutSession: Opening.create(client, options, capabilities),
    findSession: (by: Session.SessionRef) =>
      by._tag === "BySessionId" ? snapshots.byId("findSession", by.sessionId, by.mode) : snapshots.byAttempt(by),
    // Polar moves the money itself: there is only something to look at.
    complete: ({ mode, sessionId }) =>
      Effect.flatMap(
        snapshots.byId("complete", sessionId, mode),
        Option.match({ onNone: () => Effect.fail(notFound("complete")), onSome: Effect.succeed }),
      ),
    withdraw: Withdrawal.make(client, options, snapshots),
    getSubscription,
    cancelSubscription,
    refund,
    findRefund,
    findDispute: Disputes.find(client),
    findPrice: Products.find(client),
    verifyWebhook: PolarWebhook.verify(options.webhookSecrets),
    missedEvents: Missed.make(client),
  })
})

/** With these options. */
export const layer = (options: PolarConfig.Options): Layer.Layer<PaymentProvider.PaymentProvider> =>
  Layer.effect(PaymentProvider.PaymentProvider, make(options))

/** What an unconfigured Polar would be able to do. */
const unconfigured: Capabilities.Capabilities = {
  ...capabilitiesOf({ environment: "sandbox", currencies: ["USD"] }),
  modes: ["payment", "subscription"],
}

/** From the environment; without credentials a provider that is skipped and refuses every call. */
export const layerConfig = (
  config: Config.Config<Option.Option<PolarConfig.Options>> = PolarConfig.config,
): Layer.Layer<PaymentProvider.PaymentProvider, Config.ConfigError> =>
  PaymentProvider.layerConfig({ name: provider, capabilities: unconfigured, config, make })
