/** Acme's notices: `acme-signature` is the HMAC-SHA256 of `acme-time`, a dot and the raw body, in hexadecimal. */
import { createHmac, timingSafeEqual } from "node:crypto"
import { Webhook } from "@payment-orchestrator/domain"
import { Clock, Effect, Option, Redacted, Schema } from "effect"
import { name } from "./AcmeClient.ts"
import * as Snapshots from "./AcmeSnapshots.ts"
import * as Wire from "./Wire.ts"

const toleranceMillis = 300_000

const reject = (reason: Webhook.WebhookRejectedReason) => new Webhook.WebhookRejected({ provider: name, reason })

/** What it is about: money that went back, money that came, or a request that became something else. */
const subjectOf = ({ payment_request: request, return: given }: Wire.Notice): ReadonlyArray<Webhook.EventSubject> => {
  if (given !== undefined) {
    const { amount, id, status, transfer_id: moneyId } = given
    const about = { amount: Option.some(amount), moneyId: Option.some(moneyId) }
    return [{ _tag: "Refund", providerRefundId: id, state: Snapshots.refundState(status), ...about }]
  }
  if (request === undefined) return []
  const { amount, id, status, transfer } = request
  const subscriptionId = Option.none()
  if (transfer === null)
    return [{ _tag: "Session", sessionId: id, state: Snapshots.sessionState(status), subscriptionId }]
  const about = { amount: Option.some(amount), sessionId: Option.some(id), subscriptionId }
  return [{ _tag: "Payment", moneyId: transfer.id, state: "completed", ...about }]
}

/** What a notice tells; nothing where it is about something that is not needed. */
export const eventsOf = (notice: Wire.Notice): ReadonlyArray<Webhook.ProviderEvent> =>
  subjectOf(notice).map((subject) => ({
    provider: name,
    eventId: notice.id,
    type: notice.kind,
    occurredAt: Option.some(notice.at * 1000),
    attemptId: Snapshots.attemptOf(notice.payment_request?.reference),
    subject,
  }))

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(Wire.Notice))

export const verify = (secret: Redacted.Redacted, webhook: Webhook.RawWebhook) =>
  Effect.gen(function* () {
    const time = yield* Effect.fromResult(Webhook.header(name, webhook, "acme-time"))
    const signature = yield* Effect.fromResult(Webhook.header(name, webhook, "acme-signature"))
    const key = webhook.secret ?? Redacted.value(secret)
    // with an empty one anybody could sign
    if (key === "") return yield* reject("not_configured")
    const mac = createHmac("sha256", key).update(`${time}.`).update(webhook.body)
    const [given, expected] = [Buffer.from(signature, "hex"), mac.digest()]
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return yield* reject("bad_signature")
    const age = (yield* Clock.currentTimeMillis) - Number(time) * 1000
    if (!(Math.abs(age) <= toleranceMillis)) return yield* reject("stale")
    const notice = decode(new TextDecoder().decode(webhook.body))
    return Option.isSome(notice) ? eventsOf(notice.value) : yield* reject("malformed")
  })
