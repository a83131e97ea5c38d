/** The configuration as the server sees it. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Authorization } from "./Authorization.ts"
import { Check } from "./Check.ts"
import { Forbidden, TryAgain } from "./Problem.ts"
import { RequestFaults } from "./Requests.ts"

export const Setting = Schema.Struct({
  /** The environment variable. */
  name: Schema.String,
  /** Null when it is not set, or when it is a secret. */
  value: Schema.NullOr(Schema.String),
  /** Whether the environment says it; otherwise `value` is the default. */
  set: Schema.Boolean,
  /** A secret's value is never told. */
  secret: Schema.Boolean,
}).annotate({ identifier: "Setting" })

export const ConfiguredProvider = Schema.Struct({
  name: Schema.String,
  configured: Schema.Boolean,
  livemode: Schema.Boolean,
  modes: Schema.Array(Schema.String),
  currencies: Schema.Natural,
}).annotate({ identifier: "ConfiguredProvider" })

export const Configuration = Schema.Struct({
  database: Schema.Literals(["sqlite", "postgres"]),
  /** Shares of checkouts above which people are told. */
  alert_thresholds: Schema.Struct({ warning: Schema.Finite, critical: Schema.Finite }),
  settings: Schema.Array(Setting),
  providers: Schema.Array(ConfiguredProvider),
  /** The list to go through before real money; `payctl doctor` adds what is only seen from outside. */
  checks: Schema.Array(Check),
}).annotate({ identifier: "Configuration" })

export class ConfigurationGroup extends HttpApiGroup.make("configuration")
  .add(
    HttpApiEndpoint.get("get", "/v1/config", { success: Configuration, error: [Forbidden, TryAgain] }).annotateMerge(
      OpenApi.annotations({
        summary: "The configuration as the server sees it",
        description: "Secrets are only told to be set or not. `checks` is the list to go through before real money.",
      }),
    ),
  )
  .middleware(RequestFaults)
  .middleware(Authorization)
  .annotateMerge(
    OpenApi.annotations({
      title: "Configuration",
      description: "What the server was started with, and whether it is fit for real money.",
    }),
  ) {}
