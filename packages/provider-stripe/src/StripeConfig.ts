/** What the Stripe provider needs to be told, and how the environment tells it. */
import { Config, ConfigProvider, Effect, Option, Redacted } from "effect"

export interface Options {
  /** A secret or restricted key (`sk_test_…`, `rk_live_…`); its prefix decides whether money is real. */
  readonly apiKey: Redacted.Redacted
  /** Another host instead of Stripe's own, e.g. `http://127.0.0.1:4012`; no path. */
  readonly baseUrl?: string
  /** Signing secrets of the webhook endpoint (`whsec_…`); any one verifies, so that they can be rotated. */
  readonly webhookSecrets: ReadonlyArray<Redacted.Redacted>
}

/** Whether money is real with this key. */
export const isLive = (apiKey: Redacted.Redacted): boolean => /^(sk|rk)_live_/.test(Redacted.value(apiKey))

const keyPattern = /^(sk|rk)_(live|test)_[\x21-\x7e]+$/
const secretPattern = /^whsec_[\x21-\x7e]+$/

const wrong = (variable: string, what: string) =>
  Effect.fail(new Config.ConfigError(new ConfigProvider.SourceError({ message: `${variable} ${what}` })))

/** One variable; empty is the same as absent. */
const optional = (variable: string): Config.Config<Option.Option<string>> =>
  Config.option(Config.String(variable)).pipe(
    Config.map((value) =>
      Option.filter(
        Option.map(value, (text) => text.trim()),
        (text) => text !== "",
      ),
    ),
  )

const isStripeHost = (host: string): boolean => host === "stripe.com" || host.endsWith(".stripe.com")

/** Why a text cannot be the base URL; undefined when it can. A live key goes to Stripe's own hosts only. */
export const baseUrlFault = (text: string, live: boolean): string | undefined => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:")) {
    return "must be an absolute http: or https: URL"
  }
  if (url.username !== "" || url.password !== "") return "must not contain user information"
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") return "must be a host without a path or query"
  return live && (url.protocol !== "https:" || !isStripeHost(url.hostname))
    ? "must be https: on stripe.com in live mode"
    : undefined
}

/**
 * `STRIPE_API_KEY`, `STRIPE_WEBHOOK_SECRET` (a comma-separated list) and `STRIPE_BASE_URL`; none when neither the key
 * nor a secret is set. Fails, naming the variable and never a secret, when a secret comes without the key or a value
 * is wrong. A key without a secret is accepted: webhooks are then refused as not configured.
 */
export const config: Config.Config<Option.Option<Options>> = Config.all({
  apiKey: optional("STRIPE_API_KEY"),
  secrets: optional("STRIPE_WEBHOOK_SECRET"),
  baseUrl: optional("STRIPE_BASE_URL"),
}).pipe(
  Config.mapEffect(({ apiKey, baseUrl, secrets }) =>
    Effect.gen(function* () {
      if (Option.isNone(apiKey)) {
        return Option.isNone(secrets)
          ? Option.none<Options>()
          : yield* wrong("STRIPE_API_KEY", "is missing, although STRIPE_WEBHOOK_SECRET is set")
      }
      if (!keyPattern.test(apiKey.value)) {
        return yield* wrong("STRIPE_API_KEY", "must begin with sk_live_, sk_test_, rk_live_ or rk_test_")
      }
      const webhookSecrets = Option.match(secrets, {
        onNone: () => [],
        onSome: (list) => list.split(",").map((item) => item.trim()),
      })
      if (!webhookSecrets.every((secret) => secretPattern.test(secret))) {
        return yield* wrong("STRIPE_WEBHOOK_SECRET", "must be a comma-separated list of secrets that begin with whsec_")
      }
      const key = Redacted.make(apiKey.value, { label: "STRIPE_API_KEY" })
      const fault = Option.isNone(baseUrl) ? undefined : baseUrlFault(baseUrl.value, isLive(key))
      if (fault !== undefined) return yield* wrong("STRIPE_BASE_URL", fault)
      return Option.some<Options>({
        apiKey: key,
        webhookSecrets: webhookSecrets.map((secret) => Redacted.make(secret, { label: "STRIPE_WEBHOOK_SECRET" })),
        ...(Option.isNone(baseUrl) ? {} : { baseUrl: baseUrl.value }),
      })
    }),
  ),
)
