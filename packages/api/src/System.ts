/** Whether the service is alive and ready. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { TryAgain } from "./Problem.ts"

export class System extends HttpApiGroup.make("system")
  .add(
    HttpApiEndpoint.get("healthz", "/healthz", {
      success: Schema.Struct({ status: Schema.Literal("ok") }),
    }).annotateMerge(OpenApi.annotations({ summary: "Alive" })),
    HttpApiEndpoint.get("readyz", "/readyz", {
      success: Schema.Struct({
        status: Schema.Literal("ready"),
        providers: Schema.Record(Schema.String, Schema.String),
      }),
      error: TryAgain,
    }).annotateMerge(OpenApi.annotations({ summary: "Ready; the providers' state is only information" })),
  )
  .annotateMerge(
    OpenApi.annotations({ title: "System", description: "Whether it is alive, and whether it can work." }),
  ) {}
