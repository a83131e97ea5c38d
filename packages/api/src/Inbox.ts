/** What providers told us, and what was made of it. */
import { Id, InboxEntry, ProviderName, RejectedWebhook } from "@payment-orchestrator/domain"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Authorization } from "./Authorization.ts"
import * as Page from "./Page.ts"
import { Forbidden, TryAgain } from "./Problem.ts"
import { RequestFaults } from "./Requests.ts"

export class Inbox extends HttpApiGroup.make("inbox")
  .add(
    HttpApiEndpoint.get("list", "/v1/inbox", {
      query: {
        ...Page.query(Id.InboxId),
        provider: Schema.optionalKey(ProviderName.ProviderName),
        state: Schema.optionalKey(InboxEntry.InboxState),
        checkout_id: Schema.optionalKey(Id.CheckoutId),
      },
      success: Page.page(InboxEntry.InboxEntryJson),
      error: [Forbidden, TryAgain],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Webhooks of providers, newest first",
        description:
          "`due`: what it is about is being looked up. `applied`: that was done. `parked`: it is about nothing that is known yet, and is matched again for three days. `ignored`: of a type that is not needed, or about nothing of ours. `origin: backfill` was found in the provider's own list of events, and not delivered. What a delivery says is never shown: it may hold a buyer's data.",
      }),
    ),
    HttpApiEndpoint.get("rejected", "/v1/inbox/rejected", {
      query: { ...Page.query(Id.RejectionId), provider: Schema.optionalKey(ProviderName.ProviderName) },
      success: Page.page(RejectedWebhook.RejectedWebhookJson),
      error: [Forbidden, TryAgain],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Webhooks that were refused, newest first",
        description:
          "Why, and from where. They are counted by sender, reason and hour, and their bodies are not kept: anybody can send them. `address` null: of many senders, counted together. The newest 1,000 of each provider are kept, for seven days. They show here within a second or two.",
      }),
    ),
  )
  .middleware(RequestFaults)
  .middleware(Authorization)
  .annotateMerge(
    OpenApi.annotations({ title: "Webhooks in", description: "What providers told us, and what was made of it." }),
  ) {}
