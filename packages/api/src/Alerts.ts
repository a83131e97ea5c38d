/** What the people on call are told. */
import { Alert, Id } from "@payment-orchestrator/domain"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Authorization } from "./Authorization.ts"
import * as Page from "./Page.ts"
import { Forbidden, TryAgain } from "./Problem.ts"
import { RequestFaults } from "./Requests.ts"

export class Alerts extends HttpApiGroup.make("alerts")
  .add(
    HttpApiEndpoint.get("list", "/v1/alerts", {
      query: {
        ...Page.query(Id.AlertId),
        /** `open`: not over yet. Both when it is not said. */
        status: Schema.optionalKey(Schema.Literals(["open", "cleared"])),
      },
      success: Page.page(Alert.AlertJson),
      error: [Forbidden, TryAgain],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Alerts, newest first",
        description: "Raised once, cleared once it has really passed. docs/operations.md says what to do about each.",
      }),
    ),
  )
  .middleware(RequestFaults)
  .middleware(Authorization)
  .annotateMerge(
    OpenApi.annotations({
      title: "Alerts",
      description: "What needs somebody: told once, and cleared by itself when it is over.",
    }),
  ) {}
