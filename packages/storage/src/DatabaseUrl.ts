/** Where the database is: `DATABASE_URL`, read into what the drivers want. */
import { Config, ConfigProvider, Effect, Redacted } from "effect"

/** `filename` is a path, or `:memory:`. */
export type DatabaseUrl =
  | { readonly _tag: "Sqlite"; readonly filename: string }
  | { readonly _tag: "Postgres"; readonly url: Redacted.Redacted }

const variable = "DATABASE_URL"
const fallback = "sqlite:./data/payments.db"

const filenameOf = (url: string): string | undefined => {
  const rest = url.slice("sqlite:".length)
  const filename = rest.startsWith("///") ? rest.slice(2) : rest
  return filename === "" || filename.startsWith("//") || filename.includes("?") ? undefined : filename
}

/** Undefined when it is neither. */
export const parse = (text: string): DatabaseUrl | undefined => {
  const url = text.trim()
  if (url.startsWith("sqlite:")) {
    const filename = filenameOf(url)
    return filename === undefined ? undefined : { _tag: "Sqlite", filename }
  }
  return /^postgres(ql)?:\/\//.test(url) && URL.canParse(url)
    ? { _tag: "Postgres", url: Redacted.make(url, { label: variable }) }
    : undefined
}

const unusable = new Config.ConfigError(
  new ConfigProvider.SourceError({
    message: `${variable} must be sqlite:<path>, sqlite::memory: or postgres://user:password@host:port/database`,
  }),
)

/** The default is a file in `./data`. A value that is neither is a `ConfigError` that does not repeat it. */
export const config: Config.Config<DatabaseUrl> = Config.Redacted(variable).pipe(
  Config.withDefault(Redacted.make(fallback)),
  Config.mapEffect((secret) => {
    const url = parse(Redacted.value(secret))
    return url === undefined ? Effect.fail(unusable) : Effect.succeed(url)
  }),
)
