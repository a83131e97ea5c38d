/** What the providers themselves say: their mode, whether they accept the credentials, and what time it is. */
import { PaymentProvider, ProviderClock, ProviderName, Timestamp } from "@payment-orchestrator/domain"
import * as PayPal from "@payment-orchestrator/provider-paypal"
import * as Polar from "@payment-orchestrator/provider-polar"
import * as Stripe from "@payment-orchestrator/provider-stripe"
import { configs, type Options } from "@payment-orchestrator/server"
import { Config, Context, DateTime, Effect, Layer, Option } from "effect"
import * as Item from "./Item.ts"

/** As the environment says. */
export const everyProvider = [PayPal.layerConfig(), Polar.layerConfig(), Stripe.layerConfig()]

/** What each needs, by its name. */
const variables: { readonly [name: string]: { readonly credentials: string; readonly webhook: string } } = {
  paypal: { credentials: "PAYPAL_CLIENT_ID and PAYPAL_CLIENT_SECRET", webhook: "PAYPAL_WEBHOOK_ID" },
  polar: { credentials: "POLAR_API_KEY", webhook: "POLAR_WEBHOOK_SECRET" },
  stripe: { credentials: "STRIPE_API_KEY", webhook: "STRIPE_WEBHOOK_SECRET" },
}
const of = (name: string) => variables[name] ?? { credentials: "its credentials", webhook: "its webhook secret" }

/** Of those whose configuration can be read; what cannot is told by `configuration`. */
export const built = (providers: Options["providers"]) =>
  Effect.map(
    Effect.forEach(providers, (layer) => Effect.option(Layer.build(layer))),
    (found) => found.flatMap(Option.toArray).map((context) => Context.get(context, PaymentProvider.PaymentProvider)),
  )

const credentials = (provider: PaymentProvider.Service) =>
  Effect.map(provider.checkAvailability, ({ credentials, reachable, reason }) => {
    const name = `credentials: ${provider.name}`
    const why = Option.getOrElse(reason, () => "no reason given")
    if (credentials === "accepted") return Item.ok(name, "accepted")
    return credentials === "refused"
      ? Item.fail(
          name,
          `refused: ${why}`,
          `set ${of(provider.name).credentials} to what its dashboard shows, of the same mode`,
        )
      : Item.fail(
          name,
          reachable ? why : `it cannot be reached: ${why}`,
          "look at the network from here, and at its status page",
        )
  })

const webhook = ({ name }: PaymentProvider.Service) =>
  Effect.map(
    Effect.map(Effect.option(Config.option(Config.Redacted(of(name).webhook))), Option.flatten),
    Option.match({
      onNone: () =>
        Item.fail(
          `webhook secret: ${name}`,
          `${of(name).webhook} is not set: its webhooks cannot be checked`,
          `make the webhook in its dashboard, to <PAYMENT_PUBLIC_URL>/webhooks/${name}, and set ${of(name).webhook}`,
        ),
      onSome: () => Item.ok(`webhook secret: ${name}`, `${of(name).webhook} is set`),
    }),
  )

const routing = (
  configured: ReadonlyArray<PaymentProvider.Service>,
  order: ReadonlyArray<ProviderName.ProviderName>,
) => {
  const names = order.filter((name) => configured.some((provider) => provider.name === name))
  const found = `${order.join(", ")}; with credentials: ${names.join(", ") || "none"}`
  if (names.length === 0)
    return Item.fail("routing", found, "set the credentials of a provider in PAYMENT_PROVIDER_ORDER")
  return names.length === 1
    ? Item.warn("routing", found, "set up a second provider: with one there is nothing to fail over to")
    : Item.ok("routing", found)
}

/** Whether money is real, and everywhere or nowhere. */
export const mode = (
  configured: ReadonlyArray<{ readonly name: string; readonly capabilities: { readonly livemode: boolean } }>,
) => {
  const live = configured.filter(({ capabilities }) => capabilities.livemode).map(({ name }) => name)
  if (live.length === 0)
    return Item.warn(
      "mode",
      "test everywhere: no real money moves",
      "use live credentials, and PAYPAL_MODE=live, to sell",
    )
  return live.length === configured.length
    ? Item.ok("mode", "live everywhere")
    : Item.fail(
        "mode",
        `live: ${live.join(", ")}; the rest test`,
        "give all providers credentials of the same mode: a failover would end on a page of the other",
      )
}

const halfSecond = 500
const tooMuch = 60_000
const much = 30_000

const clock = (ahead: ReadonlyArray<number>) => {
  const fix = "set up time synchronisation on this machine"
  const skew = ahead.toSorted((a, b) => a - b)[ahead.length >> 1]
  if (skew === undefined) return Item.warn("clock", "no provider has said what time it is", fix)
  const found = `${Math.round(Math.abs(skew) / 1000)} s ${skew > 0 ? "ahead of" : "behind"} the providers`
  if (Math.abs(skew) > tooMuch) return Item.fail("clock", found, fix)
  return Math.abs(skew) > much ? Item.warn("clock", found, fix) : Item.ok("clock", found)
}

/** Every item of the providers; each is asked for real, and no money moves. */
export const items = (providers: Options["providers"]) =>
  Effect.gen(function* () {
    const ahead: Array<number> = []
    const listener: ProviderClock.Listener = (_name, date) =>
      Effect.map(Timestamp.now, (now) => {
        const moment = Option.flatMap(Option.fromUndefinedOr(date), DateTime.make)
        if (Option.isSome(moment)) ahead.push(now - (moment.value.epochMilliseconds + halfSecond))
      })
    const all = yield* Effect.provideService(built(providers), ProviderClock.DateHeard, listener)
    const order = yield* Effect.orElseSucceed(configs.order, () => all.map(({ name }) => name))
    const configured = all.filter((provider) => provider.configured && order.includes(provider.name))
    const checks = yield* Effect.forEach(
      configured,
      (provider) => Effect.all([credentials(provider), webhook(provider)]),
      { concurrency: "unbounded" },
    )
    return [routing(configured, order), mode(configured), ...checks.flat(), clock(ahead)]
  }).pipe(Effect.scoped)
