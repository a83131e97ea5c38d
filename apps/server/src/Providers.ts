/** The providers of this server: built once, put into the configured order, checked against each other. */
import { PaymentProvider, type ProviderName } from "@payment-orchestrator/domain"
import { type Config, Context, Effect, Layer, type Scope } from "effect"
import * as Startup from "./Startup.ts"
import * as Variables from "./Variables.ts"

export type ProviderLayer<R = never> = Layer.Layer<PaymentProvider.PaymentProvider, Config.ConfigError, R>

/** Builds every provider; each keeps the scope it is built in. */
export const build = <R>(
  layers: ReadonlyArray<ProviderLayer<R>>,
): Effect.Effect<ReadonlyArray<PaymentProvider.Service>, Config.ConfigError, R | Scope.Scope> =>
  Effect.forEach(layers, (layer) =>
    Effect.map(Layer.build(layer), (context) => Context.get(context, PaymentProvider.PaymentProvider)),
  )

/** The services in the configured order. An unknown name, and nobody with credentials, stop the start. */
export const arrange = Effect.fnUntraced(function* (
  services: ReadonlyArray<PaymentProvider.Service>,
  order: ReadonlyArray<ProviderName.ProviderName>,
) {
  const names = services.map(({ name }) => name)
  const unknown = order.filter((name) => !names.includes(name))
  if (unknown.length > 0) {
    return yield* new Startup.StartupError({
      faults: [
        {
          variable: "PAYMENT_PROVIDER_ORDER",
          message: `names ${unknown.map((name) => JSON.stringify(name)).join(", ")}, which is not here; known are ${names.join(", ")}`,
        },
      ],
    })
  }
  const arranged = order.flatMap((name) => services.filter((service) => service.name === name))
  const configured = arranged.filter(({ configured }) => configured)
  if (configured.length === 0) {
    return yield* new Startup.StartupError({
      faults: [
        {
          variable: "PAYMENT_PROVIDER_ORDER",
          message: `is ${order.join(",")}, but none of these has credentials: set those of at least one (${order.map(Variables.credentialsOf).join("; ")}). To look around without an account run the demo.`,
        },
      ],
    })
  }
  const live = configured.filter(({ capabilities }) => capabilities.livemode)
  if (live.length > 0 && live.length < configured.length) {
    yield* Effect.logWarning(
      `PROVIDERS IN DIFFERENT MODES: ${live.map(({ name }) => name).join(", ")} live, the rest test. A failover would send paying buyers to a test page, or the reverse.`,
    )
  }
  for (const { name } of services.filter(({ configured, name }) => configured && !order.includes(name))) {
    yield* Effect.logWarning(`${name} has credentials but is not in PAYMENT_PROVIDER_ORDER, so it is never asked`)
  }
  return arranged
})
