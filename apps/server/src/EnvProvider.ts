/**
 * The environment as configuration: every variable may also come as `<NAME>_FILE`, the path of a file that holds it,
 * and one that is set to nothing counts as not set.
 */
import { Config, ConfigProvider, Effect, FileSystem, Option, type Redacted } from "effect"

const isEmpty = (node: ConfigProvider.Node | undefined): boolean =>
  node === undefined || (node._tag === "Value" && node.value.trim() === "")

/** Wraps a provider of single values (the environment, or a record in tests). */
export const withFiles = (
  inner: ConfigProvider.ConfigProvider,
  fs: FileSystem.FileSystem,
): ConfigProvider.ConfigProvider => {
  const value = (name: string) => Effect.map(inner.load([name]), (node) => (isEmpty(node) ? undefined : node))
  return ConfigProvider.make((path) => {
    const [name] = path
    if (path.length !== 1 || typeof name !== "string") return inner.load(path)
    return Effect.gen(function* () {
      const direct = yield* value(name)
      const file = name.endsWith("_FILE") ? undefined : yield* value(`${name}_FILE`)
      if (file === undefined || file._tag !== "Value") return direct
      if (direct !== undefined) {
        return yield* new ConfigProvider.SourceError({
          message: `${name} and ${name}_FILE are both set: set only one of them`,
        })
      }
      const text = yield* fs.readFileString(file.value.trim()).pipe(
        Effect.mapError(
          () =>
            new ConfigProvider.SourceError({
              message: `${name}_FILE names a file that cannot be read: ${file.value}`,
            }),
        ),
      )
      return ConfigProvider.makeValue(text.trim())
    })
  })
}

/** The process's environment. */
export const layer = ConfigProvider.layer(
  Effect.gen(function* () {
    return withFiles(ConfigProvider.fromEnv(), yield* FileSystem.FileSystem)
  }),
)

/** What a variable holds, for messages. */
export type Held =
  | { readonly _tag: "Missing" }
  | { readonly _tag: "Secret" }
  | { readonly _tag: "Shown"; readonly text: string }

/** Whether a variable may hold a secret. */
export const isSecret = (name: string): boolean => /KEY|SECRET|TOKEN|PASSWORD|DATABASE_URL|ALERT_URL/.test(name)

/** What a secret holds; none when it is not set. */
export const secret = (name: string): Effect.Effect<Option.Option<Redacted.Redacted>> =>
  Effect.orElseSucceed(Config.option(Config.Redacted(name)), () => Option.none())

/** Looks a variable up for a message; one that may be a secret is not shown. */
export const held = (name: string): Effect.Effect<Held> =>
  Effect.map(
    Effect.orElseSucceed(Config.option(Config.String(name)), () => Option.none<string>()),
    Option.match({
      onNone: () => ({ _tag: "Missing" }) as const,
      onSome: (text) => (isSecret(name) ? ({ _tag: "Secret" } as const) : ({ _tag: "Shown", text } as const)),
    }),
  )
