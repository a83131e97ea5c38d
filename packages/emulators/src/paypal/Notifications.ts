/**
 * Webhooks as an API: their list, their events, verification by postback, and the certificates.
 */
import { DateTime, Effect, Option } from "effect"
import * as Answer from "../Answer.ts"
import * as Api from "./Api.ts"
import * as Checks from "./Checks.ts"
import { type Core, link, upper } from "./Core.ts"
import type * as Model from "./Model.ts"
import type { Notifier } from "./Notifier.ts"
import * as Problem from "./Problem.ts"
import * as RawMember from "./RawMember.ts"

/** The events this emulator sends. */
export const eventTypes = [
  "CHECKOUT.ORDER.APPROVED",
  "CHECKOUT.ORDER.COMPLETED",
  "PAYMENT.CAPTURE.COMPLETED",
  "PAYMENT.CAPTURE.PENDING",
  "PAYMENT.CAPTURE.DECLINED",
  "PAYMENT.CAPTURE.DENIED",
  "PAYMENT.CAPTURE.REFUNDED",
  "PAYMENT.SALE.COMPLETED",
  "PAYMENT.SALE.REFUNDED",
  "BILLING.SUBSCRIPTION.CREATED",
  "BILLING.SUBSCRIPTION.ACTIVATED",
  "BILLING.SUBSCRIPTION.CANCELLED",
  "BILLING.SUBSCRIPTION.SUSPENDED",
  "BILLING.SUBSCRIPTION.PAYMENT.FAILED",
  "CUSTOMER.DISPUTE.CREATED",
  "CUSTOMER.DISPUTE.RESOLVED",
] as const

const named = (name: string) => ({ name, description: name, status: "ENABLED", resource_versions: ["1.0", "2.0"] })

const webhookView = (core: Core, webhook: Model.Webhook) => ({
  id: webhook.id,
  url: webhook.url,
  event_types: webhook.eventTypes.map((name) => ({ name, description: name })),
  links: [link(`${core.url}/v1/notifications/webhooks/${webhook.id}`, "self", "GET")],
})

const invalid = (details: ReadonlyArray<Problem.Detail>) =>
  Problem.legacy(400, "VALIDATION_ERROR", "Invalid data provided", details)

const missing = (field: string): Problem.Detail => ({
  field,
  location: "body",
  issue: "MISSING_REQUIRED_PARAMETER",
  description: "Required field is missing",
})

const notFound = Problem.legacy(404, "INVALID_RESOURCE_ID", "Resource id is invalid")

const claimed = [
  "auth_algo",
  "cert_url",
  "transmission_id",
  "transmission_sig",
  "transmission_time",
  "webhook_id",
] as const

const time = (text: string | null, otherwise: number): number =>
  text === null ? otherwise : Option.getOrElse(Option.map(DateTime.make(text), DateTime.toEpochMillis), () => otherwise)

/** The routes of notifications. */
export const routes = (core: Core, notifier: Notifier, { api, open }: Api.Maker) => [
  open("GET", "/v1/notifications/certs/:id", (request) =>
    Effect.flatMap(notifier.find(request.params["id"] ?? ""), (certificate) =>
      certificate === undefined
        ? Effect.fail(notFound)
        : Effect.succeed({
            status: 200,
            headers: { "content-type": "application/x-pem-file", "cache-control": "public,max-age=86400" },
            body: certificate.pem,
          }),
    ),
  ),
  api("POST", "/v1/notifications/verify-webhook-signature", (request) =>
    Effect.gen(function* () {
      const body = yield* Api.bodyOf(request)
      const value = (name: string) => {
        const given = body[name]
        return typeof given === "string" ? given : ""
      }
      const rawEvent = RawMember.of(request.text, "webhook_event")
      const lacking = claimed.filter((name) => value(name) === "").map(missing)
      if (rawEvent === undefined || !Checks.isFields(body["webhook_event"])) lacking.push(missing("webhook_event"))
      if (rawEvent === undefined || lacking.length > 0) return yield* invalid(lacking)
      const ok = yield* notifier.verify({
        authAlgo: value("auth_algo"),
        certUrl: value("cert_url"),
        transmissionId: value("transmission_id"),
        transmissionSig: value("transmission_sig"),
        transmissionTime: value("transmission_time"),
        webhookId: value("webhook_id"),
        rawEvent,
      })
      return Answer.json(200, { verification_status: ok ? "SUCCESS" : "FAILURE" })
    }),
  ),
  api("GET", "/v1/notifications/webhooks", () =>
    Effect.sync(() =>
      Answer.json(200, { webhooks: [...core.memory.webhooks.values()].map((webhook) => webhookView(core, webhook)) }),
    ),
  ),
  api("POST", "/v1/notifications/webhooks", (request) =>
    Effect.gen(function* () {
      const body = yield* Api.bodyOf(request)
      const checks = Checks.make()
      const url = Checks.url(checks, body, "url", "", true)
      const types = Checks.list(checks, body, "event_types", "", { required: true, min: 1 }) ?? []
      if (url === undefined || checks.syntax.length > 0) return yield* invalid(checks.syntax)
      if ([...core.memory.webhooks.values()].some((webhook) => webhook.url === url)) {
        return yield* Problem.legacy(400, "WEBHOOK_URL_ALREADY_EXISTS", "Webhook URL already exists")
      }
      const webhook: Model.Webhook = {
        id: yield* upper(17),
        url,
        eventTypes: types.flatMap((type) => {
          const name = Checks.isFields(type) ? type["name"] : undefined
          return typeof name === "string" ? [name] : []
        }),
      }
      core.memory.webhooks.set(webhook.id, webhook)
      return Answer.json(201, webhookView(core, webhook))
    }),
  ),
  api("GET", "/v1/notifications/webhooks/:id", (request) => {
    const webhook = core.memory.webhooks.get(request.params["id"] ?? "")
    return webhook === undefined ? Effect.fail(notFound) : Effect.succeed(Answer.json(200, webhookView(core, webhook)))
  }),
  api("DELETE", "/v1/notifications/webhooks/:id", (request) =>
    core.memory.webhooks.delete(request.params["id"] ?? "") ? Effect.succeed(Answer.empty(204)) : Effect.fail(notFound),
  ),
  api("GET", "/v1/notifications/webhooks-event-types", () =>
    Effect.succeed(Answer.json(200, { event_types: eventTypes.map(named) })),
  ),
  api("GET", "/v1/notifications/webhooks-events", (request) =>
    Effect.sync(() => {
      const { query } = request
      const from = time(query.get("start_time"), 0)
      const to = time(query.get("end_time"), Number.MAX_SAFE_INTEGER)
      const type = query.get("event_type")
      const transaction = query.get("transaction_id")
      const asked = Number(query.get("page_size") ?? "10")
      const size = Number.isInteger(asked) && asked > 0 ? Math.min(asked, 300) : 10
      const found = [...core.memory.events.values()].filter(
        (event) =>
          event.createdAt >= from &&
          event.createdAt <= to &&
          (type === null || event.type === type) &&
          (transaction === null || event.transactionIds.includes(transaction)),
      )
      // newest first; `next_page` says where the following page begins
      const start = Math.max(0, Number(query.get("start_index") ?? "0") || 0)
      const page = found.toReversed().slice(start, start + size)
      const self = new URL(`${core.url}/v1/notifications/webhooks-events?${query}`)
      const links = [link(self.href, "self", "GET")]
      if (start + size < found.length) {
        self.searchParams.set("start_index", String(start + size))
        links.push(link(self.href, "next", "GET"))
      }
      return Answer.json(200, { events: page.map((event) => event.envelope), count: page.length, links })
    }),
  ),
  api("GET", "/v1/notifications/webhooks-events/:id", (request) => {
    const event = core.memory.events.get(request.params["id"] ?? "")
    return event === undefined ? Effect.fail(notFound) : Effect.succeed(Answer.json(200, event.envelope))
  }),
  api("POST", "/v1/notifications/webhooks-events/:id/resend", (request) =>
    Effect.gen(function* () {
      const event = core.memory.events.get(request.params["id"] ?? "")
      if (event === undefined) return yield* notFound
      const ids = (yield* Api.bodyOf(request))["webhook_ids"]
      yield* notifier.resend(event, Array.isArray(ids) ? ids.map(String) : undefined)
      return Answer.json(202, event.envelope)
    }),
  ),
]
