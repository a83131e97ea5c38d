/**
 * Ids: a prefix that names the kind, ten characters of time and sixteen of randomness, in Crockford's base 32.
 * They sort by time and cannot be guessed (80 random bits from a secure source).
 */
import { Context, Effect, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import * as Timestamp from "./Timestamp.ts"

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

/** Writes a whole number of at most 50 bits as `length` Crockford digits. */
const base32 = (value: number, length: number): string => {
  let rest = value
  let text = ""
  for (let i = 0; i < length; i++) {
    text = (alphabet[rest % 32] ?? "") + text
    rest = Math.floor(rest / 32)
  }
  return text
}

/** Writes bytes as Crockford digits, five as eight. */
const digits = (bytes: Uint8Array): string => {
  let text = ""
  let held = 0
  let bits = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += alphabet[(held >>> bits) & 31] ?? ""
    }
  }
  return text
}

/** The part of an id after its prefix: 26 characters from a time in epoch milliseconds and ten random bytes. */
export const format = (millis: number, random: Uint8Array): string => base32(millis, 10) + digits(random)

let drawn: Uint8Array = new Uint8Array(0)
let used = 0

/** The system is asked once for some hundred ids, which costs as much as asking for one. */
const tenBytes = (): Uint8Array => {
  if (used + 10 > drawn.length) {
    drawn = SecureRandom.randomBytesUnsafe(4_000)
    used = 0
  }
  used += 10
  return drawn.subarray(used - 10, used)
}

/** Ten random bytes; a reference, so that tests and simulations can make ids repeatable. */
export const IdRandom = Context.Reference<Effect.Effect<Uint8Array>>("@payment-orchestrator/domain/Id/IdRandom", {
  defaultValue: () => Effect.sync(tenBytes),
})

const body = Effect.flatMap(IdRandom, (random) =>
  Effect.flatMap(random, (bytes) => Effect.map(Timestamp.now, (millis) => format(millis, bytes))),
)

const idPattern = (prefix: string) =>
  Schema.isPattern(new RegExp(`^${prefix}_[0-9A-HJKMNP-TV-Z]{26}$`), {
    message: `must be an id of the form ${prefix}_ and 26 characters`,
  })

export const CheckoutId = Schema.String.check(idPattern("co")).pipe(Schema.brand("CheckoutId"))
export type CheckoutId = typeof CheckoutId.Type
export const AttemptId = Schema.String.check(idPattern("att")).pipe(Schema.brand("AttemptId"))
export type AttemptId = typeof AttemptId.Type
export const PaymentId = Schema.String.check(idPattern("pay")).pipe(Schema.brand("PaymentId"))
export type PaymentId = typeof PaymentId.Type
export const EventId = Schema.String.check(idPattern("evt")).pipe(Schema.brand("EventId"))
export type EventId = typeof EventId.Type
export const RefundId = Schema.String.check(idPattern("re")).pipe(Schema.brand("RefundId"))
export type RefundId = typeof RefundId.Type
export const SubscriptionId = Schema.String.check(idPattern("sub")).pipe(Schema.brand("SubscriptionId"))
export type SubscriptionId = typeof SubscriptionId.Type
export const DisputeId = Schema.String.check(idPattern("dp")).pipe(Schema.brand("DisputeId"))
export type DisputeId = typeof DisputeId.Type
export const FailoverId = Schema.String.check(idPattern("fo")).pipe(Schema.brand("FailoverId"))
export type FailoverId = typeof FailoverId.Type
export const AlertId = Schema.String.check(idPattern("alr")).pipe(Schema.brand("AlertId"))
export type AlertId = typeof AlertId.Type
export const DrillId = Schema.String.check(idPattern("drl")).pipe(Schema.brand("DrillId"))
export type DrillId = typeof DrillId.Type
export const InboxId = Schema.String.check(idPattern("inb")).pipe(Schema.brand("InboxId"))
export type InboxId = typeof InboxId.Type
export const RejectionId = Schema.String.check(idPattern("rej")).pipe(Schema.brand("RejectionId"))
export type RejectionId = typeof RejectionId.Type
export const AuditId = Schema.String.check(idPattern("aud")).pipe(Schema.brand("AuditId"))
export type AuditId = typeof AuditId.Type

/** `key_env` is the key of the environment, which is no row. */
export const KeyId = Schema.String.check(
  Schema.isPattern(/^key_(?:env|[0-9A-HJKMNP-TV-Z]{26})$/, {
    message: "must be an id of the form key_ and 26 characters, or key_env",
  }),
).pipe(Schema.brand("KeyId"))
export type KeyId = typeof KeyId.Type
export const EndpointId = Schema.String.check(idPattern("whe")).pipe(Schema.brand("EndpointId"))
export type EndpointId = typeof EndpointId.Type
export const DeliveryId = Schema.String.check(idPattern("dlv")).pipe(Schema.brand("DeliveryId"))
export type DeliveryId = typeof DeliveryId.Type

export const makeCheckoutId: Effect.Effect<CheckoutId> = Effect.map(body, (id) => CheckoutId.make(`co_${id}`))
export const makeAttemptId: Effect.Effect<AttemptId> = Effect.map(body, (id) => AttemptId.make(`att_${id}`))
export const makePaymentId: Effect.Effect<PaymentId> = Effect.map(body, (id) => PaymentId.make(`pay_${id}`))
export const makeEventId: Effect.Effect<EventId> = Effect.map(body, (id) => EventId.make(`evt_${id}`))
export const makeRefundId: Effect.Effect<RefundId> = Effect.map(body, (id) => RefundId.make(`re_${id}`))
export const makeSubscriptionId: Effect.Effect<SubscriptionId> = Effect.map(body, (id) =>
  SubscriptionId.make(`sub_${id}`),
)
export const makeDisputeId: Effect.Effect<DisputeId> = Effect.map(body, (id) => DisputeId.make(`dp_${id}`))
export const makeFailoverId: Effect.Effect<FailoverId> = Effect.map(body, (id) => FailoverId.make(`fo_${id}`))
export const makeAlertId: Effect.Effect<AlertId> = Effect.map(body, (id) => AlertId.make(`alr_${id}`))
export const makeDrillId: Effect.Effect<DrillId> = Effect.map(body, (id) => DrillId.make(`drl_${id}`))
export const makeInboxId: Effect.Effect<InboxId> = Effect.map(body, (id) => InboxId.make(`inb_${id}`))
export const makeRejectionId: Effect.Effect<RejectionId> = Effect.map(body, (id) => RejectionId.make(`rej_${id}`))
export const makeAuditId: Effect.Effect<AuditId> = Effect.map(body, (id) => AuditId.make(`aud_${id}`))
export const makeKeyId: Effect.Effect<KeyId> = Effect.map(body, (id) => KeyId.make(`key_${id}`))
export const makeEndpointId: Effect.Effect<EndpointId> = Effect.map(body, (id) => EndpointId.make(`whe_${id}`))
export const makeDeliveryId: Effect.Effect<DeliveryId> = Effect.map(body, (id) => DeliveryId.make(`dlv_${id}`))

/** The random part of a link or a key that only its holder should know: 160 random bits in 32 characters. */
export const makeLinkToken: Effect.Effect<string> = Effect.gen(function* () {
  const random = yield* IdRandom
  return digits(yield* random) + digits(yield* random)
})
