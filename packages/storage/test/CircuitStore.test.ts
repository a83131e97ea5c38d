import { assert, it } from "@effect/vitest"
import { Circuits, CircuitStore, type Lane } from "@payment-orchestrator/core"
import { PaymentError, ProviderName } from "@payment-orchestrator/domain"
import { Database, Storage } from "@payment-orchestrator/storage"
import { Context, Deferred, Duration, Effect, Layer, Redacted, Result } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { onEachBackend, onEachSharedBackend, onPostgres } from "./Backends.ts"
import * as Proxy from "./Proxy.ts"

const paypal = ProviderName.ProviderName.make("paypal")
const opening: Lane.Lane = { provider: paypal, laneClass: "inert" }

const failing = (reason: "http" | "rate_limited", retryAfterMillis?: number) =>
  Effect.fail(
    new PaymentError.TransientPaymentError({
      provider: paypal,
      operation: "createCheckoutSession",
      reason,
      outcome: "unknown",
      ...(retryAfterMillis === undefined ? {} : { retryAfterMillis }),
    }),
  )
const down = failing("http")
const up = Effect.succeed("page")

/** One process on the database that is given. */
const replica = Effect.gen(function* () {
  const store = yield* CircuitStore.CircuitStore
  const context = yield* Layer.build(
    Layer.fresh(Layer.provide(Circuits.layerNoDeps, Layer.succeed(CircuitStore.CircuitStore, store))),
  )
  return Context.get(context, Circuits.Circuits)
})

const ask = (circuits: Circuits.Service, turn: Effect.Effect<string, PaymentError.PaymentError>) =>
  Effect.map(
    circuits.guard(opening, () => turn),
    (ended) => (Result.isSuccess(ended) ? ended.success : typeof ended.failure === "string" ? ended.failure : "error"),
  )

onEachBackend("the circuits", ({ empty }) => {
  it.effect("are given back as they were written, and not written when a step changes nothing", () =>
    Effect.gen(function* () {
      const store = yield* CircuitStore.CircuitStore
      assert.strictEqual((yield* store.load).size, 0)
      const row: CircuitStore.Row = {
        circuit: {
          state: "half_open",
          generation: 7,
          streak: 2,
          streakAt: 1_800_000_000_001,
          openUntil: 1_800_000_000_002,
          openFor: 120_000,
          openings: 5,
          resetAt: 1_800_000_000_003,
          leaseUntil: 1_800_000_000_004,
        },
        holds: { throttledUntil: 1_800_000_000_005, refusedUntil: 1_800_000_000_006 },
      }
      assert.strictEqual(
        yield* store
          .change("paypal:inert", (before) => [before, row])
          .pipe(Effect.map(({ circuit }) => circuit.generation)),
        0,
      )
      assert.deepStrictEqual(yield* store.load, new Map([["paypal:inert", row]]))
      yield* store.change("polar:read", (before) => [undefined, before])
      const sql = yield* SqlClient.SqlClient
      yield* sql`update circuits set streak = 3 where lane = 'paypal:inert'`
      yield* store.change("paypal:inert", (before) => [undefined, before])
      assert.strictEqual((yield* store.load).get("paypal:inert")?.circuit.streak, 3)
    }).pipe(Effect.provide(empty, { local: true })),
  )

  it.effect("survive a restart: open, throttled, and refused", () =>
    Effect.gen(function* () {
      const first = yield* replica
      yield* Effect.replicateEffect(ask(first, down), 3)
      const restarted = yield* replica
      assert.deepStrictEqual(yield* restarted.state({ name: paypal }), {
        circuit: "open",
        obstacle: "circuit_open",
        retryAfterMillis: 5_000,
      })
      assert.strictEqual(yield* ask(restarted, up), "circuit_open")
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* ask(restarted, failing("rate_limited", 60_000)), "error")
      yield* restarted.credentials(paypal, "refused")
      const again = yield* replica
      assert.deepInclude(yield* again.state({ name: paypal }), {
        circuit: "half_open",
        obstacle: "credentials_refused",
      })
      yield* again.credentials(paypal, "accepted")
      assert.deepInclude(yield* again.state({ name: paypal }), { obstacle: "throttled", retryAfterMillis: 60_000 })
    }).pipe(Effect.provide(empty, { local: true })),
  )
})

onEachSharedBackend("the circuits of two processes", ({ another, dialect, empty }) => {
  const test = (name: string, body: (first: Circuits.Service, second: Circuits.Service) => Effect.Effect<void>) =>
    it.effect(name, () =>
      Effect.gen(function* () {
        const first = yield* replica
        yield* Effect.provide(
          Effect.flatMap(replica, (second) => body(first, second)),
          another,
          { local: true },
        )
      }).pipe(Effect.provide(empty, { local: true })),
    )

  test("count each other's failures, and skip what the other has found down within a second", (first, second) =>
    Effect.gen(function* () {
      yield* ask(first, down)
      yield* ask(second, down)
      yield* ask(first, down)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* ask(second, up), "circuit_open")
      assert.strictEqual((yield* second.state({ name: paypal })).retryAfterMillis, 4_000)
    }))

  test("F56: do not ask what the other has opened while this process was idle", (first, second) =>
    Effect.gen(function* () {
      yield* Effect.replicateEffect(ask(first, down), 3)
      yield* TestClock.adjust("2 seconds")
      const answers = yield* Effect.all(
        Array.from({ length: 20 }, () => ask(second, up)),
        { concurrency: "unbounded" },
      )
      assert.deepStrictEqual(new Set(answers), new Set(["circuit_open"]))
    }))

  // SQLite waits for another connection's lock without letting this process go on, and one process owns a file anyway.
  if (dialect === "sqlite") return

  test("F56: send one probe between them, however many come at once", (first, second) =>
    Effect.gen(function* () {
      yield* Effect.replicateEffect(ask(first, down), 3)
      yield* TestClock.adjust("5 seconds")
      const gate = yield* Deferred.make<void>()
      let rejected = 0
      const probing = (circuits: Circuits.Service) =>
        Effect.tap(ask(circuits, Effect.as(Deferred.await(gate), "page")), (answer) => {
          if (answer === "circuit_open") rejected += 1
          return rejected === 39 ? Deferred.succeed(gate, undefined) : Effect.void
        })
      const answers = yield* Effect.all(
        Array.from({ length: 40 }, (_, i) => probing(i % 2 === 0 ? first : second)),
        { concurrency: "unbounded" },
      )
      assert.strictEqual(answers.filter((answer) => answer === "page").length, 1)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual([yield* ask(first, up), yield* ask(second, up)], ["page", "page"])
    }))

  test("F56: do not let a result from before the opening close what the other has opened", (first, second) =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const [late] = yield* Effect.all(
        [
          ask(first, Effect.as(Deferred.await(gate), "page")),
          Effect.andThen(Effect.replicateEffect(ask(second, down), 3), Deferred.succeed(gate, undefined)),
        ],
        { concurrency: 2 },
      )
      assert.strictEqual(late, "page")
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* first.state({ name: paypal })).circuit, "open")
    }))

  test("F9: try refused credentials again with one checkout between them", (first, second) =>
    Effect.gen(function* () {
      yield* first.credentials(paypal, "refused")
      yield* TestClock.adjust("30 seconds")
      const gate = yield* Deferred.make<void>()
      let skipped = 0
      const trying = (circuits: Circuits.Service) =>
        Effect.tap(ask(circuits, Effect.as(Deferred.await(gate), "page")), (answer) => {
          if (answer === "credentials_refused") skipped += 1
          return skipped === 9 ? Deferred.succeed(gate, undefined) : Effect.void
        })
      const answers = yield* Effect.all(
        Array.from({ length: 10 }, (_, i) => trying(i % 2 === 0 ? first : second)),
        { concurrency: "unbounded" },
      )
      assert.strictEqual(answers.filter((answer) => answer === "page").length, 1)
    }))
})

onPostgres("circuits whose database goes away", ({ empty }, url) => {
  it.live("go on in memory, after a second at most", () =>
    Effect.gen(function* () {
      const proxy = yield* Proxy.make(Redacted.value(url))
      yield* Effect.gen(function* () {
        const circuits = yield* replica
        yield* ask(circuits, down)
        yield* proxy.silence
        const [spent, answer] = yield* Effect.timed(ask(circuits, down))
        assert.strictEqual(answer, "error")
        assert.isBelow(Duration.toMillis(spent), 4_000)
        yield* proxy.cut
        yield* ask(circuits, down)
        assert.strictEqual(yield* ask(circuits, up), "circuit_open")
        yield* proxy.restore
      }).pipe(Effect.provide(Layer.fresh(Storage.layerOver(Database.layerPostgres(proxy.url)))))
    }).pipe(Effect.provide(empty, { local: true })),
  )
})
