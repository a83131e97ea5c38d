/**
 * Events and how they are signed: PayPal's own scheme, RSA-SHA256 over `transmission id|time|webhook id|CRC32 of the
 * raw body` (developer.paypal.com/api/rest/webhooks/rest), with a certificate under the emulator's own address.
 */
import { Effect, Semaphore } from "effect"
import { sign, verify, X509Certificate } from "node:crypto"
import { crc32 } from "node:zlib"
import type { EmulatorClock } from "../EmulatorClock.ts"
import type { Message, WebhookSender } from "../WebhookSender.ts"
import * as Certificate from "./Certificate.ts"
import { hex, iso, link, type Memory, type News, upper } from "./Core.ts"
import type * as Model from "./Model.ts"

/** What a receiver gives back for verification. */
export interface Claim {
  readonly authAlgo: string
  readonly certUrl: string
  readonly transmissionId: string
  readonly transmissionSig: string
  readonly transmissionTime: string
  readonly webhookId: string
  /** The bytes of `webhook_event`, exactly as they stood in the request. */
  readonly rawEvent: string
}

export interface Notifier {
  readonly emit: (news: News) => Effect.Effect<Model.Event>
  /** Delivers a stored event again, to these webhooks or to all that want it. */
  readonly resend: (event: Model.Event, webhookIds?: ReadonlyArray<string>) => Effect.Effect<void>
  readonly verify: (claim: Claim) => Effect.Effect<boolean>
  /** The certificate of this id, if it was ever used. */
  readonly find: (certificateId: string) => Effect.Effect<Certificate.Certificate | undefined>
  /** The certificate in use. */
  readonly current: Effect.Effect<Certificate.Certificate>
  /** From now on another key signs; the old certificate stays where it is. */
  readonly rotate: Effect.Effect<void>
}

export const wants = (webhook: Model.Webhook, type: string): boolean =>
  webhook.eventTypes.includes("*") || webhook.eventTypes.includes(type)

const signed = (id: string, time: string, webhookId: string, body: string): Buffer =>
  Buffer.from(`${id}|${time}|${webhookId}|${crc32(Buffer.from(body, "utf8"))}`)

export const make = Effect.fnUntraced(function* (options: {
  readonly url: string
  readonly clock: EmulatorClock
  readonly memory: Memory
  readonly sender: WebhookSender
}): Effect.fn.Return<Notifier> {
  const { clock, memory, sender, url } = options
  const certificates: Array<Certificate.Certificate> = []
  const turn = yield* Semaphore.make(1)

  const another = Effect.gen(function* () {
    const certificate = yield* Certificate.make(yield* clock.now)
    certificates.push(certificate)
    return certificate
  })
  // made when first needed, because a key takes a tenth of a second
  const current = turn.withPermits(1)(
    Effect.suspend(() => {
      const last = certificates.at(-1)
      return last === undefined ? another : Effect.succeed(last)
    }),
  )

  const messageOf = Effect.fnUntraced(function* (webhookId: string, body: string): Effect.fn.Return<Message> {
    const certificate = yield* current
    const raw = yield* hex(32)
    const id = [raw.slice(0, 8), raw.slice(8, 12), raw.slice(12, 16), raw.slice(16, 20), raw.slice(20)].join("-")
    const time = iso(yield* clock.now)
    return {
      headers: {
        "paypal-transmission-id": id,
        "paypal-transmission-time": time,
        "paypal-transmission-sig": sign("RSA-SHA256", signed(id, time, webhookId, body), certificate.key).toString(
          "base64",
        ),
        "paypal-cert-url": `${url}/v1/notifications/certs/${certificate.id}`,
        "paypal-auth-algo": "SHA256withRSA",
        "paypal-auth-version": "v2",
        "correlation-id": raw.slice(0, 13),
        "user-agent": "PayPal/AUHD-214.0-58417034",
      },
      body,
    }
  })

  const deliver = Effect.fnUntraced(function* (event: Model.Event, webhook: Model.Webhook) {
    const body = JSON.stringify(event.envelope)
    // every attempt of one delivery carries the same transmission
    const message = yield* Effect.cached(messageOf(webhook.id, body))
    yield* sender.send({ eventId: event.id, type: event.type, url: webhook.url, message: () => message })
  })

  const emit = Effect.fnUntraced(function* (news: News) {
    const now = yield* clock.now
    const id = `WH-${yield* upper(17)}-${yield* upper(17)}`
    const self = `${url}/v1/notifications/webhooks-events/${id}`
    const event: Model.Event = {
      id,
      type: news.type,
      createdAt: now,
      transactionIds: news.transactionIds,
      envelope: {
        id,
        event_version: "1.0",
        create_time: iso(now),
        resource_type: news.resourceType,
        resource_version: news.resourceVersion,
        event_type: news.type,
        summary: news.summary,
        resource: news.resource,
        links: [link(self, "self", "GET"), link(`${self}/resend`, "resend", "POST")],
      },
    }
    memory.events.set(id, event)
    for (const webhook of memory.webhooks.values()) if (wants(webhook, news.type)) yield* deliver(event, webhook)
    return event
  })

  const find = (certificateId: string) =>
    Effect.sync(() => certificates.find((certificate) => certificate.id === certificateId))

  return {
    emit,
    find,
    current,
    rotate: Effect.asVoid(turn.withPermits(1)(another)),
    resend: (event, webhookIds) =>
      Effect.forEach(
        [...memory.webhooks.values()].filter((webhook) =>
          webhookIds === undefined ? wants(webhook, event.type) : webhookIds.includes(webhook.id),
        ),
        (webhook) => deliver(event, webhook),
        { discard: true },
      ),
    verify: (claim) =>
      Effect.sync(() => {
        if (claim.authAlgo !== "SHA256withRSA" || !memory.webhooks.has(claim.webhookId)) return false
        const certificate = certificates.find(({ id }) => claim.certUrl === `${url}/v1/notifications/certs/${id}`)
        if (certificate === undefined) return false
        return verify(
          "RSA-SHA256",
          signed(claim.transmissionId, claim.transmissionTime, claim.webhookId, claim.rawEvent),
          new X509Certificate(certificate.pem).publicKey,
          Buffer.from(claim.transmissionSig, "base64"),
        )
      }),
  }
})
