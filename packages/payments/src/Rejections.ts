/**
 * Refused deliveries, so that somebody sees a wrong webhook secret or a forger. Anybody can send them, as many as they
 * like: they are counted in memory, apart for so many senders, and written at most once a second in one commit.
 */
import { Id, type ProviderName, type RejectedWebhook, Timestamp } from "@payment-orchestrator/domain"
import { Context, Effect, Layer, Option, Queue } from "effect"
import { createHash } from "node:crypto"
import * as Metrics from "./Metrics.ts"
import { RejectionStore } from "./RejectionStore.ts"

export interface Rejection {
  /** As the address of the delivery names it, known or not. */
  readonly provider: string
  readonly reason: RejectedWebhook.RejectionReason
  readonly detail: Option.Option<string>
  readonly address: Option.Option<string>
  /** What is counted as one sender. */
  readonly sender: string
  readonly headers: { readonly [name: string]: string | ReadonlyArray<string> | undefined }
  /** None when it was not read. */
  readonly body: Option.Option<Uint8Array>
}

export interface Service {
  /** Counts one. Never fails, and waits for nothing. */
  readonly note: (rejection: Rejection) => Effect.Effect<void>
  /** Writes what was counted, without end. */
  readonly run: Effect.Effect<never>
}

const hourMillis = 3_600_000

/** So many senders of one provider's deliveries are counted apart in an hour; the rest together. */
const mostSenders = 40
const mostHeaders = 40
const longestDetail = 200

/** The provider's id of a delivery, by the headers of the schemes that have one. */
const idHeaders = ["paypal-transmission-id", "webhook-id"]
const idPattern = /^[\w.:-]{1,100}$/
const headerPattern = /^[a-z0-9-]{1,60}$/

const deliveryIdOf = (headers: Rejection["headers"]): string | null => {
  const [id] = idHeaders.map((name) => headers[name]).flatMap((value) => value ?? [])
  return id !== undefined && idPattern.test(id) ? id : null
}

const shaOf = (body: Uint8Array) => createHash("sha256").update(body).digest("hex")

/** Of one sender, in one hour. */
interface Counted {
  readonly hour: number
  row: RejectedWebhook.RejectedWebhook
  /** How many are not written yet. */
  unsaved: number
}

export class Rejections extends Context.Service<Rejections, Service>()("@payment-orchestrator/payments/Rejections") {
  /** `names`: of the providers there are; any other is anybody's. What is not written yet is written when it ends. */
  static readonly layer = (names: ReadonlyArray<ProviderName.ProviderName>) => Layer.effect(Rejections, make(names))
}

const make = Effect.fnUntraced(function* (names: ReadonlyArray<ProviderName.ProviderName>) {
  const store = yield* RejectionStore
  yield* Metrics.exposeRejections(names)
  const bell = yield* Queue.sliding<void>(1)
  const counted = new Map<string, Counted>()
  /** How many senders are counted apart, by provider and hour. */
  const apart = new Map<string, number>()

  const forget = (hour: number) => {
    for (const [key, one] of counted) if (one.hour < hour && one.unsaved === 0) counted.delete(key)
    for (const key of apart.keys()) if (!key.endsWith(` ${hour}`)) apart.delete(key)
  }

  /** Under which key one is counted, and whether its sender is one of those that are counted apart. */
  const placeOf = (provider: string, { reason, sender }: Rejection, hour: number) => {
    const own = `${provider} ${reason} ${sender} ${hour}`
    if (counted.has(own)) return { key: own, alone: true }
    const group = `${provider} ${hour}`
    const senders = apart.get(group) ?? 0
    if (senders >= mostSenders) return { key: `${provider} ${reason} * ${hour}`, alone: false }
    apart.set(group, senders + 1)
    return { key: own, alone: true }
  }

  const newest = (rejection: Rejection, alone: boolean) => ({
    detail: Option.getOrNull(Option.map(rejection.detail, (text) => text.slice(0, longestDetail))),
    address: alone ? Option.getOrNull(rejection.address) : null,
    headers: Object.keys(rejection.headers)
      .filter((name) => headerPattern.test(name))
      .slice(0, mostHeaders)
      .toSorted(),
    deliveryId: deliveryIdOf(rejection.headers),
    bodyBytes: Option.getOrNull(Option.map(rejection.body, (body) => body.length)),
    bodySha256: Option.getOrNull(Option.map(rejection.body, shaOf)),
  })

  const save = Effect.gen(function* () {
    const due = Array.from(counted.values()).filter(({ unsaved }) => unsaved > 0)
    if (due.length === 0) return
    const batch = due.map(({ row, unsaved }) => ({ ...row, count: unsaved }))
    yield* store.add(batch)
    due.forEach((one, place) => (one.unsaved -= batch[place]?.count ?? 0))
  })

  yield* Effect.addFinalizer(() => Effect.ignore(save))

  return Rejections.of({
    note: Effect.fnUntraced(function* (rejection) {
      const { reason } = rejection
      const provider = names.find((name) => name === rejection.provider) ?? null
      yield* Metrics.webhookRejected(provider, reason)
      const now = yield* Timestamp.now
      const hour = Math.floor(now / hourMillis)
      forget(hour)
      const { alone, key } = placeOf(provider ?? "", rejection, hour)
      const known = counted.get(key)
      // What shows of it is taken of the first one of each second, so that a flood is not hashed.
      if (known === undefined) {
        const id = yield* Id.makeRejectionId
        const row = { id, provider, reason, count: 0, firstAt: now, lastAt: now, ...newest(rejection, alone) }
        counted.set(key, { hour, row, unsaved: 1 })
      } else {
        const sample = known.unsaved === 0 ? newest(rejection, alone) : {}
        known.row = { ...known.row, ...sample, lastAt: now }
        known.unsaved += 1
      }
      yield* Queue.offer(bell, undefined)
    }),
    run: Queue.take(bell).pipe(
      Effect.andThen(save),
      Effect.as("1 second" as const),
      // They stay counted, and are written when the database is back.
      Effect.catchTag("StorageError", () => Effect.as(Queue.offer(bell, undefined), "10 seconds" as const)),
      Effect.flatMap(Effect.sleep),
      Effect.forever,
    ),
  })
})
