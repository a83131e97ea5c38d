/** Why the server does not start: every fault of the environment at once, each naming its variable and what is allowed. */
import { FieldErrors } from "@payment-orchestrator/core"
import { type Config, type ConfigProvider, Effect, Schema, SchemaIssue } from "effect"
import * as EnvProvider from "./EnvProvider.ts"

export const Fault = Schema.Struct({ variable: Schema.String, message: Schema.String })
export type Fault = typeof Fault.Type

export class StartupError extends Schema.TaggedError<StartupError>()("StartupError", { faults: Schema.Array(Fault) }) {
  override get message(): string {
    const lines = this.faults.map(({ message, variable }) => `  ${variable} ${message}`)
    return `The server does not start, because of its configuration:\n${lines.join("\n")}`
  }
}

const format = SchemaIssue.makeFormatterStandardSchemaV1()

const explain = (variable: string, message: string): Effect.Effect<Fault> =>
  Effect.map(EnvProvider.held(variable), (held) => {
    const words = FieldErrors.plain(message)
    switch (held._tag) {
      case "Missing":
        return { variable, message: words.startsWith("must") ? `is needed, and ${words}` : "is needed" }
      case "Secret":
        return { variable, message: words }
      case "Shown":
        return { variable, message: `is ${JSON.stringify(held.text.slice(0, 100))}, but ${words}` }
    }
  })

const isSchemaError = (cause: Schema.SchemaError | ConfigProvider.SourceError): cause is Schema.SchemaError =>
  cause._tag === "SchemaError"

/** `PAYPAL_CLIENT_SECRET is missing` begins with the variable it is about. */
const fromSourceError = (text: string): Fault => {
  const [, variable = "The environment:", message = text] = /^([A-Z][A-Z0-9_]+) (.*)$/s.exec(text) ?? []
  return { variable, message }
}

/** The faults behind a configuration error. */
export const faultsOf = (error: Config.ConfigError): Effect.Effect<ReadonlyArray<Fault>> => {
  const { cause } = error
  if (!isSchemaError(cause)) return Effect.succeed([fromSourceError(cause.message)])
  return Effect.forEach(format(cause.issue).issues, ({ message, path = [] }) => {
    const [first] = path
    const variable = first === undefined ? "The environment:" : String(typeof first === "object" ? first.key : first)
    return explain(variable, message)
  })
}

/** Every fault of effects that may fail with configuration errors. */
export const collect = <R>(checks: Iterable<Effect.Effect<unknown, Config.ConfigError, R>>) =>
  Effect.map(
    Effect.forEach(checks, (check) =>
      Effect.matchEffect(check, {
        onFailure: faultsOf,
        onSuccess: () => Effect.succeed<ReadonlyArray<Fault>>([]),
      }),
    ),
    (faults) => faults.flat(),
  )
