/** How PayPal is reached and what it is asked for: as options, or from the environment. */
import { Config, ConfigProvider, Option, Redacted } from "effect"

export interface Options {
  readonly clientId: string
  readonly clientSecret: Redacted.Redacted
  readonly mode: "sandbox" | "live"
  /** Another host, for everything and the token endpoint too: a sandbox, a proxy, a test double. No slash at its end. */
  readonly baseUrl?: string
  /** Ids of the webhooks deliveries are signed for; any one verifies. */
  readonly webhookIds: ReadonlyArray<string>
  /** `offline`: checked here, PayPal is asked when the certificate cannot be had. `postback`: PayPal is always asked. */
  readonly webhookVerify: "offline" | "postback"
  /** `subscribe_now`: PayPal activates on approval. `continue`: we do. */
  readonly subscriptionAction: "subscribe_now" | "continue"
}

/** Reads one optional variable; an empty one counts as absent. */
const optional = (name: string): Config.Config<Option.Option<string>> =>
  Config.map(Config.option(Config.String(name)), (value) =>
    Option.filter(
      Option.map(value, (text) => text.trim()),
      (text) => text !== "",
    ),
  )

const variables = Config.all({
  clientId: optional("PAYPAL_CLIENT_ID"),
  clientSecret: Config.map(Config.option(Config.Redacted("PAYPAL_CLIENT_SECRET")), (secret) =>
    Option.filter(secret, (text) => Redacted.value(text).trim() !== ""),
  ),
  mode: optional("PAYPAL_MODE"),
  webhookIds: optional("PAYPAL_WEBHOOK_ID"),
  webhookVerify: optional("PAYPAL_WEBHOOK_VERIFY"),
  subscriptionAction: optional("PAYPAL_SUBSCRIPTION_ACTION"),
  baseUrl: optional("PAYPAL_BASE_URL"),
})

/** A list by commas, without blanks. */
const list = (text: Option.Option<string>): ReadonlyArray<string> =>
  Option.match(text, {
    onNone: () => [],
    onSome: (value) =>
      value
        .split(",")
        .map((item) => item.trim())
        .filter((item) => item !== ""),
  })

/** One of the allowed words, or a fault that says which they are. */
const oneOf = <const Word extends string>(
  faults: Array<string>,
  name: string,
  text: Option.Option<string>,
  words: readonly [Word, ...Array<Word>],
): Word => {
  if (Option.isNone(text)) return words[0]
  const found = words.find((word) => word === text.value)
  if (found === undefined) faults.push(`${name} is ${JSON.stringify(text.value)}, but must be ${words.join(" or ")}`)
  return found ?? words[0]
}

const isPayPal = (host: string): boolean =>
  host.endsWith(".paypal.com") && host !== "sandbox.paypal.com" && !host.endsWith(".sandbox.paypal.com")

/** The override without a slash at its end, or a fault: live money goes to PayPal's own domain only, over TLS. */
const hostOf = (faults: Array<string>, text: Option.Option<string>, mode: Options["mode"]): string | undefined => {
  if (Option.isNone(text)) return undefined
  const url = URL.parse(text.value)
  const held = "PAYPAL_BASE_URL"
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    faults.push(`${held} is not an absolute https: or http: URL`)
  } else if (url.username !== "" || url.password !== "") {
    faults.push(`${held} must not hold credentials`)
  } else if (url.search !== "" || url.hash !== "") {
    faults.push(`${held} must not have a query or a fragment`)
  } else if (mode === "live" && (url.protocol !== "https:" || !isPayPal(url.hostname))) {
    faults.push(`${held} is ${JSON.stringify(url.origin)}, but in live mode it must be https: on paypal.com`)
  } else {
    return `${url.origin}${url.pathname.replace(/\/+$/, "")}`
  }
  return undefined
}

/** Anyone can make PayPal's simulator sign an event for the webhook id `WEBHOOK_ID`. */
const simulatorId = "WEBHOOK_ID"

/**
 * From `PAYPAL_CLIENT_ID`, `PAYPAL_CLIENT_SECRET`, `PAYPAL_MODE` (`sandbox`), `PAYPAL_WEBHOOK_ID` (a list by commas),
 * `PAYPAL_WEBHOOK_VERIFY` (`offline`), `PAYPAL_SUBSCRIPTION_ACTION` (`subscribe_now`) and `PAYPAL_BASE_URL`. None when
 * neither credential is set; fails with one message that names every variable that is missing or wrong.
 */
export const config: Config.Config<Option.Option<Options>> = Config.flatMap(variables, (held) => {
  if (Option.isNone(held.clientId) && Option.isNone(held.clientSecret)) return Config.succeed(Option.none<Options>())
  const faults: Array<string> = []
  if (Option.isNone(held.clientId)) faults.push("PAYPAL_CLIENT_ID is missing, though PAYPAL_CLIENT_SECRET is set")
  if (Option.isNone(held.clientSecret)) faults.push("PAYPAL_CLIENT_SECRET is missing, though PAYPAL_CLIENT_ID is set")
  const mode = oneOf(faults, "PAYPAL_MODE", held.mode, ["sandbox", "live"])
  const baseUrl = hostOf(faults, held.baseUrl, mode)
  const webhookIds = list(held.webhookIds)
  if (webhookIds.some((id) => !/^[A-Za-z0-9_-]{1,100}$/.test(id))) {
    faults.push("PAYPAL_WEBHOOK_ID must be ids of webhooks, separated by commas")
  }
  if (mode === "live" && webhookIds.includes(simulatorId)) {
    faults.push(`PAYPAL_WEBHOOK_ID must not be ${simulatorId} in live mode: PayPal's simulator signs for it on request`)
  }
  const webhookVerify = oneOf(faults, "PAYPAL_WEBHOOK_VERIFY", held.webhookVerify, ["offline", "postback"])
  const subscriptionAction = oneOf(faults, "PAYPAL_SUBSCRIPTION_ACTION", held.subscriptionAction, [
    "subscribe_now",
    "continue",
  ])
  if (faults.length > 0 || Option.isNone(held.clientId) || Option.isNone(held.clientSecret)) {
    return Config.fail(new ConfigProvider.SourceError({ message: faults.join("; ") }))
  }
  return Config.succeed(
    Option.some<Options>({
      clientId: held.clientId.value,
      clientSecret: held.clientSecret.value,
      mode,
      webhookIds,
      webhookVerify,
      subscriptionAction,
      ...(baseUrl === undefined ? {} : { baseUrl }),
    }),
  )
})
