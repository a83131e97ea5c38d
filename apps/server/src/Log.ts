/** What log lines look like: for people on a terminal, JSON elsewhere. */
import { Config, Effect, Layer, Logger, type LogLevel, Option, References, Stdio } from "effect"

const levels: { readonly [name: string]: LogLevel.LogLevel } = {
  trace: "Trace",
  debug: "Debug",
  info: "Info",
  warn: "Warn",
  error: "Error",
  fatal: "Fatal",
  none: "None",
}

export const configs = {
  format: Config.option(Config.Literals(["pretty", "json"], "LOG_FORMAT")),
  level: Config.Literals(["trace", "debug", "info", "warn", "error", "fatal", "none"], "LOG_LEVEL").pipe(
    Config.withDefault("info" as const),
  ),
}

/** `LOG_FORMAT` and `LOG_LEVEL`; a wrong value is told by the server's start, and the default serves until then. */
export const layer = Layer.unwrap(
  Effect.gen(function* () {
    const { format, level } = yield* Effect.orElseSucceed(Config.all(configs), () => ({
      format: Option.none(),
      level: "info",
    }))
    const stdio = yield* Stdio.Stdio
    const pretty = Option.match(format, {
      onNone: () => stdio.stdoutIsTerminal,
      onSome: (name) => Effect.succeed(name === "pretty"),
    })
    return Layer.merge(
      Logger.layer([(yield* pretty) ? Logger.consolePretty() : Logger.consoleJson]),
      Layer.succeed(References.MinimumLogLevel, levels[level] ?? "Info"),
    )
  }),
)
