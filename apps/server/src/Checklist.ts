/**
 * What to go through before real money: what the configuration says, and what the running server knows. Pure. The server
 * shows all of it; `payctl doctor` shows the same, and adds what is only seen from outside.
 */
import { Check } from "@payment-orchestrator/api"
import { PublicAddress } from "@payment-orchestrator/domain"
import { Duration } from "effect"
import * as Variables from "./Variables.ts"

type Checks = ReadonlyArray<Check.Check>

export interface Provider {
  readonly name: string
  readonly configured: boolean
  readonly livemode: boolean
}

const routing = (order: ReadonlyArray<Provider>): Checks => {
  const all = order.map(({ name }) => name).join(", ")
  const names = order.filter(({ configured }) => configured).map(({ name }) => name)
  const found = `${all}; with credentials: ${names.join(", ") || "none"}`
  if (names.length === 0)
    return [Check.fail("routing", found, "set the credentials of a provider in PAYMENT_PROVIDER_ORDER")]
  return names.length === 1
    ? [Check.warn("routing", found, "set up a second provider: with one there is nothing to fail over to")]
    : [Check.ok("routing", found)]
}

/** Whether money is real, and everywhere or nowhere. */
const mode = (order: ReadonlyArray<Provider>): Checks => {
  const configured = order.filter((provider) => provider.configured)
  const live = configured.filter(({ livemode }) => livemode).map(({ name }) => name)
  if (live.length === 0) {
    const fix = "use live credentials, and PAYPAL_MODE=live, to sell"
    return [Check.warn("mode", "test everywhere: no real money moves", fix)]
  }
  if (live.length === configured.length) return [Check.ok("mode", "live everywhere")]
  const fix = "give all providers credentials of the same mode: a failover would end on a page of the other"
  return [Check.fail("mode", `live: ${live.join(", ")}; the rest test`, fix)]
}

const isInternal = (host: string) =>
  host === "localhost" || host.endsWith(".localhost") || (/^[\d.]+$|:/.test(host) && !PublicAddress.isPublic(host))

const publicUrl = (url: string): Checks => {
  const { hostname, protocol } = new URL(url)
  const fix = "set PAYMENT_PUBLIC_URL to the https address that buyers and providers reach"
  if (protocol !== "https:") return [Check.fail("public URL", `${url} is not https`, fix)]
  return isInternal(hostname.replace(/^\[|\]$/g, ""))
    ? [Check.fail("public URL", `${url} is reached from this machine or network alone`, fix)]
    : [Check.ok("public URL", url)]
}

const replicas = (database: "sqlite" | "postgres"): Checks =>
  database === "postgres"
    ? [Check.ok("replicas", "PostgreSQL: as many processes as you like")]
    : [
        Check.warn(
          "replicas",
          "SQLite: one process, on one disk",
          "back the file up, or set DATABASE_URL=postgres://… to run more than one",
        ),
      ]

const encryption = (keys: number): Checks =>
  keys > 0
    ? [Check.ok("encryption key", `${keys} known`)]
    : [
        Check.fail(
          "encryption key",
          "PAYMENT_ENCRYPTION_KEY is not set: no endpoint can be created",
          "set it to 32 random bytes in base64: openssl rand -base64 32",
        ),
      ]

interface Times {
  readonly timeout: Duration.Duration
  readonly deadline: Duration.Duration
}

const timeouts = ({ deadline, timeout }: Times): Checks => {
  const found = `${Duration.toSeconds(timeout)} s a call, ${Duration.toSeconds(deadline)} s a checkout`
  const fix = "make PAYMENT_DEADLINE longer than PAYMENT_TIMEOUT, else no second provider is asked"
  return [Duration.isLessThan(deadline, timeout) ? Check.warn("time-outs", found, fix) : Check.ok("time-outs", found)]
}

export const alertUrlFix = "set PAYMENT_ALERT_URL to where people see it, e.g. a Slack incoming webhook"

/** Its address is a secret, so that not even its host is told. */
const alertUrl = (isSet: boolean): Checks => [
  isSet
    ? Check.ok("alert URL", "PAYMENT_ALERT_URL is set")
    : Check.warn("alert URL", "PAYMENT_ALERT_URL is not set: nobody is called", alertUrlFix),
]

const webhookSecret = ({ isSet, name }: { readonly name: string; readonly isSet: boolean }): Checks => {
  const variable = Variables.webhookOf(name)
  if (variable === undefined) return []
  const fix = `make the webhook in its dashboard, to <PAYMENT_PUBLIC_URL>/webhooks/${name}, and set ${variable}`
  return [
    isSet
      ? Check.ok(`webhook secret: ${name}`, `${variable} is set`)
      : Check.fail(`webhook secret: ${name}`, `${variable} is not set: its webhooks cannot be checked`, fix),
  ]
}

const privateEndpoints = (allowed: boolean): Checks => [
  allowed
    ? Check.warn(
        "private addresses",
        "PAYMENT_ALLOW_PRIVATE_ENDPOINTS=true lets whoever makes an endpoint reach your network",
        "leave it out, but for development",
      )
    : Check.ok("private addresses", "events go to public addresses only"),
]

const rateLimit = (perMinute: number): Checks => [
  perMinute > 0
    ? Check.ok("rate limit", `${perMinute} requests a minute and key`)
    : Check.warn("rate limit", "PAYMENT_RATE_LIMIT=0: a key may send without limit", "leave it out, or set a number"),
]

const secondPayments = (refunded: boolean): Checks => [
  refunded
    ? Check.ok("second payments", "they go back by themselves")
    : Check.warn(
        "second payments",
        "a buyer who pays twice is found and told, but somebody must refund it",
        "set PAYMENT_REFUND_DUPLICATES=true",
      ),
]

/** What the configuration says. */
export interface Settings {
  /** In the order in which they are asked. */
  readonly order: ReadonlyArray<Provider>
  readonly publicUrl: string
  readonly database: "sqlite" | "postgres"
  readonly encryptionKeys: number
  readonly times: Times
  readonly alertUrl: boolean
  /** Of the providers with credentials. */
  readonly webhookSecrets: ReadonlyArray<{ readonly name: string; readonly isSet: boolean }>
  readonly allowPrivateEndpoints: boolean
  readonly rateLimit: number
  readonly refundDuplicates: boolean
}

/** As much of it as could be found out. */
type Known<Facts> = { readonly [K in keyof Facts]?: Facts[K] | undefined }

const of = <A>(fact: A | undefined, checks: (fact: A) => Checks): Checks => (fact === undefined ? [] : checks(fact))

/** What is not known (since it cannot be read) is told elsewhere. */
export const settings = (known: Known<Settings>): Checks => [
  ...of(known.order, routing),
  ...of(known.order, mode),
  ...of(known.publicUrl, publicUrl),
  ...of(known.database, replicas),
  ...of(known.encryptionKeys, encryption),
  ...of(known.times, timeouts),
  ...of(known.alertUrl, alertUrl),
  ...of(known.webhookSecrets, (all) => all.flatMap(webhookSecret)),
  ...of(known.allowPrivateEndpoints, privateEndpoints),
  ...of(known.rateLimit, rateLimit),
  ...of(known.refundDuplicates, secondPayments),
]

const receivers = (enabled: number): Checks => [
  enabled > 0
    ? Check.ok("event endpoints", `${enabled} enabled`)
    : Check.warn(
        "event endpoints",
        "none is enabled, so that a shop learns of a payment only by asking",
        "make one: payctl endpoints create, or POST /v1/webhook_endpoints",
      ),
]

const keys = (made: number): Checks => [
  made > 0
    ? Check.ok("keys", `${made} were made here`)
    : Check.warn(
        "keys",
        "only the key of the environment exists, which may do everything",
        "make one of role merchant for the shop, and one for each person: payctl keys create",
      ),
]

const webhooks = ({ name, signal }: { readonly name: string; readonly signal: string }): Checks => [
  signal === "silent"
    ? Check.fail(
        `webhooks: ${name}`,
        "silent: things happened there of which it has not told us",
        "look at the webhook in its dashboard, at PAYMENT_PUBLIC_URL and at the proxy before it",
      )
    : Check.ok(`webhooks: ${name}`, signal === "ok" ? "they come" : "nothing happened yet that would have sent one"),
]

interface Alert {
  readonly kind: string
  readonly severity: string
  readonly summary: string
}

const alerts = (open: ReadonlyArray<Alert>): Checks =>
  open.length === 0
    ? [Check.ok("alerts", "none is open")]
    : open.map(({ kind, severity, summary }) =>
        (severity === "critical" ? Check.fail : Check.warn)(`alert: ${kind}`, summary, `docs/operations.md, ${kind}`),
      )

const drillDays = 30
const dayMillis = 86_400_000

const drill = (last: Drill | null): Checks => {
  const fix = "rehearse an outage: payctl drill --provider paypal --fault down"
  if (last === null) return [Check.warn("drill", "no outage was ever rehearsed", fix)]
  const days = Math.floor(last.ageMillis / dayMillis)
  const found = `the last was ${days} days ago (${last.id})`
  return [days > drillDays ? Check.warn("drill", found, fix) : Check.ok("drill", found)]
}

interface Drill {
  readonly id: string
  readonly ageMillis: number
}

/** What the server that runs knows. */
export interface Running {
  /** That are enabled. */
  readonly endpoints: number
  /** That were made here and are not revoked. */
  readonly keys: number
  readonly webhooks: ReadonlyArray<{ readonly name: string; readonly signal: string }>
  /** That are open. */
  readonly alerts: ReadonlyArray<Alert>
  /** The last that was done. */
  readonly drill: Drill | null
}

/** What may not be seen is left out. */
export const running = (known: Known<Running>): Checks => [
  ...of(known.endpoints, receivers),
  ...of(known.keys, keys),
  ...of(known.webhooks, (all) => all.flatMap(webhooks)),
  ...of(known.alerts, alerts),
  ...of(known.drill, drill),
]
