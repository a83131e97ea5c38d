/** What the providers themselves say: whether they accept the credentials, and what time it is. */
import { Check } from "@payment-orchestrator/api"
import { PaymentProvider, ProviderClock, Timestamp } from "@payment-orchestrator/domain"
import * as PayPal from "@payment-orchestrator/provider-paypal"
import * as Polar from "@payment-orchestrator/provider-polar"
import * as Stripe from "@payment-orchestrator/provider-stripe"
import { configs, type Options, Variables } from "@payment-orchestrator/server"
import { Context, DateTime, Effect, Layer, Option } from "effect"

/** As the environment says. */
export const everyProvider = [PayPal.layerConfig(), Polar.layerConfig(), Stripe.layerConfig()]

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
    if (credentials === "accepted") return Check.ok(name, "accepted")
    return credentials === "refused"
      ? Check.fail(
          name,
          `refused: ${why}`,
          `set ${Variables.credentialsOf(provider.name)} to what its dashboard shows, of the same mode`,
        )
      : Check.fail(
          name,
          reachable ? why : `it cannot be reached: ${why}`,
          "look at the network from here, and at its status page",
        )
  })

const halfSecond = 500
const tooMuch = 60_000
const much = 30_000

const clock = (ahead: ReadonlyArray<number>) => {
  const fix = "set up time synchronisation on this machine"
  const skew = ahead.toSorted((a, b) => a - b)[ahead.length >> 1]
  if (skew === undefined) return Check.warn("clock", "no provider has said what time it is", fix)
  const found = `${Math.round(Math.abs(skew) / 1000)} s ${skew > 0 ? "ahead of" : "behind"} the providers`
  if (Math.abs(skew) > tooMuch) return Check.fail("clock", found, fix)
  return Math.abs(skew) > much ? Check.warn("clock", found, fix) : Check.ok("clock", found)
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
    const checks = yield* Effect.forEach(configured, credentials, { concurrency: "unbounded" })
    return [...checks, clock(ahead)]
  }).pipe(Effect.scoped)
