/**
 * Traces, sent as OTLP over HTTP to `OTEL_EXPORTER_OTLP_ENDPOINT`; off without it. What is told of a request never holds
 * a buyer's link, a query, a body or a header.
 */
import { Config, ConfigProvider, Duration, Effect, Layer, Option, Redacted, References, Schema, Tracer } from "effect"
import { FetchHttpClient, HttpMiddleware } from "effect/http"
import { OtlpExporter, OtlpSerialization, OtlpTracer } from "effect/observability"
import * as Envelope from "./Envelope.ts"

const HttpUrl = Schema.String.check(
  Schema.makeFilter(
    (text) =>
      (URL.canParse(text) && ["http:", "https:"].includes(new URL(text).protocol)) ||
      "must be an http(s) URL such as http://localhost:4318",
  ),
)

const headersVariable = "OTEL_EXPORTER_OTLP_HEADERS"

const headersOf = (text: string): Option.Option<Record<string, string>> =>
  Option.map(
    Option.all(
      text
        .split(",")
        .map((part) => part.trim())
        .filter((part) => part !== "")
        .map((part) => {
          const [, name, value] = /^([A-Za-z0-9_-]+)=(.*)$/.exec(part) ?? []
          return name === undefined || value === undefined
            ? Option.none()
            : Option.map(Option.liftThrowable(decodeURIComponent)(value), (decoded) => [name, decoded] as const)
        }),
    ),
    Object.fromEntries,
  )

const unusableHeaders = new Config.ConfigError(
  new ConfigProvider.SourceError({ message: `${headersVariable} must be name=value pairs, separated by commas` }),
)

export const configs = {
  endpoint: Config.option(Config.schema(HttpUrl, "OTEL_EXPORTER_OTLP_ENDPOINT")),
  tracesEndpoint: Config.option(Config.schema(HttpUrl, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")),
  protocol: Config.Literals(["http/protobuf", "http/json"], "OTEL_EXPORTER_OTLP_PROTOCOL").pipe(
    Config.withDefault("http/protobuf" as const),
  ),
  /** They may hold the collector's token. */
  headers: Config.option(Config.Redacted(headersVariable)).pipe(
    Config.mapEffect(
      Option.match({
        onNone: () => Effect.succeed({}),
        onSome: (secret) =>
          Effect.mapError(Effect.fromOption(headersOf(Redacted.value(secret))), () => unusableHeaders),
      }),
    ),
  ),
  service: Config.String("OTEL_SERVICE_NAME").pipe(Config.withDefault("payment-orchestrator")),
  /** Milliseconds between two posts. */
  delay: Config.Int("OTEL_BSP_SCHEDULE_DELAY").pipe(Config.withDefault(5_000)),
  isDisabled: Config.Boolean("OTEL_SDK_DISABLED").pipe(Config.withDefault(false)),
}

/** What goes on by itself and is worth a trace; that the workers look for something to do every second is not. */
const ownTraces = new Set([
  "Settlement.settle",
  "Deliveries.send",
  "Refunds.proceed",
  "Subscriptions.look",
  "Disputes.look",
])

const withoutQuery = (url: string): string => url.split("?")[0] ?? ""

/** What is told of a request's URL. */
const shown = (key: string, value: unknown): unknown => {
  if (key === "url.query") return ""
  return key.startsWith("url.") && typeof value === "string" ? Envelope.withoutToken(withoutQuery(value)) : value
}

/** Leaves out what nobody would read, and what nobody may. */
const guarded = (tracer: Tracer.Tracer): Tracer.Tracer =>
  Tracer.make({
    span: (options) => {
      const isOwn = Option.isSome(options.parent) || options.kind === "server" || ownTraces.has(options.name)
      const span = tracer.span({ ...options, sampled: options.sampled && isOwn })
      if (options.kind === "server") {
        const attribute = span.attribute.bind(span)
        span.attribute = (key, value) => attribute(key, shown(key, value))
      }
      return span
    },
  })

const quiet = ["/healthz", "/readyz", "/metrics"]

const exporting = (url: string, { delay, headers, protocol, service }: Config.Success<typeof settings>) =>
  Layer.effect(
    Tracer.Tracer,
    Effect.map(
      OtlpTracer.make({
        url,
        headers,
        resource: { serviceName: service, serviceVersion: "0.1.0" },
        exportInterval: Duration.millis(delay),
      }),
      guarded,
    ),
  ).pipe(
    Layer.provide(OtlpExporter.layerFlusher),
    Layer.provide(protocol === "http/json" ? OtlpSerialization.layerJson : OtlpSerialization.layerProtobuf),
    Layer.provide(FetchHttpClient.layer),
    Layer.merge(Layer.succeed(HttpMiddleware.TracerDisabledWhen, ({ url }) => quiet.includes(withoutQuery(url)))),
  )

const settings = Config.all(configs)

const urlOf = ({ endpoint, isDisabled, tracesEndpoint }: Config.Success<typeof settings>) =>
  isDisabled
    ? Option.none()
    : Option.orElse(tracesEndpoint, () => Option.map(endpoint, (base) => `${base.replace(/\/$/, "")}/v1/traces`))

/** Spans that nobody collects are not made: they take a fifth of the time of a checkout. */
const off = Layer.succeed(References.TracerEnabled, false)

/** As the environment says; a wrong value is told by the server's start. */
export const layer = Layer.unwrap(
  Effect.map(settings, (said) =>
    Option.match(urlOf(said), { onNone: () => off, onSome: (url) => exporting(url, said) }),
  ),
)
