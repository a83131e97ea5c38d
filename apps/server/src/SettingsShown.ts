/** The environment as the server read it: what is a secret is only told to be there. */
import { type ConfigurationChanges } from "@payment-orchestrator/payments"
import { Duration, Effect, Option, Schema } from "effect"
import { createHash } from "node:crypto"
import * as EnvProvider from "./EnvProvider.ts"
import { Catalog } from "@payment-orchestrator/domain"
import { ServerConfig } from "./ServerConfig.ts"

export interface Shown {
  readonly name: string
  /** What counts: what the environment says, or the default; null when there is neither, and of a secret. */
  readonly value: string | null
  readonly set: boolean
  readonly secret: boolean
}

const seconds = (duration: Duration.Duration): string => String(Duration.toSeconds(duration))

/** Every variable of the server and of its own providers, with its default where it has one. */
const variables = Effect.map(
  ServerConfig,
  ({ settings, ...config }): ReadonlyArray<readonly [name: string, fallback: string | null]> => [
    ["HOST", config.host],
    ["PORT", String(config.port)],
    ["DATABASE_URL", null],
    ["PAYMENT_PUBLIC_URL", settings.publicUrl],
    ["PAYMENT_API_KEY", null],
    ["PAYMENT_ENCRYPTION_KEY", null],
    ["PAYMENT_PROVIDER_ORDER", config.order.join(",")],
    ["PAYMENT_CATALOG", null],
    ["PAYMENT_MAX_RETRIES", String(settings.maxRetries)],
    ["PAYMENT_TIMEOUT", seconds(settings.timeout)],
    ["PAYMENT_DEADLINE", seconds(settings.deadline)],
    ["PAYMENT_CONCURRENCY", String(settings.concurrency)],
    ["PAYMENT_HEDGE_AFTER", Option.getOrNull(Option.map(settings.hedgeAfter, seconds))],
    ["PAYMENT_MAX_AMOUNT", null],
    ["PAYMENT_SECOND_PAGE", config.secondPage],
    ["PAYMENT_REFUND_DUPLICATES", String(config.refundDuplicates)],
    ["PAYMENT_REDIRECT_ORIGINS", null],
    ["PAYMENT_TRUSTED_PROXIES", null],
    ["PAYMENT_RATE_LIMIT", String(config.rateLimit)],
    ["PAYMENT_ALLOW_PRIVATE_ENDPOINTS", String(config.allowPrivateEndpoints)],
    ["PAYMENT_ALERT_WARNING", String(config.alertWarning)],
    ["PAYMENT_ALERT_CRITICAL", String(config.alertCritical)],
    ["PAYMENT_ALERT_WINDOW", `${config.alertWindow / 1_000}s`],
    ["PAYMENT_ALERT_URL", null],
    ["PAYPAL_MODE", "sandbox"],
    ["PAYPAL_CLIENT_ID", null],
    ["PAYPAL_CLIENT_SECRET", null],
    ["PAYPAL_WEBHOOK_ID", null],
    ["PAYPAL_WEBHOOK_VERIFY", "offline"],
    ["PAYPAL_SUBSCRIPTION_ACTION", "subscribe_now"],
    ["PAYPAL_BASE_URL", null],
    ["POLAR_API_KEY", null],
    ["POLAR_WEBHOOK_SECRET", null],
    ["POLAR_CARRIER_PRODUCT_ID", null],
    ["POLAR_CURRENCIES", "usd"],
    ["POLAR_WITHDRAW_DISCOUNT_ID", null],
    ["POLAR_BASE_URL", null],
    ["STRIPE_API_KEY", null],
    ["STRIPE_WEBHOOK_SECRET", null],
    ["STRIPE_BASE_URL", null],
    ["LOG_FORMAT", null],
    ["LOG_LEVEL", "info"],
  ],
)

/** Read once, where the server is built: a running server does not read its environment again. */
export const read = Effect.flatMap(
  variables,
  Effect.forEach(([name, fallback]) =>
    Effect.map(EnvProvider.held(name), (held): Shown => {
      switch (held._tag) {
        case "Missing":
          return { name, value: fallback, set: false, secret: EnvProvider.isSecret(name) }
        case "Secret":
          return { name, value: null, set: true, secret: true }
        case "Shown":
          return { name, value: held.text, set: true, secret: false }
      }
    }),
  ),
)

/** What belongs to one process, and may differ between replicas. */
const ownOfProcess: ReadonlySet<string> = new Set(["HOST", "PORT", "LOG_FORMAT", "LOG_LEVEL"])

const heldNow = (name: string): Effect.Effect<ConfigurationChanges.Held> =>
  EnvProvider.isSecret(name)
    ? Effect.map(EnvProvider.secret(name), (secret) => ({ name, secret }))
    : Effect.map(EnvProvider.held(name), (held) => ({
        name,
        value: held._tag === "Shown" ? Option.some(held.text) : Option.none(),
      }))

const encodeCatalog = Schema.encodeEffect(Schema.fromJsonString(Catalog.Catalog))

/** The prices are a part of the configuration, though not in the environment: which file it is tells little. */
const catalogHeld = Effect.gen(function* () {
  const { catalog } = yield* ServerConfig
  const text = yield* Effect.orDie(encodeCatalog(catalog))
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 12)
  const value = Object.keys(catalog).length === 0 ? Option.none() : Option.some(digest)
  return { name: "what PAYMENT_CATALOG holds", value }
})

/** What the environment says, to be compared with the last start's. */
export const heldAtStart = Effect.gen(function* () {
  const names = (yield* variables).map(([name]) => name).filter((name) => !ownOfProcess.has(name))
  return [...(yield* Effect.forEach(names, heldNow)), yield* catalogHeld]
})
