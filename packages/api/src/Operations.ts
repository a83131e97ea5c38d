/** What the people on call look at: statistics and failovers. */
import { CheckoutRequest, Id, ProviderName, Timestamp } from "@payment-orchestrator/domain"
import { Effect, Schema, SchemaGetter, SchemaIssue } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Authorization } from "./Authorization.ts"
import * as Page from "./Page.ts"
import { Forbidden, TryAgain } from "./Problem.ts"
import { RequestFaults } from "./Requests.ts"

export const Stats = Schema.Struct({
  total_requests: Schema.Natural,
  failovers: Schema.Natural,
  provider_usage: Schema.Record(Schema.String, Schema.Natural),
  failover_rate: Schema.Finite,
}).annotate({ identifier: "Stats" })

const windowUnits = new Map([
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
])

/** `5m`, `90s`, `24h` ↔ milliseconds, from one second to 31 days. */
export const Window = Schema.String.pipe(
  Schema.decodeTo(Schema.Int, {
    decode: SchemaGetter.transformEffect((text: string) => {
      const match = /^([1-9][0-9]{0,5})([smhd])$/.exec(text)
      const millis = Number(match?.[1]) * (windowUnits.get(match?.[2] ?? "") ?? Number.NaN)
      return millis <= 31 * 86_400_000
        ? Effect.succeed(millis)
        : Effect.fail(
            new SchemaIssue.InvalidValue({ message: "must be a time such as 90s, 5m, 24h or 7d, at most 31d" }, text),
          )
    }),
    encode: SchemaGetter.transform((millis: number) => `${Math.max(1, Math.round(millis / 1000))}s`),
  }),
)

export const Failover = Schema.Struct({
  id: Id.FailoverId,
  at: Timestamp.Timestamp,
  checkout_id: Id.CheckoutId,
  from: ProviderName.ProviderName,
  to: ProviderName.ProviderName,
  reason: Schema.String,
  message: Schema.String,
  request_id: Schema.NullOr(Schema.String),
}).annotate({ identifier: "Failover" })

/** What happened in one interval. */
export const SeriesPoint = Schema.Struct({
  /** Its beginning. */
  at: Timestamp.Timestamp,
  checkouts: Schema.Natural,
  /** Those that nobody could open. */
  failed: Schema.Natural,
  paid: Schema.Natural,
  failovers: Schema.Natural,
  /** By provider: pages shown, and the mean time of the attempts that opened one. */
  providers: Schema.Record(
    Schema.String,
    Schema.Struct({ shown: Schema.Natural, mean_ms: Schema.NullOr(Schema.Natural) }),
  ),
}).annotate({ identifier: "SeriesPoint" })

export const Series = Schema.Struct({
  from: Timestamp.Timestamp,
  to: Timestamp.Timestamp,
  step_seconds: Schema.Natural,
  /** Intervals in which something happened, oldest first. */
  data: Schema.Array(SeriesPoint),
  /** What was paid and stayed, of checkouts that failed over in that time. */
  rescued: Schema.Array(Schema.Struct({ currency: Schema.String, amount: Schema.String, checkouts: Schema.Natural })),
  /**
   * What alerts are decided by, over their own window: the share of checkouts not opened at their first candidate, and
   * money operations whose outcome nobody knows. Null for a key that belongs to a tenant.
   */
  watch: Schema.NullOr(
    Schema.Struct({ checkouts: Schema.Natural, displaced: Schema.Natural, unknown_outcomes: Schema.Natural }),
  ),
}).annotate({ identifier: "Series" })

export class Operations extends HttpApiGroup.make("operations")
  .add(
    HttpApiEndpoint.get("stats", "/v1/stats", {
      query: { window: Schema.optionalKey(Window), tenant_id: Schema.optionalKey(CheckoutRequest.TenantId) },
      success: Stats,
      error: Forbidden,
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Requests, failovers and usage by provider",
        description:
          "Since the first start, or over the last `window`. A key that belongs to a tenant sees that tenant's.",
      }),
    ),
    HttpApiEndpoint.get("series", "/v1/stats/series", {
      query: {
        /** The last so much time, `1h` when nothing is said, in at most 120 intervals. */
        window: Schema.optionalKey(Window),
        tenant_id: Schema.optionalKey(CheckoutRequest.TenantId),
      },
      success: Series,
      error: [Forbidden, TryAgain],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "The same over time",
        description: "Checkouts, pages by provider, failovers and times of opening, interval by interval.",
      }),
    ),
    HttpApiEndpoint.get("failovers", "/v1/failovers", {
      query: { ...Page.query(Id.FailoverId), tenant_id: Schema.optionalKey(CheckoutRequest.TenantId) },
      success: Page.page(Failover),
      error: Forbidden,
    }).annotateMerge(OpenApi.annotations({ summary: "The failover log, newest first" })),
  )
  .middleware(RequestFaults)
  .middleware(Authorization)
  .annotateMerge(
    OpenApi.annotations({ title: "Operations", description: "How much goes where, and what failed over." }),
  ) {}
