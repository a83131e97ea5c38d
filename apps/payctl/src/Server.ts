/** The server that the commands speak to: `PAYCTL_URL` or `--url`, and the key they do it with. */
import { Client } from "@payment-orchestrator/api"
import { Config, Effect, Option, type Redacted } from "effect"
import { GlobalFlag, Flag } from "effect/cli"
import { Failure, from } from "./Failure.ts"

/** `--url` before or after any command. */
export const Url = GlobalFlag.Setting("url")({
  flag: Flag.String("url").pipe(
    Flag.withDescription("Where the server is; else PAYCTL_URL, else http://127.0.0.1:PORT"),
    Flag.optional,
  ),
})

export interface Address {
  readonly url: string
  /** Where that comes from, for messages. */
  readonly origin: string
}

const port = Config.String("PORT").pipe(Config.withDefault("8080"))

const wrong = ({ origin, url }: Address) =>
  new Failure({
    why: "usage",
    detail: `${origin} is ${JSON.stringify(url)}, but must be a URL such as http://127.0.0.1:8080`,
  })

/** A value of the environment that cannot be read is told as such. */
const read = <A>(config: Config.Config<A>) =>
  Effect.mapError(config, (error) => new Failure({ why: "usage", detail: error.message }))

export const address = Effect.gen(function* () {
  const said = yield* Url
  const variable = yield* read(Config.option(Config.String("PAYCTL_URL")))
  const found: Address = Option.match(said, {
    onSome: (url) => ({ url, origin: "--url" }),
    onNone: () =>
      Option.match(variable, {
        onSome: (url) => ({ url, origin: "PAYCTL_URL" }),
        onNone: () => ({ url: "", origin: "the default, since PAYCTL_URL is not set" }),
      }),
  })
  const url = (found.url === "" ? `http://127.0.0.1:${yield* read(port)}` : found.url).replace(/\/+$/, "")
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) return yield* wrong({ ...found, url })
  return { ...found, url }
})

/** The key of `PAYCTL_API_KEY`, else of `PAYMENT_API_KEY`; each may also come as `…_FILE`. */
export const key: Effect.Effect<Redacted.Redacted, Failure> = Effect.gen(function* () {
  for (const name of ["PAYCTL_API_KEY", "PAYMENT_API_KEY"]) {
    const found = yield* read(Config.option(Config.Redacted(name)))
    if (Option.isSome(found)) return found.value
  }
  return yield* new Failure({
    why: "denied",
    detail:
      "there is no key: set PAYCTL_API_KEY (or PAYCTL_API_KEY_FILE) to one of the server's, e.g. one that `payctl keys create` has made",
  })
})

/** Asks the server once. */
export const ask = <A, E, R>(use: (client: Client.Client) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const server = yield* address
    const client = yield* Client.make({ baseUrl: server.url, apiKey: yield* key })
    return yield* Effect.mapError(use(client), from(server))
  })
