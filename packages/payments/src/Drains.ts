/**
 * Providers that an operator took out of routing. A drain holds for every process, at most a second after it was made,
 * and over restarts; it ends when it is restored or when its time is over. While the database cannot be reached what was
 * known last counts.
 */
import type { Obstacles } from "@payment-orchestrator/core"
import { type ProviderName, Timestamp, Tracing } from "@payment-orchestrator/domain"
import { Clock, Context, Effect, Fiber, Layer, Option, Schema, Semaphore } from "effect"
import { type Drain, DrainStore, isStanding } from "./DrainStore.ts"
import type { StorageError } from "./StorageError.ts"

/** Nobody would be left to open checkouts: it takes a confirmation. */
export class LastProvider extends Schema.TaggedError<LastProvider>()("LastProvider", {
  provider: Schema.String,
}) {
  override get message(): string {
    return `${this.provider} is the last provider that can be asked: without it no checkout can be opened. Send confirm: true to drain it all the same`
  }
}

export interface Wish {
  readonly provider: ProviderName.ProviderName
  readonly reason: string
  readonly actor: string
  /** Milliseconds until it ends by itself. */
  readonly expiresIn: Option.Option<number>
  /** The others that can be asked now. */
  readonly others: ReadonlyArray<ProviderName.ProviderName>
  /** Also when no other can be asked. */
  readonly confirm: boolean
}

export interface Service {
  /** Those that stand now, at most a second old. */
  readonly standing: Effect.Effect<ReadonlyMap<ProviderName.ProviderName, Drain>>
  /** What drains have against asking providers. */
  readonly obstacles: Obstacles.Service
  readonly drain: (wish: Wish) => Effect.Effect<Drain, LastProvider | StorageError>
  readonly restore: (provider: ProviderName.ProviderName, reason: string) => Effect.Effect<void, StorageError>
}

/** So old what is known may be, and so long a database that does not answer is left alone. */
const freshNanos = 1_000_000_000n
/** So long a checkout waits for the database; then it goes on with what is known. */
const patience = "500 millis"

const make = Effect.gen(function* () {
  const store = yield* DrainStore
  const loading = yield* Semaphore.make(1)
  let known: ReadonlyArray<Drain> = yield* store.all
  let staleAt = (yield* Clock.monotonicTimeNanos) + freshNanos

  const load = Effect.gen(function* () {
    known = yield* store.all
  }).pipe(
    Effect.catchTag("StorageError", (error) => Effect.logWarning(error.message)),
    Effect.ensuring(
      Effect.map(Clock.monotonicTimeNanos, (now) => {
        staleAt = now + freshNanos
      }),
    ),
  )

  /** One caller looks for all, and none waits long; the others go on with what is known. */
  const refresh = Effect.gen(function* () {
    if ((yield* Clock.monotonicTimeNanos) < staleAt) return
    const look = yield* Effect.forkDetach(loading.withPermitsIfAvailable(1)(load), { startImmediately: true })
    yield* Effect.timeoutOption(Fiber.await(look), patience)
  })

  const standing: Service["standing"] = Effect.gen(function* () {
    yield* refresh
    const now = yield* Timestamp.now
    return new Map(known.filter((drain) => isStanding(drain, now)).map((drain) => [drain.provider, drain]))
  })

  return Drains.of({
    standing,
    obstacles: {
      obstacles: Effect.map(
        standing,
        (drains) => new Map(Array.from(drains.keys(), (provider) => [provider, "drained" as const])),
      ),
    },
    drain: Effect.fnUntraced(function* ({ actor, confirm, expiresIn, others, provider, reason }) {
      const drainedAt = yield* Timestamp.now
      const expiresAt = Option.map(expiresIn, (millis) => drainedAt + millis)
      const drain: Drain = { provider, reason, actor, drainedAt, expiresAt }
      const done = yield* store.drain(drain, confirm ? Option.none() : Option.some(others))
      if (!done) return yield* new LastProvider({ provider })
      yield* Effect.logWarning(`${provider} was taken out of routing by ${actor}: ${reason}`)
      yield* loading.withPermits(1)(load)
      return drain
    }, Tracing.span("Drains.drain")),
    restore: Effect.fnUntraced(function* (provider, reason) {
      const restored = yield* store.restore(provider, reason)
      if (restored) yield* Effect.logWarning(`${provider} was put back into routing: ${reason}`)
      yield* loading.withPermits(1)(load)
    }, Tracing.span("Drains.restore")),
  })
})

export class Drains extends Context.Service<Drains, Service>()("@payment-orchestrator/payments/Drains") {
  static readonly layer = Layer.effect(
    Drains,
    Effect.suspend(() => make),
  )
}
