/**
 * Delivers webhooks the way providers do: in the background, again until somebody answers 2xx, and, when told, twice,
 * late, out of order or not at all.
 */
import { Context, Effect, FiberSet, Layer, Schedule, Schema, Scope } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import type { EmulatorClock } from "./EmulatorClock.ts"

const Small = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000 }))

/** What goes wrong with the next `times` messages (with all of them when absent). */
export const WebhookFault = Schema.Struct({
  /** This many extra copies. */
  duplicate: Schema.optionalKey(Small),
  /** Milliseconds before the first attempt. */
  delay: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 86_400_000 }))),
  /** Holds a message back until the next one has been delivered. */
  reorder: Schema.optionalKey(Schema.Boolean),
  /** Never sends it; the provider's own list of events still has it. */
  drop: Schema.optionalKey(Schema.Boolean),
  times: Schema.optionalKey(Small),
})
export type WebhookFault = typeof WebhookFault.Type

/** One attempt's bytes and headers. */
export interface Message {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Outgoing {
  readonly eventId: string
  readonly type: string
  readonly url: string
  /** Called for every attempt (1 = the first): a provider that signs the time signs every attempt anew. */
  readonly message: (attempt: number) => Effect.Effect<Message>
}

export interface Delivery {
  /** Of the delivery; an event that is sent twice has two. */
  readonly id: string
  readonly eventId: string
  readonly type: string
  readonly url: string
  /** Milliseconds on the emulator's clock when it was asked for. */
  readonly at: number
  readonly attempts: number
  /** The status of the last answer; null when there was none. */
  readonly lastStatus: number | null
  readonly state: "waiting" | "delivered" | "failed" | "dropped"
  /** The body of the last attempt, empty before the first. */
  readonly body: string
  /** The headers of the last attempt. */
  readonly headers: Readonly<Record<string, string>>
}

export interface WebhookSender {
  /** Hands a message over and returns at once; the delivery ends with the scope of the emulator. */
  readonly send: (outgoing: Outgoing) => Effect.Effect<void>
  /** Every delivery, oldest first. */
  readonly deliveries: Effect.Effect<ReadonlyArray<Delivery>>
  /** Replaces the current fault. */
  readonly setFault: (fault: WebhookFault) => Effect.Effect<void>
  readonly fault: Effect.Effect<WebhookFault | undefined>
  /** Takes the current fault away and delivers what `reorder` held back. */
  readonly clearFault: Effect.Effect<void>
  /** Stops what is under way and forgets the log, the fault and what was held back. */
  readonly reset: Effect.Effect<void>
}

export interface Options {
  readonly clock: EmulatorClock
  /** When to try again after no answer or a status outside 2xx. @default defaultRetries */
  readonly retries?: Schedule.Schedule<unknown>
  /** Called once for each delivery that ends, delivered or failed. */
  readonly onEnd?: (delivery: Delivery) => Effect.Effect<void>
}

/** 200 ms, doubling, at most 5 s apart, 25 times. Providers take days; a developer does not have them. */
export const defaultRetries: Schedule.Schedule<unknown> = Schedule.min([
  Schedule.exponential("200 millis"),
  Schedule.spaced("5 seconds"),
]).pipe(Schedule.upTo({ times: 25 }))

class NotDelivered extends Schema.TaggedError<NotDelivered>()("NotDelivered", {}) {}

const transport = FetchHttpClient.layer.pipe(
  Layer.provide(Layer.succeed(FetchHttpClient.RequestInit, { redirect: "manual" })),
)

/** A sender that lives as long as the scope. An attempt has 10 seconds; redirects are not followed. */
export const make = Effect.fnUntraced(function* (
  options: Options,
): Effect.fn.Return<WebhookSender, never, Scope.Scope> {
  const scope = yield* Effect.scope
  const http = Context.get(yield* Layer.buildWithScope(transport, scope), HttpClient.HttpClient)
  const fibers = yield* FiberSet.make<void>()
  const log = new Map<string, Delivery>()
  let number = 0
  let fault: WebhookFault | undefined
  let held: Effect.Effect<void> | undefined

  const update = (id: string, change: Partial<Delivery>) => {
    const delivery = log.get(id)
    if (delivery !== undefined) log.set(id, { ...delivery, ...change })
  }

  const post = (url: string, message: Message) =>
    http
      .execute(
        HttpClientRequest.post(url).pipe(
          HttpClientRequest.bodyText(message.body, "application/json"),
          HttpClientRequest.setHeaders(message.headers),
        ),
      )
      .pipe(
        Effect.map((response) => response.status),
        Effect.timeout("10 seconds"),
        Effect.orElseSucceed(() => null),
        Effect.provideService(HttpClient.TracerPropagationEnabled, false),
      )

  const deliver = Effect.fnUntraced(function* (outgoing: Outgoing) {
    number += 1
    const id = `dlv_${number}`
    const { eventId, type, url } = outgoing
    const at = yield* options.clock.now
    log.set(id, { id, eventId, type, url, at, attempts: 0, lastStatus: null, state: "waiting", body: "", headers: {} })
    let attempts = 0
    const attempt = Effect.gen(function* () {
      attempts += 1
      const message = yield* outgoing.message(attempts)
      update(id, { attempts, body: message.body, headers: message.headers })
      const lastStatus = yield* post(url, message)
      update(id, { lastStatus })
      if (lastStatus === null || lastStatus < 200 || lastStatus > 299) return yield* new NotDelivered()
    })
    const state = yield* attempt.pipe(
      Effect.retry(options.retries ?? defaultRetries),
      Effect.as("delivered" as const),
      Effect.catchTag("NotDelivered", () => Effect.succeed("failed" as const)),
    )
    update(id, { state })
    const ended = log.get(id)
    if (ended !== undefined && options.onEnd !== undefined) yield* options.onEnd(ended)
  })

  const background = (effect: Effect.Effect<void>) => Effect.asVoid(FiberSet.run(fibers, effect))

  const takeFault = (): WebhookFault => {
    const current = fault
    if (current === undefined) return {}
    if (current.times !== undefined) fault = current.times > 1 ? { ...current, times: current.times - 1 } : undefined
    return current
  }

  const release = Effect.suspend(() => {
    const waiting = held
    held = undefined
    return waiting ?? Effect.void
  })

  const send = Effect.fnUntraced(function* (outgoing: Outgoing) {
    const current = takeFault()
    if (current.drop === true) {
      number += 1
      const { eventId, type, url } = outgoing
      const at = yield* options.clock.now
      const id = `dlv_${number}`
      log.set(id, {
        id,
        eventId,
        type,
        url,
        at,
        attempts: 0,
        lastStatus: null,
        state: "dropped",
        body: "",
        headers: {},
      })
      return
    }
    const copies = Array.from({ length: 1 + (current.duplicate ?? 0) }, () => deliver(outgoing))
    const all = Effect.all(copies, { concurrency: "unbounded", discard: true }).pipe(Effect.delay(current.delay ?? 0))
    if (current.reorder === true && held === undefined) {
      held = all
      return
    }
    const before = held
    held = undefined
    yield* background(before === undefined ? all : Effect.andThen(all, before))
  })

  return {
    send,
    deliveries: Effect.sync(() => [...log.values()]),
    setFault: (next) =>
      Effect.sync(() => {
        fault = next.times === 0 ? undefined : next
      }),
    fault: Effect.sync(() => fault),
    clearFault: Effect.suspend(() => {
      fault = undefined
      return background(release)
    }),
    reset: Effect.andThen(
      FiberSet.clear(fibers),
      Effect.sync(() => {
        fault = undefined
        held = undefined
        log.clear()
      }),
    ),
  }
})
