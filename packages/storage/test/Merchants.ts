/** Merchants whose servers are functions, and what was sent to them. */
import type { Id } from "@payment-orchestrator/domain"
import { ProviderName } from "@payment-orchestrator/domain"
import { Deliveries, EndpointStore, EventLog, Sender } from "@payment-orchestrator/payments"
import { Encryption, type Storage } from "@payment-orchestrator/storage"
import { ConfigProvider, Effect, Layer, Option, Redacted } from "effect"

/** What a merchant's server does with a message: a status, or no answer. */
export type Behaviour = (message: Sender.Message) => Effect.Effect<number | Sender.Answer | Sender.NotSent["reason"]>

export interface World {
  /** Every message, in the order in which they arrived. */
  readonly sent: Array<Sender.Message>
  /** By URL; others answer 200. */
  readonly servers: Map<string, Behaviour>
}

export const makeWorld = (): World => ({ sent: [], servers: new Map() })

const answerOf = (said: number | Sender.Answer | Sender.NotSent["reason"]) => {
  if (typeof said === "string") return Effect.fail(new Sender.NotSent({ reason: said }))
  return Effect.succeed(typeof said === "number" ? { status: said, retryAfter: Option.none() } : said)
}

const senderOf = ({ sent, servers }: World) =>
  Layer.succeed(Sender.Sender, {
    send: (message) =>
      Effect.suspend(() => {
        sent.push(message)
        return Effect.flatMap((servers.get(message.url) ?? (() => Effect.succeed(200)))(message), answerOf)
      }),
  })

const keyOf = (byte: number) => Buffer.alloc(32, byte).toString("base64")

/** The ports with an encryption key (undefined: without one). */
export const withKey = <A, E>(ports: Layer.Layer<A, E>, byte: number | undefined = 7) =>
  ports.pipe(
    Layer.provide(Encryption.layer),
    Layer.provide(
      ConfigProvider.layer(
        ConfigProvider.fromUnknown(byte === undefined ? {} : { PAYMENT_ENCRYPTION_KEY: keyOf(byte) }),
      ),
    ),
  )

/** The worker and its ports, as one process has them. */
export const process = <E>(ports: Layer.Layer<Storage.Storage, E>, world: World, byte?: number) =>
  Deliveries.Deliveries.layer.pipe(
    Layer.provide(senderOf(world)),
    Layer.provideMerge(Layer.orDie(withKey(ports, byte))),
  )

export const endpoint = (
  url: string,
  {
    events = ["*"],
    tenantId = "default",
  }: { readonly events?: ReadonlyArray<string>; readonly tenantId?: string } = {},
) =>
  Effect.gen(function* () {
    const store = yield* EndpointStore.EndpointStore
    return yield* store.create({ url, events, tenantId, livemode: false, description: null })
  })

const paypal = ProviderName.ProviderName.make("paypal")

/** A fact of tenant `default` about an object, once per key. */
export const tell = (objectId: string, key: string) =>
  Effect.flatMap(EventLog.EventLog, (log) =>
    log.tell({
      type: "provider.down",
      objectId,
      key,
      provider: paypal,
      livemode: false,
      data: { provider: paypal, state: "down", reason: key, since: 0 },
    }),
  )

/** Sends what is due. */
export const sweep = Effect.flatMap(Deliveries.Deliveries, (deliveries) => deliveries.sweep)

export interface Told {
  readonly id: Id.EventId
  readonly type: string
  readonly object_id: string
  readonly sequence: number
  readonly data: { readonly reason?: string; readonly [key: string]: unknown }
}

/** The body of a message. */
export const read = ({ body }: Sender.Message): Told => JSON.parse(body)

/** The reasons of the facts that arrived, in order; `url` undefined: anywhere. */
export const reasons = ({ sent }: World, url?: string): ReadonlyArray<string> =>
  sent.filter((message) => url === undefined || message.url === url).map((message) => read(message).data.reason ?? "")

export const secretOf = ({ secret }: EndpointStore.WithSecret): string => Redacted.value(secret)
