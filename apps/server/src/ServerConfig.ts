/** What the server reads from its environment at the start, every fault named at once. */
import { Operations } from "@payment-orchestrator/api"
import { Settings } from "@payment-orchestrator/core"
import { Catalog, type Ledger, ProviderName } from "@payment-orchestrator/domain"
import {
  Config,
  Context,
  Duration,
  Effect,
  FileSystem,
  Layer,
  Option,
  type Redacted,
  Schema,
  SchemaGetter,
  SchemaIssue,
} from "effect"
import type { IpNetwork } from "effect/net"
import * as Address from "./Address.ts"
import * as Startup from "./Startup.ts"

const ProviderOrder = Schema.String.pipe(
  Schema.decodeTo(Schema.Array(ProviderName.ProviderName).check(Schema.isMinLength(1), Schema.isUnique()), {
    decode: SchemaGetter.transform((text: string) =>
      text
        .split(",")
        .map((name) => name.trim())
        .filter((name) => name !== ""),
    ),
    encode: SchemaGetter.transform((names: ReadonlyArray<string>) => names.join(",")),
  }),
)

const wholeNumber = (least: number, most: number) =>
  Schema.FiniteFromString.check(
    Schema.makeFilter(
      (n) => (Number.isInteger(n) && n >= least && n <= most) || `must be a whole number from ${least} to ${most}`,
    ),
  )

const SecondPage = Schema.Literals(["strict", "compensate"]).annotate({ message: "must be strict or compensate" })

const Origins = Schema.String.pipe(
  Schema.decodeTo(Schema.Array(Schema.String), {
    decode: SchemaGetter.transformEffect((text: string) =>
      Effect.forEach(
        text.split(",").map((part) => part.trim()),
        (origin) =>
          URL.canParse(origin) && new URL(origin).origin === origin.replace(/\/$/, "")
            ? Effect.succeed(new URL(origin).origin)
            : Effect.fail(
                new SchemaIssue.InvalidValue(
                  { message: "must be origins such as https://shop.example,https://example.org" },
                  text,
                ),
              ),
      ),
    ),
    encode: SchemaGetter.transform((origins: ReadonlyArray<string>) => origins.join(",")),
  }),
)

const catalogFault = (message: string) =>
  new Startup.StartupError({ faults: [{ variable: "PAYMENT_CATALOG", message }] })

/** The catalog in a file; one that is none is told as a fault of `PAYMENT_CATALOG`. */
export const readCatalog = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  const text = yield* fs
    .readFileString(path)
    .pipe(
      Effect.mapError(() =>
        catalogFault(`is ${JSON.stringify(path)}, but must be the path of a file that can be read`),
      ),
    )
  return yield* Schema.decodeEffect(Schema.fromJsonString(Catalog.Catalog))(text, {
    errors: "all",
    onExcessProperty: "error",
  }).pipe(Effect.mapError((error) => catalogFault(`is not a catalog: ${String(error)}`)))
})

const Share = Schema.FiniteFromString.check(
  Schema.makeFilter((n) => (n > 0 && n <= 1) || "must be a share, more than 0 and at most 1"),
)

const AlertUrl = Schema.String.check(
  Schema.makeFilter(
    (text) => (URL.canParse(text) && ["http:", "https:"].includes(new URL(text).protocol)) || "must be an http(s) URL",
  ),
)

const ApiKey = Schema.String.check(Schema.isMinLength(16, { message: "must have at least 16 characters" }))

/** The variables of the server itself; those of the providers are read by their packages. */
export const configs = {
  ...Settings.configs,
  apiKey: Config.schema(Schema.RedactedFromValue(ApiKey), "PAYMENT_API_KEY"),
  order: Config.schema(ProviderOrder, "PAYMENT_PROVIDER_ORDER").pipe(
    Config.withDefault([ProviderName.ProviderName.make("paypal"), ProviderName.ProviderName.make("polar")]),
  ),
  host: Config.String("HOST").pipe(Config.withDefault("127.0.0.1")),
  /** 0 takes a free one. */
  port: Config.schema(wholeNumber(0, 65_535), "PORT").pipe(Config.withDefault(8080)),
  redirectOrigins: Config.option(Config.schema(Origins, "PAYMENT_REDIRECT_ORIGINS")),
  catalogPath: Config.option(Config.String("PAYMENT_CATALOG")),
  secondPage: Config.schema(SecondPage, "PAYMENT_SECOND_PAGE").pipe(Config.withDefault("strict" as const)),
  refundDuplicates: Config.Boolean("PAYMENT_REFUND_DUPLICATES").pipe(Config.withDefault(false)),
  trustedProxies: Config.schema(Address.Networks, "PAYMENT_TRUSTED_PROXIES").pipe(Config.withDefault([])),
  alertWarning: Config.schema(Share, "PAYMENT_ALERT_WARNING").pipe(Config.withDefault(0.1)),
  alertCritical: Config.schema(Share, "PAYMENT_ALERT_CRITICAL").pipe(Config.withDefault(0.5)),
  alertWindow: Config.schema(Operations.Window, "PAYMENT_ALERT_WINDOW").pipe(Config.withDefault(300_000)),
  /** It lets whoever knows it write there. */
  alertUrl: Config.option(Config.schema(Schema.RedactedFromValue(AlertUrl), "PAYMENT_ALERT_URL")),
  rateLimit: Config.schema(wholeNumber(0, 1_000_000), "PAYMENT_RATE_LIMIT").pipe(Config.withDefault(1_200)),
  allowPrivateEndpoints: Config.Boolean("PAYMENT_ALLOW_PRIVATE_ENDPOINTS").pipe(Config.withDefault(false)),
}

/** What contradicts itself though each variable alone is right; what cannot be read is told by itself. */
export const contradictions: Effect.Effect<ReadonlyArray<Startup.Fault>> = Config.all({
  refundDuplicates: configs.refundDuplicates,
  secondPage: configs.secondPage,
}).pipe(
  Effect.map(({ refundDuplicates, secondPage }) =>
    secondPage === "compensate" && !refundDuplicates
      ? [
          {
            variable: "PAYMENT_SECOND_PAGE",
            message: 'is "compensate", so that a buyer may pay twice: it needs PAYMENT_REFUND_DUPLICATES=true',
          },
        ]
      : [],
  ),
  Effect.orElseSucceed(() => []),
)

export interface Service {
  readonly settings: Settings.Settings
  /** The first key, role `admin`. */
  readonly apiKey: Redacted.Redacted
  readonly order: ReadonlyArray<ProviderName.ProviderName>
  readonly host: string
  readonly port: number
  /** The origins a buyer may be sent back to; none means any `https:`, and `http://localhost` outside live mode. */
  readonly redirectOrigins: Option.Option<ReadonlyArray<string>>
  readonly catalog: Catalog.Catalog
  /** After so long a claim without an outcome belongs to a process that died. */
  readonly takeOverAfterMillis: number
  /** Whether another page may be shown beside one that cannot be withdrawn. */
  readonly secondPage: Ledger.SecondPage
  /** Whether a second payment of a checkout goes back by itself. */
  readonly refundDuplicates: boolean
  /** Whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: ReadonlyArray<IpNetwork.IpNetwork>
  /** Shares of checkouts that do not reach their first provider, above which people are told. */
  readonly alertWarning: number
  readonly alertCritical: number
  /** Over so many milliseconds at least. */
  readonly alertWindow: number
  /** Where alerts are posted. */
  readonly alertUrl: Option.Option<Redacted.Redacted>
  /** Requests per minute and key; 0 means no limit. Webhooks per minute and address too, where it is more than usual. */
  readonly rateLimit: number
  /** Whether events may go to `http:` and private addresses. */
  readonly allowPrivateEndpoints: boolean
}

export class ServerConfig extends Context.Service<ServerConfig, Service>()(
  "@payment-orchestrator/server/ServerConfig",
) {
  /** Fails with the first fault only: `Startup.collect(Object.values(configs))` names them all. */
  static readonly layer = Layer.effect(
    ServerConfig,
    Effect.gen(function* () {
      const { catalogPath, concurrency, deadline, hedgeAfter, maxAmounts, maxRetries, publicUrl, timeout, ...rest } =
        yield* Config.all(configs)
      return ServerConfig.of({
        ...rest,
        settings: { concurrency, deadline, hedgeAfter, maxAmounts, maxRetries, publicUrl, timeout },
        takeOverAfterMillis: Duration.toMillis(deadline) + 10_000,
        catalog: Option.isSome(catalogPath) ? yield* readCatalog(catalogPath.value) : Catalog.empty,
      })
    }),
  )
}
