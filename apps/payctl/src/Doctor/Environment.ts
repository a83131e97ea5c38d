/** What the environment alone says: whether the server would start, and how it would be reached. */
import { PublicAddress } from "@payment-orchestrator/domain"
import { configs, faultsOf, type Options } from "@payment-orchestrator/server"
import { Encryption } from "@payment-orchestrator/storage"
import { type Config, Duration, Effect, Option, Redacted } from "effect"
import { HttpClient } from "effect/http"
import * as Item from "./Item.ts"

/** One that is wrong is told by `configuration`, and nowhere else. */
const said = <A>(config: Config.Config<A>): Effect.Effect<Option.Option<A>> => Effect.option(config)

const configuration = (providers: Options["providers"]) =>
  Effect.map(faultsOf({ providers }), (faults) =>
    faults.length === 0
      ? [Item.ok("configuration", "every variable can be read")]
      : faults.map(({ message, variable }) =>
          Item.fail(
            `configuration: ${variable}`,
            `${variable} ${message}`,
            `set ${variable} right; the server does not start like this`,
          ),
        ),
  )

const isInternal = (host: string) =>
  host === "localhost" || host.endsWith(".localhost") || (/^[\d.]+$|:/.test(host) && !PublicAddress.isPublic(host))

const publicUrl = Effect.map(said(configs.publicUrl), (url) => {
  if (Option.isNone(url)) return []
  const { hostname, protocol } = new URL(url.value)
  const fix = "set PAYMENT_PUBLIC_URL to the https address that buyers and providers reach"
  if (protocol !== "https:") return [Item.fail("public URL", `${url.value} is not https`, fix)]
  return isInternal(hostname.replace(/^\[|\]$/g, ""))
    ? [Item.fail("public URL", `${url.value} is reached from this machine or network alone`, fix)]
    : [Item.ok("public URL", url.value)]
})

const encryption = Effect.map(said(Encryption.config), (keys) =>
  Option.match(keys, {
    onNone: () => [],
    onSome: Option.match({
      onNone: () => [
        Item.fail(
          "encryption key",
          "PAYMENT_ENCRYPTION_KEY is not set: no endpoint can be created",
          "set it to 32 random bytes in base64: openssl rand -base64 32",
        ),
      ],
      onSome: (known) => [Item.ok("encryption key", `${Redacted.value(known).length} known`)],
    }),
  }),
)

const timeouts = Effect.gen(function* () {
  const timeout = yield* said(configs.timeout)
  const deadline = yield* said(configs.deadline)
  if (Option.isNone(timeout) || Option.isNone(deadline)) return []
  const found = `${Duration.toSeconds(timeout.value)} s a call, ${Duration.toSeconds(deadline.value)} s a checkout`
  return Duration.isLessThan(deadline.value, timeout.value)
    ? [
        Item.warn(
          "time-outs",
          found,
          "make PAYMENT_DEADLINE longer than PAYMENT_TIMEOUT, else no second provider is asked",
        ),
      ]
    : [Item.ok("time-outs", found)]
})

const alertTimeout = "10 seconds"

/** Its address is a secret, so that not even its host is told. */
const alertUrl = Effect.gen(function* () {
  const url = yield* said(configs.alertUrl)
  if (Option.isNone(url)) return []
  const fix = "set PAYMENT_ALERT_URL to where people see it, e.g. a Slack incoming webhook"
  if (Option.isNone(url.value)) return [Item.warn("alert URL", "PAYMENT_ALERT_URL is not set: nobody is called", fix)]
  // Asked without an alert, since that would wake somebody: any answer shows that it is there.
  const answers = yield* HttpClient.get(Redacted.value(url.value.value)).pipe(
    Effect.timeout(alertTimeout),
    Effect.as(true),
    Effect.orElseSucceed(() => false),
    Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
  )
  return answers
    ? [Item.ok("alert URL", "it answers")]
    : [Item.fail("alert URL", "PAYMENT_ALERT_URL does not answer", fix)]
})

/** Every item of the environment. */
export const items = (providers: Options["providers"]) =>
  Effect.map(Effect.all([configuration(providers), publicUrl, encryption, timeouts, alertUrl]), (all) => all.flat())
