/** PayPal as a `PaymentProvider`. */
import {
  type Capabilities,
  PaymentError,
  PaymentProvider,
  ProviderCurrencies,
  type Session,
} from "@payment-orchestrator/domain"
import { Clock, type Config, Effect, Layer, Option, Schema, type Scope, Stream } from "effect"
import * as Disputes from "./Disputes.ts"
import { name } from "./internal/Name.ts"
import * as Requests from "./internal/Requests.ts"
import * as MissedEvents from "./MissedEvents.ts"
import * as Orders from "./Orders.ts"
import * as PayPalClient from "./PayPalClient.ts"
import { config, type Options } from "./PayPalConfig.ts"
import * as PayPalWebhook from "./PayPalWebhook.ts"
import * as Plans from "./Plans.ts"
import * as Refunds from "./Refunds.ts"
import * as Subscriptions from "./Subscriptions.ts"

/**
 * The fence is ours: an order we do not capture, and with `continue` a subscription we do not activate, is never paid.
 * With `subscribe_now` the buyer's approval alone starts a subscription, and PayPal offers no call against it.
 */
export const capabilities = ({
  mode,
  subscriptionAction,
}: Pick<Options, "mode" | "subscriptionAction">): Capabilities.Capabilities => ({
  livemode: mode === "live",
  currencies: ProviderCurrencies.paypal,
  modes: ["payment", "subscription"],
  goods: ["digital", "physical"],
  idempotentCreate: true,
  idempotentRefund: true,
  fence: { payment: "local", subscription: subscriptionAction === "continue" ? "local" : "none" },
  findByAttempt: true,
  partialRefunds: true,
  cancelAtPeriodEnd: false,
  // "P-5ML4271244454362WXNWU5NQ"
  priceIdPattern: /^P-[A-Z0-9]{8,48}$/,
})

const hour = 3_600_000
/** How long PayPal keeps the key of a create (OpenAPI of Orders v2 and Subscriptions v1, `PayPal-Request-Id`). */
const keyLife: { readonly [mode in Session.SessionSnapshot["mode"]]: number } = {
  payment: 6 * hour,
  subscription: 72 * hour,
}

const tooLate = new PaymentError.PermanentPaymentError({
  provider: name,
  operation: "findSession",
  reason: "not_supported",
  outcome: "not_sent",
  detail: "PayPal has forgotten the key of that attempt; without it a session cannot be found",
})

/** A cheap read that needs a token; what it lists is of no interest. */
const availability = (client: PayPalClient.PayPalClient): PaymentProvider.Service["checkAvailability"] =>
  client
    .call({ operation: "checkAvailability", request: Requests.get("/v1/notifications/webhooks") }, Schema.Unknown)
    .pipe(
      Effect.as<PaymentProvider.Availability>({
        configured: true,
        reachable: true,
        credentials: "accepted",
        reason: Option.none(),
      }),
      Effect.catch((error) => {
        const refused = error.reason === "credentials_refused"
        const answered = error._tag === "PermanentPaymentError" || error.reason === "rate_limited"
        return Effect.succeed<PaymentProvider.Availability>({
          configured: true,
          reachable: answered,
          credentials: refused ? "refused" : answered && error.outcome === "refused" ? "accepted" : "unknown",
          reason: Option.some(error.message),
        })
      }),
    )

/** A deadline that passed before the request itself left (PayPal hung while giving out a token) sent nothing. */
const honest = <A, E>(call: Effect.Effect<A, E | PaymentError.PaymentError>) =>
  Effect.suspend(() => {
    const sending = { sent: false }
    return call.pipe(
      Effect.provideService(PayPalClient.Sending, sending),
      Effect.mapError((error) =>
        error instanceof PaymentError.TransientPaymentError && error.reason === "timeout" && !sending.sent
          ? new PaymentError.TransientPaymentError({ ...error, outcome: "not_sent" })
          : error,
      ),
    )
  })

/** PayPal's calls behind the contract; its connections live as long as the scope. */
export const make = (options: Options): Effect.Effect<PaymentProvider.Service, never, Scope.Scope> =>
  Effect.gen(function* () {
    const client = yield* PayPalClient.make(options)
    const webhook = yield* PayPalWebhook.make(client, options)
    const orders = Orders.make(client, options)
    const subscriptions = Subscriptions.make(client, options)
    const refunds = Refunds.make(client)
    const of = (mode: Session.SessionSnapshot["mode"]) => (mode === "payment" ? orders : subscriptions)

    const service = PaymentProvider.make({
      name,
      configured: true,
      capabilities: capabilities(options),
      needsToken: client.needsToken,
      checkAvailability: availability(client),
      createCheckoutSession: (request) => of(request.mode).create(request),
      findSession: (by) =>
        by._tag === "BySessionId"
          ? of(by.mode).find("findSession", by.sessionId)
          : Effect.flatMap(Clock.currentTimeMillis, (now) =>
              now - by.startedAt < keyLife[by.request.mode]
                ? of(by.request.mode).findByAttempt(by.request)
                : Effect.fail(tooLate),
            ),
      complete: ({ approval, mode, sessionId }) =>
        mode === "payment" ? orders.complete(sessionId, approval) : subscriptions.complete(sessionId),
      withdraw: ({ mode, sessionId }) => of(mode).withdraw(sessionId),
      getSubscription: subscriptions.get,
      cancelSubscription: subscriptions.cancel,
      refund: refunds.refund,
      findRefund: refunds.find,
      findDispute: (disputeId) => Disputes.find(client, disputeId),
      findPrice: (priceId) => Plans.find(client, priceId),
      verifyWebhook: webhook.verify,
      missedEvents: (since) => MissedEvents.since(client, since),
    })
    return {
      ...service,
      createCheckoutSession: (request) => honest(service.createCheckoutSession(request)),
      findSession: (by) => honest(service.findSession(by)),
      complete: (session) => honest(service.complete(session)),
      withdraw: (session) => honest(service.withdraw(session)),
      getSubscription: (id) => honest(service.getSubscription(id)),
      cancelSubscription: (request) => honest(service.cancelSubscription(request)),
      refund: (request) => honest(service.refund(request)),
      findRefund: (request) => honest(service.findRefund(request)),
      findDispute: (disputeId) => honest(service.findDispute(disputeId)),
      findPrice: (priceId) => honest(service.findPrice(priceId)),
      verifyWebhook: (delivery) => honest(service.verifyWebhook(delivery)),
      missedEvents: (since) => Stream.provideService(service.missedEvents(since), PayPalClient.Sending, { sent: true }),
    }
  })

/** PayPal with these options. */
export const layer = (options: Options): Layer.Layer<PaymentProvider.PaymentProvider> =>
  Layer.effect(PaymentProvider.PaymentProvider, make(options))

/** PayPal as the environment says; known by name and skipped when it has no credentials there. */
export const layerConfig = (
  from: Config.Config<Option.Option<Options>> = config,
): Layer.Layer<PaymentProvider.PaymentProvider, Config.ConfigError> =>
  PaymentProvider.layerConfig({
    name,
    capabilities: capabilities({ mode: "sandbox", subscriptionAction: "subscribe_now" }),
    config: from,
    make,
  })
