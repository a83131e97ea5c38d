/**
 * The live stream: one look at the database serves everybody who follows. An event has its time before it is committed,
 * so each look goes back as far as a transaction may last, and what was seen is known by its id.
 */
import { type Id, Timestamp, Tracing } from "@payment-orchestrator/domain"
import { EventLog, type StorageError } from "@payment-orchestrator/payments"
import {
  Array,
  type Cause,
  Context,
  Deferred,
  Effect,
  Layer,
  Option,
  Queue,
  Schema,
  type Scope,
  Semaphore,
  Stream,
} from "effect"
import { Sse } from "effect/encoding"

/** Longer than the database lets a transaction live. */
const lookBackMillis = 20_000
const lookEvery = "1 second"
const heartbeat = "15 seconds"
const pageSize = 100
/** Messages that wait for one reader; one that falls behind further is cut off, and comes back with `Last-Event-ID`. */
const behind = 1_000
const mostReaders = 64

/** As many follow as one process serves. */
export class TooManyReaders extends Schema.TaggedError<TooManyReaders>()("TooManyReaders", {}) {
  override get message(): string {
    return `${mostReaders} streams are open already; close one`
  }
}

/** `Last-Event-ID` is no event that the reader may see. */
export class UnknownEvent extends Schema.TaggedError<UnknownEvent>()("UnknownEvent", {}) {}

export interface Reader {
  /** Undefined: every tenant's. */
  readonly tenantId: string | undefined
  /** The last event that the reader has. */
  readonly after: Option.Option<Id.EventId>
}

export interface Service {
  /** The bytes of server-sent events, until the reader goes, falls far behind, or the server stops. */
  readonly follow: (
    reader: Reader,
  ) => Effect.Effect<Stream.Stream<Uint8Array>, TooManyReaders | UnknownEvent | StorageError>
  /** From now on and as long as the scope: waits until something more is told of an object. */
  readonly watch: (objectId: string) => Effect.Effect<Effect.Effect<void>, StorageError, Scope.Scope>
  /** Ends every stream. */
  readonly close: Effect.Effect<void>
}

export class LiveFeed extends Context.Service<LiveFeed, Service>()("@payment-orchestrator/server/LiveFeed") {
  static readonly layer = Layer.effect(
    LiveFeed,
    Effect.suspend(() => make),
  )
}

type Event = EventLog.StoredEvent

const encoder = new TextEncoder()

const message = (event: Event) =>
  Sse.encoder.write({ _tag: "Event", event: event.type, id: event.id, data: EventLog.textOf(event) })

/** Its first comment lets the answer's head go out at once. */
const heartbeats = Stream.map(Stream.tick(heartbeat), () => ":\n\n")

const make = Effect.gen(function* () {
  const log = yield* EventLog.EventLog
  const bell = yield* log.hear
  const stopping = yield* Deferred.make<void>()
  const looking = yield* Semaphore.make(1)
  const readers = new Set<Queue.Queue<Event, Cause.Done>>()
  const watchers = new Set<{ readonly objectId: string; readonly bell: Queue.Queue<void> }>()
  let seen: ReadonlySet<string> = new Set()

  /** The ids that were not there at the look before. */
  const look = Effect.gen(function* () {
    const recent = yield* log.recent((yield* Timestamp.now) - lookBackMillis)
    const fresh = recent.filter(({ id }) => !seen.has(id))
    seen = new Set(recent.map(({ id }) => id))
    return fresh.map(({ id }) => id)
  })

  const isFollowed = () => readers.size > 0 || watchers.size > 0

  const give = (event: Event) => {
    for (const { bell, objectId } of watchers) if (objectId === event.objectId) Queue.offerUnsafe(bell, undefined)
    for (const reader of readers) {
      if (!Queue.offerUnsafe(reader, event)) {
        readers.delete(reader)
        Queue.endUnsafe(reader)
      }
    }
  }

  const publish = Effect.gen(function* () {
    if (!isFollowed()) return
    for (const ids of Array.chunksOf(yield* look, pageSize)) (yield* log.read(ids)).forEach(give)
  }).pipe(looking.withPermits(1))

  yield* Effect.timeoutOption(Queue.take(bell), lookEvery).pipe(
    Effect.andThen(publish),
    Effect.catchTag("StorageError", (error) => Effect.logWarning(error.message)),
    Effect.forever,
    Effect.forkScoped,
  )

  /** What is told from now on. */
  const join = Effect.gen(function* () {
    if (!isFollowed()) yield* look
    const reader = yield* Queue.dropping<Event, Cause.Done>(behind)
    readers.add(reader)
    return reader
  }).pipe(looking.withPermits(1))

  const watch = Effect.fnUntraced(function* (objectId: string) {
    const watcher = { objectId, bell: yield* Queue.sliding<void>(1) }
    const enter = Effect.gen(function* () {
      if (!isFollowed()) yield* look
      watchers.add(watcher)
    }).pipe(looking.withPermits(1))
    yield* Effect.acquireRelease(enter, () => Effect.sync(() => watchers.delete(watcher)))
    return Queue.take(watcher.bell)
  })

  const leave = (reader: Queue.Queue<Event, Cause.Done>) => Effect.sync(() => readers.delete(reader))

  /** What was told since a position. */
  const missed = (from: EventLog.Position, tenantId: string | undefined): Stream.Stream<Event, StorageError> =>
    Stream.paginate(from, (position) =>
      Effect.map(log.after(position, pageSize, tenantId), (page) => {
        const last = page.at(-1)
        const next = page.length < pageSize || last === undefined ? undefined : { at: last.createdAt, id: last.id }
        return [page, Option.fromUndefinedOr(next)] as const
      }),
    )

  /** Joins first, so that nothing falls between what was missed and what comes; what both hold is sent once. */
  const events = (from: Option.Option<EventLog.Position>, tenantId: string | undefined) =>
    Stream.unwrap(
      Effect.gen(function* () {
        const reader = yield* Effect.acquireRelease(join, leave)
        const joined = yield* Timestamp.now
        const sent = new Set<string>()
        const before = (Option.isNone(from) ? Stream.empty : missed(from.value, tenantId)).pipe(
          Stream.tap(({ createdAt, id }) =>
            Effect.sync(() => (createdAt >= joined - lookBackMillis ? sent.add(id) : undefined)),
          ),
        )
        const coming = Stream.fromQueue(reader).pipe(
          Stream.filter((event) => (tenantId === undefined || event.tenantId === tenantId) && !sent.has(event.id)),
        )
        return Stream.concat(before, coming)
      }),
    ).pipe(
      Stream.catchTag("StorageError", (error) => Stream.drain(Stream.fromEffect(Effect.logWarning(error.message)))),
      Stream.map(message),
    )

  const positionOf = ({ after, tenantId }: Reader) =>
    Effect.gen(function* () {
      if (Option.isNone(after)) return Option.none<EventLog.Position>()
      const found = yield* log.find(after.value)
      if (!Option.exists(found, (event) => tenantId === undefined || event.tenantId === tenantId)) {
        return yield* new UnknownEvent()
      }
      return Option.map(found, ({ createdAt }) => ({ at: createdAt - lookBackMillis, id: "" }))
    })

  return LiveFeed.of({
    watch,
    close: Effect.asVoid(Deferred.succeed(stopping, undefined)),
    follow: Effect.fnUntraced(function* (reader) {
      if (readers.size >= mostReaders) return yield* new TooManyReaders()
      const from = yield* positionOf(reader)
      return events(from, reader.tenantId).pipe(
        Stream.merge(heartbeats, { haltStrategy: "left" }),
        Stream.map((text) => encoder.encode(text)),
        Stream.interruptWhen(Deferred.await(stopping)),
      )
    }, Tracing.span("LiveFeed.follow")),
  })
})
