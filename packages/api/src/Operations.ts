/** What the people on call look at: statistics and failovers. */
import { CheckoutRequest, Id, ProviderName, Timestamp } from "@payment-orchestrator/domain"
import { Effect, Schema, SchemaGetter, SchemaIssue } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Authorization } from "./Authorization.ts"
import * as Page from "./Page.ts"
import { Forbidden } from "./Problem.ts"
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
    HttpApiEndpoint.get("failovers", "/v1/failovers", {
      query: { ...Page.query(Id.FailoverId), tenant_id: Schema.optionalKey(CheckoutRequest.TenantId) },
      success: Page.page(Failover),
      error: Forbidden,
    }).annotateMerge(OpenApi.annotations({ summary: "The failover log, newest first" })),
  )
  .middleware(RequestFaults)
  .middleware(Authorization)
  .annotateMerge(OpenApi.annotations({ title: "Operations" })) {}
