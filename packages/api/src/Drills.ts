/** Rehearsing an outage. */
import { CheckoutRequest, Currency, Drill, Id, ProviderName } from "@payment-orchestrator/domain"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authorization } from "./Authorization.ts"
import * as Page from "./Page.ts"
import { Conflict, Forbidden, InvalidRequest, NotFound, TryAgain } from "./Problem.ts"
import { RequestFaults } from "./Requests.ts"

export const DrillRequest = Schema.Struct({
  provider: ProviderName.ProviderName,
  fault: Drill.DrillFault,
  /** How many test checkouts are opened, one after the other: 5 when nothing is said. */
  checkouts: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 20 }))),
  /** What they are for: 1.00 USD when nothing is said. */
  amount: Schema.optionalKey(CheckoutRequest.Amount),
  currency: Schema.optionalKey(Currency.Currency),
})

export class Drills extends HttpApiGroup.make("drills")
  .add(
    HttpApiEndpoint.post("start", "/v1/drills", {
      payload: DrillRequest,
      success: Drill.DrillJson.pipe(HttpApiSchema.status(201)),
      error: [InvalidRequest, Forbidden, NotFound, Conflict, TryAgain],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Rehearse an outage of a provider",
        description:
          "Opens test checkouts for which alone that provider is down, slow or failing; real checkouts are untouched, and no statistics, circuits, alerts or events come of it. The other providers open real pages, which nobody gets. Answers at once; look at the drill for its report. 409 while another drill is running.",
      }),
    ),
    HttpApiEndpoint.get("list", "/v1/drills", {
      query: Page.query(Id.DrillId),
      success: Page.page(Drill.DrillJson),
      error: [Forbidden, TryAgain],
    }).annotateMerge(OpenApi.annotations({ summary: "Drills, newest first" })),
    HttpApiEndpoint.get("get", "/v1/drills/:id", {
      params: { id: Id.DrillId },
      success: Drill.DrillJson,
      error: [Forbidden, NotFound, TryAgain],
    }).annotateMerge(OpenApi.annotations({ summary: "One drill, with its report once it is done" })),
  )
  .middleware(RequestFaults)
  .middleware(Authorization)
  .annotateMerge(
    OpenApi.annotations({
      title: "Drills",
      description: "A rehearsed outage, beside live traffic and without a trace in it.",
    }),
  ) {}
