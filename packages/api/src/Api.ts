/** The whole HTTP contract. */
import { HttpApi, OpenApi } from "effect/http-api"
import { Alerts } from "./Alerts.ts"
import { Audit } from "./Audit.ts"
import { Checkouts } from "./Checkouts.ts"
import { ConfigurationGroup } from "./Configuration.ts"
import { Drills } from "./Drills.ts"
import { Inbox } from "./Inbox.ts"
import { Keys } from "./Keys.ts"
import { Disputes } from "./Disputes.ts"
import { Events } from "./Events.ts"
import { Operations } from "./Operations.ts"
import { Payments } from "./Payments.ts"
import { Providers } from "./Providers.ts"
import { Refunds } from "./Refunds.ts"
import { SessionGroup, SignIn } from "./Session.ts"
import { Subscriptions } from "./Subscriptions.ts"
import { System } from "./System.ts"
import { WebhookEndpoints } from "./WebhookEndpoints.ts"
import { Webhooks } from "./Webhooks.ts"
import * as Documentation from "./internal/Documentation.ts"

export class Api extends HttpApi.make("payment-orchestrator")
  .add(Checkouts)
  .add(Payments)
  .add(Refunds)
  .add(Subscriptions)
  .add(Disputes)
  .add(Events)
  .add(WebhookEndpoints)
  .add(Operations)
  .add(Providers)
  .add(Alerts)
  .add(Drills)
  .add(Keys)
  .add(Audit)
  .add(ConfigurationGroup)
  .add(SignIn)
  .add(SessionGroup)
  .add(Webhooks)
  .add(Inbox)
  .add(System)
  .annotate(HttpApi.ParseOptions, { errors: "all", onExcessProperty: "error" })
  .annotate(HttpApi.HeadersParseOptions, { errors: "all" })
  .annotateMerge(
    OpenApi.annotations({
      title: "Payment Orchestrator",
      version: "0.1.0",
      description: "One API in front of several payment providers, with automatic failover of hosted checkouts.",
      transform: (spec) => {
        Documentation.complete({ paths: spec["paths"], components: spec["components"] })
        return spec
      },
      license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
    }),
  ) {}
