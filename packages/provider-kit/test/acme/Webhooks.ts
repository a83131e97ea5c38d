/** Acme's webhooks: HMAC-SHA256 over id, time and the raw body. */
import { timingSafeEqual } from "node:crypto"
import { Clock, Effect, Option, Schema } from "effect"
import { Id, Webhook } from "@payment-orchestrator/domain"
import { name } from "./Client.ts"
import type { Flaw } from "./Flaw.ts"
import * as Snapshots from "./Snapshots.ts"
import * as Wire from "./Wire.ts"
import { sign, webhookSecret } from "./World.ts"

const rejected = (reason: Webhook.WebhookRejectedReason, detail: string) =>
  new Webhook.WebhookRejected({ provider: name, reason, detail })

const headerOf = (flaws: ReadonlySet<Flaw>, webhook: Webhook.RawWebhook, header: string) =>
  Effect.catchIf(
    Effect.fromResult(Webhook.header(name, webhook, header)),
    ({ reason }) => reason === "duplicate_header" && flaws.has("takes the first of two headers"),
    () => Effect.succeed(String(webhook.headers[header]?.[0])),
  )

const decode = (body: Uint8Array) =>
  Effect.mapError(
    Schema.decodeEffect(Schema.fromJsonString(Schema.Struct({ ...Wire.Event.fields, at: Schema.Int })))(
      new TextDecoder().decode(body),
    ),
    () => rejected("malformed", "body"),
  )

const subjectOf = (event: Wire.Event): Webhook.EventSubject | undefined => {
  const { payment, refund, session, subscription } = event
  if (refund !== null) {
    return {
      _tag: "Refund",
      providerRefundId: refund.id,
      state: "succeeded",
      amount: Snapshots.money(refund.money),
      moneyId: Option.map(Option.fromNullOr(payment), (one) => one.id),
    }
  }
  if (payment !== null) {
    return {
      _tag: "Payment",
      moneyId: payment.id,
      state: "completed",
      amount: Snapshots.money(payment.money),
      sessionId: Option.map(Option.fromNullOr(session), (one) => one.id),
      subscriptionId: Option.map(Option.fromNullOr(subscription), (one) => one.id),
    }
  }
  if (subscription !== null) {
    const { id, state } = subscription
    return { _tag: "Subscription", subscriptionId: id, state, sessionId: Option.none() }
  }
  if (session === null) return undefined
  const subscriptionId = Option.fromNullOr(session.subscription)
  return { _tag: "Session", sessionId: session.id, state: Snapshots.stateOf(session), subscriptionId }
}

export const eventOf = (event: Wire.Event): ReadonlyArray<Webhook.ProviderEvent> => {
  const subject = subjectOf(event)
  if (subject === undefined) return []
  const attemptId = Option.filter(Option.fromNullOr(event.attempt), Schema.is(Id.AttemptId))
  return [{ provider: name, eventId: event.id, type: event.type, occurredAt: Option.none(), attemptId, subject }]
}

export const verify = (flaws: ReadonlySet<Flaw>) => (webhook: Webhook.RawWebhook) =>
  Effect.gen(function* () {
    const id = yield* headerOf(flaws, webhook, "acme-id")
    const time = yield* headerOf(flaws, webhook, "acme-time")
    const signature = yield* headerOf(flaws, webhook, "acme-signature")
    const signed = flaws.has("verifies the JSON instead of the bytes")
      ? new TextEncoder().encode(JSON.stringify(JSON.parse(new TextDecoder().decode(webhook.body))))
      : webhook.body
    const expected = Buffer.from(sign(webhook.secret ?? webhookSecret, id, time, signed))
    const given = Buffer.from(signature)
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      return yield* rejected("bad_signature", "acme-signature")
    }
    const age = (yield* Clock.currentTimeMillis) - Number(time) * 1000
    if (Math.abs(age) > 300_000 && !flaws.has("ignores the age of a delivery"))
      return yield* rejected("stale", "acme-time")
    const event = yield* decode(webhook.body)
    const events = eventOf(event)
    if (events.length === 0 && flaws.has("fails on unknown types")) return yield* rejected("malformed", "type")
    return events
  })
