/** What the environment alone says: whether the server would start, and what of the checklist can be told by it. */
import { Check } from "@payment-orchestrator/api"
import { Checklist, configs, faultsOf, type Options, Variables } from "@payment-orchestrator/server"
import { DatabaseUrl, Encryption } from "@payment-orchestrator/storage"
import { Config, Effect, Option, Redacted } from "effect"
import { HttpClient } from "effect/http"
import { built } from "./Providers.ts"

/** One that is wrong is told by `configuration`, and nowhere else. */
const said = <A>(config: Config.Config<A>): Effect.Effect<A | undefined> =>
  Effect.map(Effect.option(config), Option.getOrUndefined)

const configuration = (providers: Options["providers"]) =>
  Effect.map(faultsOf({ providers }), (faults) =>
    faults.length === 0
      ? [Check.ok("configuration", "every variable can be read")]
      : faults.map(({ message, variable }) =>
          Check.fail(
            `configuration: ${variable}`,
            `${variable} ${message}`,
            `set ${variable} right; the server does not start like this`,
          ),
        ),
  )

const isSet = (variable: string | undefined) =>
  variable === undefined
    ? Effect.succeed(false)
    : Effect.map(said(Config.option(Config.Redacted(variable))), (found) => found !== undefined && Option.isSome(found))

/** Of the providers, as they are asked. */
const order = Effect.fnUntraced(function* (providers: Options["providers"]) {
  const all = yield* built(providers)
  const names = (yield* said(configs.order)) ?? all.map(({ name }) => name)
  return names.flatMap((name) =>
    all
      .filter((provider) => provider.name === name)
      .map(({ capabilities, configured }) => ({ name, configured, livemode: capabilities.livemode })),
  )
}, Effect.scoped)

const settings = Effect.fnUntraced(function* (providers: Options["providers"]) {
  const url = yield* said(DatabaseUrl.config)
  const keys = yield* said(Encryption.config)
  const alertUrl = yield* said(configs.alertUrl)
  const timeout = yield* said(configs.timeout)
  const deadline = yield* said(configs.deadline)
  const known = yield* order(providers)
  const webhookSecrets = yield* Effect.forEach(
    known.filter(({ configured }) => configured),
    ({ name }) => Effect.map(isSet(Variables.webhookOf(name)), (isSet) => ({ name, isSet })),
  )
  return Checklist.settings({
    order: known,
    webhookSecrets,
    publicUrl: yield* said(configs.publicUrl),
    database: url === undefined ? undefined : url._tag === "Postgres" ? "postgres" : "sqlite",
    encryptionKeys:
      keys === undefined
        ? undefined
        : Option.match(keys, { onNone: () => 0, onSome: (all) => Redacted.value(all).length }),
    times: timeout === undefined || deadline === undefined ? undefined : { timeout, deadline },
    alertUrl: alertUrl === undefined ? undefined : Option.isSome(alertUrl),
    allowPrivateEndpoints: yield* said(configs.allowPrivateEndpoints),
    rateLimit: yield* said(configs.rateLimit),
    refundDuplicates: yield* said(configs.refundDuplicates),
  })
})

const alertTimeout = "10 seconds"

/** Its address is a secret, so that not even its host is told. */
const alertUrlAnswers = Effect.gen(function* () {
  const url = yield* said(configs.alertUrl)
  if (url === undefined || Option.isNone(url)) return []
  const name = "alert URL answers"
  // Asked without an alert, since that would wake somebody: any answer shows that it is there.
  const answers = yield* HttpClient.get(Redacted.value(url.value)).pipe(
    Effect.timeout(alertTimeout),
    Effect.as(true),
    Effect.orElseSucceed(() => false),
    Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
  )
  return answers
    ? [Check.ok(name, "it does")]
    : [Check.fail(name, "PAYMENT_ALERT_URL does not answer", Checklist.alertUrlFix)]
})

/** Every item of the environment. */
export const items = (providers: Options["providers"]) =>
  Effect.map(Effect.all([configuration(providers), settings(providers), alertUrlAnswers]), (all) => all.flat())
