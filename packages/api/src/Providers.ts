/** Every provider and its state, and taking one out of routing. */
import { ProviderName, Text, Timestamp } from "@payment-orchestrator/domain"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Authorization } from "./Authorization.ts"
import { Conflict, Forbidden, NotFound, TryAgain } from "./Problem.ts"
import { RequestFaults } from "./Requests.ts"

const Signal = Schema.Literals(["up", "down", "unknown"])

/** Three signals, shown apart. The worse of the first two keeps a provider out of routing. */
export const Health = Schema.Struct({
  /** What our own check of it says. */
  active: Signal,
  /** How buyers fared there within the last five minutes. */
  passive: Signal,
  webhooks: Schema.Literals(["ok", "silent", "unknown"]),
  /** In words, what is wrong. */
  reason: Schema.NullOr(Schema.String),
}).annotate({ identifier: "Health" })

export const Drain = Schema.Struct({
  reason: Schema.String,
  /** The id of the key that did it. */
  actor: Schema.String,
  drained_at: Timestamp.Timestamp,
  /** When it ends by itself; null: not before it is restored. */
  expires_at: Schema.NullOr(Timestamp.Timestamp),
}).annotate({ identifier: "Drain" })

export const Provider = Schema.Struct({
  name: ProviderName.ProviderName,
  available: Schema.Boolean,
  livemode: Schema.Boolean,
  circuit: Schema.Literals(["closed", "open", "half_open"]),
  /** Why it would be skipped now. */
  reason: Schema.NullOr(Schema.String),
  /** What the process that answers sees: every replica checks for itself. */
  health: Health,
  drained: Schema.Boolean,
  drain: Schema.NullOr(Drain),
  /** Of the attempts of the last five minutes or the last twenty, whichever is more; null when there were none. */
  success_rate: Schema.NullOr(Schema.Finite),
  latency_ms: Schema.NullOr(Schema.Struct({ p50: Schema.Finite, p95: Schema.Finite })),
}).annotate({ identifier: "Provider" })

export const DrainRequest = Schema.Struct({
  reason: Text.line(255),
  /** Seconds until it ends by itself: a minute to thirty days. */
  expires_in: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 60, maximum: 2_592_000 }))),
  /** Also when no other provider can be asked. */
  confirm: Schema.optionalKey(Schema.Boolean),
})

const params = { name: ProviderName.ProviderName }

export class Providers extends HttpApiGroup.make("providers")
  .add(
    HttpApiEndpoint.get("list", "/v1/providers", {
      success: Schema.Struct({ data: Schema.Array(Provider) }),
      error: Forbidden,
    }).annotateMerge(OpenApi.annotations({ summary: "Every provider and its state, in routing order" })),
    HttpApiEndpoint.post("drain", "/v1/providers/:name/drain", {
      params,
      payload: DrainRequest,
      success: Provider,
      error: [Forbidden, NotFound, Conflict, TryAgain],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Take a provider out of routing",
        description:
          "No new checkout is sent there; what is open there goes on. 409 `confirmation_required` when no other provider can be asked. Repeat it to change reason or end.",
      }),
    ),
    HttpApiEndpoint.post("restore", "/v1/providers/:name/restore", {
      params,
      payload: Schema.Struct({ reason: Text.line(255) }),
      success: Provider,
      error: [Forbidden, NotFound, TryAgain],
    }).annotateMerge(OpenApi.annotations({ summary: "Put a provider back into routing" })),
  )
  .middleware(RequestFaults)
  .middleware(Authorization)
  .annotateMerge(
    OpenApi.annotations({
      title: "Providers",
      description: "Who opens checkouts, in routing order: how each is, and taking one out for a while.",
    }),
  ) {}
