/** How Polar is configured: as a value, and from the environment. */
import { Currency, ProviderCurrencies } from "@payment-orchestrator/domain"
import { Array, Config, ConfigProvider, Effect, Option, Redacted } from "effect"

export interface Options {
  /** An organisation access token (`polar_oat_…`) with `checkouts:write`, `orders:read`, `products:read`, `refunds:write`, `subscriptions:write` and, for back-fill, `webhooks:read`. */
  readonly apiKey: Redacted.Redacted
  readonly environment: "production" | "sandbox"
  /** Another host than the environment's own: a proxy, a test double. A path prefix is kept. */
  readonly baseUrl?: string
  /** Any one of them verifies a delivery; none: deliveries are refused with `not_configured`. */
  readonly webhookSecrets: ReadonlyArray<Redacted.Redacted>
  /** A one-time product that lends its name to payments of any amount. Without it mode `payment` is not offered. */
  readonly carrierProductId?: string
  /** The currencies the organisation sells in, its default currency first. */
  readonly currencies: Array.NonEmptyReadonlyArray<Currency.Currency>
  /** A 100 % discount that withdraws an open checkout. Without it a shown checkout stays payable for 24 h. */
  readonly withdrawDiscountId?: string
}

const servers = { production: "https://api.polar.sh", sandbox: "https://sandbox-api.polar.sh" } as const

/** Where requests go, without a trailing slash. */
export const baseUrlOf = (options: Pick<Options, "baseUrl" | "environment">): string =>
  (options.baseUrl ?? servers[options.environment]).replace(/\/+$/, "")

/** What ids of Polar look like. */
export const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

const text = (name: string) =>
  Config.option(Config.String(name)).pipe(
    Config.map((value) =>
      Option.filter(
        Option.map(value, (given) => given.trim()),
        (given) => given !== "",
      ),
    ),
  )

const secret = (name: string) =>
  Config.option(Config.Redacted(name)).pipe(
    Config.map((value) =>
      Option.filter(
        Option.map(value, (given) => Redacted.make(Redacted.value(given).trim())),
        (given) => Redacted.value(given) !== "",
      ),
    ),
  )

const listOf = (given: string): ReadonlyArray<string> =>
  given
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "")

const raw = Config.all({
  apiKey: secret("POLAR_API_KEY"),
  webhookSecret: secret("POLAR_WEBHOOK_SECRET"),
  baseUrl: text("POLAR_BASE_URL"),
  carrierProductId: text("POLAR_CARRIER_PRODUCT_ID"),
  currencies: text("POLAR_CURRENCIES"),
  withdrawDiscountId: text("POLAR_WITHDRAW_DISCOUNT_ID"),
  mode: text("PAYPAL_MODE"),
})
type Raw = Config.Success<typeof raw>

/** A fault in words, with the variable's name and what it held unless that is secret. */
type Checked<A> = { readonly value: A; readonly faults: ReadonlyArray<string> }
const right = <A>(value: A): Checked<A> => ({ value, faults: [] })
const wrong = <A>(value: A, fault: string): Checked<A> => ({ value, faults: [fault] })

/** The environment that a host belongs to, for Polar's own two. */
const environmentOf = (url: URL): Options["environment"] | undefined =>
  url.hostname === "api.polar.sh" ? "production" : url.hostname === "sandbox-api.polar.sh" ? "sandbox" : undefined

const checkPlace = (given: Raw): Checked<Pick<Options, "baseUrl" | "environment">> => {
  const environment = Option.contains(given.mode, "live") ? "production" : "sandbox"
  if (Option.isNone(given.baseUrl)) return right({ environment })
  const baseUrl = given.baseUrl.value
  const url = URL.parse(baseUrl)
  const plain =
    url !== null &&
    (url.protocol === "https:" || url.protocol === "http:") &&
    url.username === "" &&
    url.password === "" &&
    url.search === "" &&
    url.hash === ""
  if (!plain) {
    return wrong(
      { environment },
      "POLAR_BASE_URL must be an absolute https: (or http:) URL without user information, query or fragment",
    )
  }
  const own = environmentOf(url) ?? environment
  const isPolars = url.hostname === "polar.sh" || url.hostname.endsWith(".polar.sh")
  return own === "production" && !(url.protocol === "https:" && isPolars)
    ? wrong({ environment: own }, `POLAR_BASE_URL is ${baseUrl}, but in live mode it must be https: on polar.sh`)
    : right({ environment: own, baseUrl })
}

const checkKey = (given: Raw): Checked<Redacted.Redacted> => {
  const key = Option.getOrElse(given.apiKey, () => Redacted.make(""))
  if (Option.isNone(given.apiKey)) {
    return wrong(key, "POLAR_API_KEY is missing, though POLAR_WEBHOOK_SECRET is set")
  }
  return /^[\x21-\x7e]+$/.test(Redacted.value(key))
    ? right(key)
    : wrong(key, "POLAR_API_KEY must be a token of printable ASCII characters without spaces")
}

/** It says where Polar is too, so that a misspelt `live` must not end in the sandbox. */
const checkMode = (given: Raw): Checked<void> =>
  Option.match(given.mode, {
    onNone: () => right(undefined),
    onSome: (mode) =>
      mode === "live" || mode === "sandbox"
        ? right(undefined)
        : wrong(undefined, `PAYPAL_MODE is ${mode}, but it must be sandbox or live`),
  })

const checkId = (name: string, given: Option.Option<string>): Checked<Option.Option<string>> =>
  Option.match(given, {
    onNone: () => right(Option.none()),
    onSome: (id) => (uuid.test(id) ? right(given) : wrong(given, `${name} is ${id}, but it must be a UUID of Polar's`)),
  })

const isSold = (code: string): code is Currency.Currency =>
  Currency.isCurrency(code) && ProviderCurrencies.polar.has(code)

const checkCurrencies = (given: Option.Option<string>): Checked<Options["currencies"]> => {
  const codes = listOf(Option.getOrElse(given, () => "usd")).map((code) => code.toUpperCase())
  const known = codes.filter(isSold)
  return Array.isReadonlyArrayNonEmpty(known) && known.length === codes.length
    ? right(known)
    : wrong(
        ["USD"],
        `POLAR_CURRENCIES is ${Option.getOrElse(given, () => "")}, but it must be a list of currency codes Polar sells in, e.g. usd,eur`,
      )
}

const read = (given: Raw): Effect.Effect<Option.Option<Options>, Config.ConfigError> => {
  if (Option.isNone(given.apiKey) && Option.isNone(given.webhookSecret)) return Effect.succeedNone
  const key = checkKey(given)
  const place = checkPlace(given)
  const carrier = checkId("POLAR_CARRIER_PRODUCT_ID", given.carrierProductId)
  const discount = checkId("POLAR_WITHDRAW_DISCOUNT_ID", given.withdrawDiscountId)
  const currencies = checkCurrencies(given.currencies)
  const faults = [key, checkMode(given), place, carrier, discount, currencies].flatMap((checked) => checked.faults)
  return faults.length > 0
    ? Effect.fail(new Config.ConfigError(new ConfigProvider.SourceError({ message: faults.join("\n") })))
    : Effect.succeedSome({
        apiKey: key.value,
        ...place.value,
        webhookSecrets: Option.match(given.webhookSecret, {
          onNone: () => [],
          onSome: (list) => listOf(Redacted.value(list)).map((item) => Redacted.make(item)),
        }),
        currencies: currencies.value,
        ...Option.match(carrier.value, { onNone: () => ({}), onSome: (carrierProductId) => ({ carrierProductId }) }),
        ...Option.match(discount.value, {
          onNone: () => ({}),
          onSome: (withdrawDiscountId) => ({ withdrawDiscountId }),
        }),
      })
}

/**
 * From `POLAR_API_KEY`, `POLAR_WEBHOOK_SECRET` (a list), `POLAR_BASE_URL`, `POLAR_CARRIER_PRODUCT_ID`,
 * `POLAR_CURRENCIES` and `POLAR_WITHDRAW_DISCOUNT_ID`; Polar's production when `PAYPAL_MODE` is `live`, else its
 * sandbox, unless the base URL is one of the two. None when neither the key nor a webhook secret is set. A
 * `ConfigError` names every wrong variable at once, and never holds a secret.
 */
export const config: Config.Config<Option.Option<Options>> = Config.mapEffect(raw, read)
