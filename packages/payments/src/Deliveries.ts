/**
 * Sends events to the merchants' endpoints: at least once, each endpoint in a lane of its own, so that one that hangs
 * delays nobody else. The delivery's row is the job: it is due until its result is written, whoever dies.
 */
import { type Id, Timestamp } from "@payment-orchestrator/domain"
import { Context, Effect, Layer, Metric, Option, Queue, Scope, Semaphore } from "effect"
import { DeliveryStore, type Due, type Load, type Try } from "./DeliveryStore.ts"
import * as EventLog from "./EventLog.ts"
import * as EndpointLane from "./internal/EndpointLane.ts"
import * as Recorder from "./internal/Recorder.ts"
import { type Answer, NotSent, Sender } from "./Sender.ts"
import * as StandardWebhooks from "./StandardWebhooks.ts"
import type { StorageError } from "./StorageError.ts"
import { Traces } from "./Traces.ts"

const deliveries = Metric.counter("payment_deliveries_total", {
  description: "Tries to send an event to an endpoint, by result",
  incremental: true,
})
const lag = Metric.histogram("payment_delivery_lag_seconds", {
  description: "From an event to the endpoint's 2xx",
  boundaries: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300, 3_600, 86_400],
})

export interface Service {
  /** Sends what is due until nothing is left; answers how many tries were made. */
  readonly sweep: Effect.Effect<number, StorageError>
  /** Sends what becomes due as long as it runs. When it is interrupted what is being sent may end, for five seconds. */
  readonly run: Effect.Effect<never>
}

/** Connections at once in this process, to endpoints that work; those that fail have a few of their own. */
const atOnce = 256
const atOnceFailing = 64

const timeout = "15 seconds"
const graceful = "5 seconds"
const pollEvery = "1 second"
const lingerMillis = 250
/** A secret that cannot be decrypted is a matter for people; it is tried again after this. */
const unreadablePause = "1 minute"

export class Deliveries extends Context.Service<Deliveries, Service>()("@payment-orchestrator/payments/Deliveries") {
  static readonly layer = Layer.effect(
    Deliveries,
    Effect.suspend(() => make),
  )
}

type Outcome = Pick<Try, "result" | "status" | "error">

const notSent = ({ reason }: NotSent): Outcome => ({
  result: { _tag: "Failed", status: Option.none(), retryAfter: Option.none() },
  status: null,
  error: reason,
})

/** 2xx is success, and nothing else: a redirect is not followed. */
const answered = ({ retryAfter, status }: Answer): Outcome =>
  status >= 200 && status < 300
    ? { result: { _tag: "Succeeded" }, status, error: null }
    : { result: { _tag: "Failed", status: Option.some(status), retryAfter }, status, error: `http_${status}` }

const make = Effect.gen(function* () {
  const store = yield* DeliveryStore
  const sender = yield* Sender
  const traces = yield* Traces
  for (const result of ["Succeeded", "Failed"]) yield* Metric.update(Metric.withAttributes(deliveries, { result }), 0)
  const record = yield* Recorder.make(store)
  const working = yield* Semaphore.make(atOnce)
  const failing = yield* Semaphore.make(atOnceFailing)
  const stopping = { current: false }

  const post = ({ secrets, url }: Load, { event }: Due, at: number): Effect.Effect<Outcome> => {
    const body = EventLog.textOf(event)
    const headers = {
      "content-type": "application/json",
      "user-agent": "payment-orchestrator/1",
      ...StandardWebhooks.headers(secrets, { id: event.id, at, body }),
    }
    return sender.send({ url, headers, body }).pipe(
      Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.fail(new NotSent({ reason: "timeout" })) }),
      Effect.catchDefect((defect) =>
        Effect.andThen(
          Effect.logError(`${event.id} could not be sent`, defect),
          Effect.fail(new NotSent({ reason: "bad_answer" })),
        ),
      ),
      Effect.match({ onFailure: notSent, onSuccess: answered }),
    )
  }

  const measure = ({ event }: Due, { result }: Outcome, now: number) =>
    Effect.andThen(
      Metric.update(Metric.withAttributes(deliveries, { result: result._tag }), 1),
      result._tag === "Succeeded" ? Metric.update(lag, (now - event.createdAt) / 1000) : Effect.void,
    )

  const deliver = Effect.fnUntraced(function* (load: Load, due: Due, endpointId: Id.EndpointId) {
    yield* traces.link(due.event.id)
    const startedAt = yield* Timestamp.now
    const outcome = yield* post(load, due, startedAt)
    const endedAt = yield* Timestamp.now
    yield* measure(due, outcome, endedAt)
    const one: Try = { id: due.id, endpointId, startedAt, durationMs: endedAt - startedAt, ...outcome }
    return one
  })

  const send: EndpointLane.Surroundings["send"] = (load, due, isFailing, endpointId) =>
    deliver(load, due, endpointId).pipe(
      (isFailing ? failing : working).withPermits(1),
      Effect.annotateLogs({ delivery_id: due.id, event_id: due.event.id, endpoint_id: endpointId }),
      Effect.withSpan("Deliveries.send", { kind: "client", attributes: { event_type: due.event.type } }),
    )

  const surroundings = { store, send, record, isStopping: () => stopping.current }

  const sweep: Effect.Effect<number, StorageError> = Effect.gen(function* () {
    yield* store.settle
    const ready = yield* store.ready
    const tries = yield* Effect.forEach(
      ready,
      (endpointId) =>
        Effect.flatMap(Queue.sliding<void>(1), (bell) =>
          EndpointLane.serve({ endpointId, bell, lingerMillis: 0 }, surroundings),
        ).pipe(Effect.catchTag("SecretUnreadable", (error) => Effect.as(Effect.logError(error.message), 0))),
      { concurrency: "unbounded" },
    )
    const made = tries.reduce((sum, n) => sum + n, 0)
    return made === 0 ? 0 : made + (yield* sweep)
  })

  const lanes = new Map<Id.EndpointId, Queue.Queue<void>>()

  /** Serves an endpoint until it is idle, and again when it was rung for meanwhile. */
  const lane = (endpointId: Id.EndpointId, bell: Queue.Queue<void>): Effect.Effect<void> =>
    EndpointLane.serve({ endpointId, bell, lingerMillis }, surroundings).pipe(
      Effect.catchTags({
        StorageError: (error) => Effect.logWarning(error.message),
        SecretUnreadable: (error) =>
          Effect.andThen(
            Effect.logError(`${endpointId} gets nothing: ${error.message}`),
            Effect.sleep(unreadablePause),
          ),
      }),
      Effect.catchDefect((defect) => Effect.logError(`${endpointId} is not served`, defect)),
      Effect.andThen(
        // Looked at and forgotten in one go, so that no ring falls in between.
        Effect.suspend(() => {
          const rung = Queue.takeUnsafe(bell) !== undefined
          if (rung && !stopping.current) return lane(endpointId, bell)
          lanes.delete(endpointId)
          return Effect.void
        }),
      ),
    )

  const wake = (scope: Scope.Scope) => (endpointId: Id.EndpointId) =>
    Effect.gen(function* () {
      const bell = lanes.get(endpointId)
      if (bell !== undefined) return void Queue.offerUnsafe(bell, undefined)
      const fresh = yield* Queue.sliding<void>(1)
      lanes.set(endpointId, fresh)
      yield* Effect.forkIn(lane(endpointId, fresh), scope)
    })

  const drain = Effect.gen(function* () {
    stopping.current = true
    for (const bell of lanes.values()) Queue.offerUnsafe(bell, undefined)
    yield* Effect.sleep("20 millis").pipe(
      Effect.repeat({ while: () => lanes.size > 0 }),
      Effect.timeoutOption(graceful),
    )
  })

  const run = Effect.gen(function* () {
    const scope = yield* Effect.acquireRelease(Scope.make(), Scope.close)
    yield* Effect.addFinalizer(() => drain)
    const heard = yield* store.hear
    const open = wake(scope)
    yield* Queue.takeAll(heard).pipe(
      Effect.flatMap((endpoints) => Effect.forEach(new Set(endpoints), open, { discard: true })),
      Effect.forever,
      Effect.forkScoped,
    )
    const poll = Effect.andThen(store.settle, store.ready).pipe(
      Effect.flatMap((ready) => Effect.forEach(ready, open, { discard: true })),
      Effect.catchTag("StorageError", (error) => Effect.logWarning(error.message)),
    )
    return yield* Effect.andThen(poll, Effect.sleep(pollEvery)).pipe(Effect.forever)
  }).pipe(Effect.scoped)

  return Deliveries.of({ sweep, run })
})
