/**
 * What a merchant's back end does with a delivery: believes it only when it is signed (Standard Webhooks), and reads the
 * event in it. Runs wherever there is Web Crypto: Node, Deno, Bun, Workers, browsers.
 */
import { EventCatalogue, Timestamp } from "@payment-orchestrator/domain"
import { Effect, Layer, Option, Redacted, Result, Schema } from "effect"
import { Mac, SecureRandom } from "effect/crypto"
import { Base64 } from "effect/encoding"
import { Headers } from "effect/http"

/** A delivery may be so much older or newer than the receiver's clock, in milliseconds: five minutes. */
const tolerance = 300_000

/**
 * Why a delivery is not believed; answer 400. `missing_header`: one of `webhook-id`, `webhook-timestamp` and
 * `webhook-signature` is not there or no such thing. `bad_signature`: no secret has signed these bytes; most often the
 * body was parsed and written again, or the secret is another endpoint's. `too_old`, `too_new`: sent more than five
 * minutes from now by this clock, perhaps a replay. `malformed`: it is signed, and holds no event.
 */
export class WebhookRefused extends Schema.TaggedError<WebhookRefused>()("WebhookRefused", {
  reason: Schema.Literals(["missing_header", "bad_signature", "too_old", "too_new", "malformed"]),
  detail: Schema.String,
}) {
  override get message(): string {
    return `the webhook was refused (${this.reason}): ${this.detail}`
  }
}

/** A secret is not `whsec_` and base64: a fault of the receiver's configuration. */
export class SecretMalformed extends Schema.TaggedError<SecretMalformed>()("SecretMalformed", {}) {
  override readonly message = "a webhook secret must be what the endpoint's creation answered: whsec_ and base64"
}

const Envelope = Schema.Struct({
  id: Schema.String,
  type: Schema.String,
  apiVersion: Schema.String,
  livemode: Schema.Boolean,
  createdAt: Timestamp.Timestamp,
  tenantId: Schema.String,
  objectId: Schema.String,
  sequence: Schema.Int,
  provider: Schema.NullOr(Schema.String),
  data: Schema.Unknown,
}).pipe(
  Schema.encodeKeys({
    apiVersion: "api_version",
    createdAt: "created_at",
    tenantId: "tenant_id",
    objectId: "object_id",
  }),
)

/** An event of which only the frame is known. */
export type UnknownEvent = typeof Envelope.Type

/**
 * What was delivered. `UnknownEvent`: genuine, but of a type or shape that a newer server sends and this client does not
 * know; answer 2xx, else it comes again for three days.
 */
export type Delivered =
  | { readonly _tag: "Event"; readonly event: EventCatalogue.Event }
  | { readonly _tag: "UnknownEvent"; readonly event: UnknownEvent }

/** A request as it arrived. */
export interface Request {
  /** The body's own bytes or text, never parsed and written again. */
  readonly body: string | Uint8Array
  /** A `Headers`, or an object such as Node's `request.headers`; the case of the names is the same to us. */
  readonly headers: Headers.Input
}

export interface Verifier {
  /** The event in a request that is signed, and was signed within five minutes. Deduplicate by `event.id` afterwards. */
  readonly verify: (request: Request) => Effect.Effect<Delivered, WebhookRefused>
}

const encoder = new TextEncoder()
const decodeJson = Schema.decodeOption(Schema.fromJsonString(Schema.Unknown))
const decodeEvent = Schema.decodeUnknownOption(EventCatalogue.EventJson)
const decodeEnvelope = Schema.decodeUnknownOption(Envelope)

const refuse = (reason: WebhookRefused["reason"], detail: string) => Effect.fail(new WebhookRefused({ reason, detail }))

/** The header's signatures of the kind that a secret makes; others are another scheme's. */
const signaturesOf = (header: string): ReadonlyArray<Uint8Array> =>
  Array.from(header.matchAll(/(?:^|[\s,])v1,([A-Za-z0-9+/]+={0,2})/g), ([, text = ""]) =>
    Result.getOrElse(Base64.decode(text), () => new Uint8Array()),
  )

const keyOf = (secret: Redacted.Redacted) =>
  Effect.fromResult(Base64.decode(Redacted.value(secret).replace(/^whsec_/, ""))).pipe(
    Effect.flatMap((bytes) => Mac.key(Mac.hmacSha256, bytes)),
    Effect.mapError(() => new SecretMalformed()),
  )

/** The time in the header, when it is near this clock's. */
const checkTime = Effect.fnUntraced(function* (header: string) {
  if (!/^\d{1,12}$/.test(header)) return yield* refuse("missing_header", "webhook-timestamp is not a number of seconds")
  const age = (yield* Timestamp.now) - Number(header) * 1000
  if (age > tolerance + 999) return yield* refuse("too_old", `it was sent ${Math.round(age / 1000)} s ago`)
  if (age < -tolerance) return yield* refuse("too_new", `it was sent ${Math.round(-age / 1000)} s from now`)
})

const read = (text: string): Effect.Effect<Delivered, WebhookRefused> => {
  const json = decodeJson(text)
  const event = Option.flatMap(json, decodeEvent)
  if (Option.isSome(event)) return Effect.succeed({ _tag: "Event", event: event.value })
  return Option.match(Option.flatMap(json, decodeEnvelope), {
    onNone: () => refuse("malformed", "the body is no event"),
    onSome: (unknown) => Effect.succeed({ _tag: "UnknownEvent", event: unknown }),
  })
}

/**
 * Verifies with the secrets of one endpoint: the one it has, and during a rotation the one it had as well. Fails with
 * `SecretMalformed` at once, not at the first delivery.
 */
export const make = Effect.fnUntraced(
  function* (options: {
    readonly secrets: readonly [Redacted.Redacted, ...ReadonlyArray<Redacted.Redacted>]
  }): Effect.fn.Return<Verifier, SecretMalformed, Mac.Mac> {
    const mac = yield* Mac.Mac
    const keys = yield* Effect.forEach(options.secrets, keyOf)

    const isSigned = (signed: Uint8Array, signatures: ReadonlyArray<Uint8Array>) =>
      Effect.map(
        Effect.forEach(keys, (key) => Effect.forEach(signatures, (tag) => mac.verify(key, tag, signed))),
        (all) => all.flat().includes(true),
      ).pipe(Effect.orDie)

    return {
      verify: Effect.fn("WebhookVerifier.verify")(function* ({ body, headers }) {
        const found = Headers.fromInput(headers)
        const { "webhook-id": id, "webhook-signature": signature, "webhook-timestamp": timestamp } = found
        if (id === undefined || signature === undefined || timestamp === undefined) {
          return yield* refuse("missing_header", "webhook-id, webhook-timestamp and webhook-signature are needed")
        }
        yield* checkTime(timestamp)
        const text = typeof body === "string" ? body : new TextDecoder().decode(body)
        const signed = encoder.encode(`${id}.${timestamp}.${text}`)
        if (!(yield* isSigned(signed, signaturesOf(signature)))) {
          return yield* refuse("bad_signature", "no secret of this endpoint has signed these bytes")
        }
        return yield* read(text)
      }),
    }
  },
  Effect.provide(Mac.layerWebCrypto.pipe(Layer.provide(SecureRandom.layerWebCrypto))),
)
