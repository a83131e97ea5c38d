import { assert, it } from "@effect/vitest"
import { Timestamp } from "@payment-orchestrator/domain"
import { Deliveries, DeliveryStore, EndpointStore, EventLog } from "@payment-orchestrator/payments"
import { Clock, Deferred, Duration, Effect, Fiber, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { Webhook } from "standardwebhooks"
import { onEachBackend, onEachSharedBackend } from "./Backends.ts"
import * as Merchants from "./Merchants.ts"
import * as Sample from "./Sample.ts"

const shop = "https://shop.example/hook"
const other = "https://other.example/hook"

const deliveries = Effect.flatMap(DeliveryStore.DeliveryStore, (store) => store.list({ limit: 100 }))
const statuses = Effect.map(deliveries, (all) => all.map(({ status }) => status))

/** Sends what is due now and then every so often, in place of a process that looks every second. */
const sweepFor = Effect.fnUntraced(function* (time: Duration.Input, every: Duration.Input = "4 minutes") {
  const end = (yield* Timestamp.now) + Duration.toMillis(time)
  yield* Merchants.sweep
  while ((yield* Timestamp.now) < end) {
    yield* TestClock.adjust(Math.min(Duration.toMillis(every), end - (yield* Timestamp.now)))
    yield* Merchants.sweep
  }
})

type Process = Layer.Success<ReturnType<typeof Merchants.process>>
type Body<E> = (world: Merchants.World) => Effect.Effect<void, E, Process>

onEachBackend("deliveries", ({ empty }) => {
  /** With a world of merchants and one process. */
  const test = <E>(name: string, body: Body<E>) =>
    it.effect(name, () => {
      const world = Merchants.makeWorld()
      return Effect.provide(body(world), Merchants.process(empty, world), { local: true })
    })

  test("go to every endpoint of the tenant that wants the type, once each, and to nobody else", (world) =>
    Effect.gen(function* () {
      yield* Merchants.endpoint("https://a.example/all")
      yield* Merchants.endpoint("https://b.example/family", { events: ["provider.*", "*", "provider.down"] })
      yield* Merchants.endpoint("https://c.example/type", { events: ["provider.down"] })
      yield* Merchants.endpoint("https://d.example/others", { events: ["payment.*", "provider.up"] })
      yield* Merchants.endpoint("https://e.example/tenant", { tenantId: "tenant_b" })
      assert.isTrue(yield* Merchants.tell("paypal", "one"))
      assert.isFalse(yield* Merchants.tell("paypal", "one"), "it was told twice")
      yield* Merchants.endpoint("https://f.example/late")
      assert.strictEqual(yield* Merchants.sweep, 3)
      assert.strictEqual(yield* Merchants.sweep, 0)
      assert.sameMembers(
        world.sent.map(({ url }) => url),
        ["https://a.example/all", "https://b.example/family", "https://c.example/type"],
      )
      assert.deepStrictEqual(yield* statuses, ["succeeded", "succeeded", "succeeded"])
    }))

  test("F54: are made in the transaction that tells the event, and undone with it", (world) =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* Merchants.endpoint(shop)
      const undone = yield* Effect.exit(
        sql.withTransaction(Effect.andThen(Merchants.tell("paypal", "one"), Effect.fail("the change was undone"))),
      )
      assert.strictEqual(undone._tag, "Failure")
      assert.deepStrictEqual(yield* deliveries, [])
      const checkout = yield* Sample.shown()
      yield* Merchants.sweep
      const [message] = world.sent
      assert.isDefined(message)
      if (message === undefined) return
      const { data, object_id, sequence, type } = Merchants.read(message)
      assert.deepStrictEqual([type, object_id, sequence], ["checkout.opened", checkout.id, 1])
      assert.deepInclude(data, { id: checkout.id, amount: "99.99", status: "open" })
    }))

  test("are signed so that the standardwebhooks package believes them, by the old secret too for a day after a rotation", (world) =>
    Effect.gen(function* () {
      yield* TestClock.setTime(yield* Effect.sync(() => Clock.Clock.defaultValue().currentTimeMillisUnsafe()))
      const store = yield* EndpointStore.EndpointStore
      const first = yield* Merchants.endpoint(shop)
      const which = { id: first.endpoint.id, tenantId: undefined }
      const send = Effect.fnUntraced(function* (key: string) {
        yield* Merchants.tell("paypal", key)
        yield* Merchants.sweep
        const message = world.sent.at(-1)
        if (message === undefined) return yield* Effect.die("nothing was sent")
        return message
      })
      const verifies = (secret: string, { body, headers }: { readonly body: string; readonly headers: object }) => {
        try {
          new Webhook(secret).verify(body, { ...headers })
          return true
        } catch {
          return false
        }
      }
      const message = yield* send("one")
      const secret = Merchants.secretOf(first)
      assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
      assert.strictEqual(message.headers["webhook-id"], Merchants.read(message).id)
      assert.isTrue(verifies(secret, message))
      assert.isFalse(verifies(secret, { ...message, body: message.body.replace("paypal", "paypai") }), "a changed byte")
      assert.isFalse(
        verifies(secret, { ...message, headers: { ...message.headers, "webhook-timestamp": "1700000000" } }),
        "an old timestamp",
      )
      assert.isFalse(verifies(`whsec_${Buffer.alloc(32, 1).toString("base64")}`, message), "a wrong secret")

      const second = Merchants.secretOf(Option.getOrThrow(yield* store.rotate(which)))
      const during = yield* send("two")
      assert.isTrue(verifies(secret, during) && verifies(second, during))
      yield* TestClock.adjust("24 hours")
      const after = yield* send("three")
      const now = String(
        Math.floor((yield* Effect.sync(() => Clock.Clock.defaultValue().currentTimeMillisUnsafe())) / 1000),
      )
      assert.lengthOf((after.headers["webhook-signature"] ?? "").split(" "), 1)
      assert.isFalse(verifies(secret, { ...after, headers: { ...after.headers, "webhook-timestamp": now } }))
    }))

  test("F53: are tried again by the schedule while an endpoint is dead for 72 hours, and all arrive within 5 minutes of its return", (world) =>
    Effect.gen(function* () {
      let dead = true
      world.servers.set(shop, () => Effect.succeed(dead ? "connection_refused" : 200))
      yield* Merchants.endpoint(shop, { events: ["provider.*"] })
      yield* Merchants.endpoint(other, { events: ["provider.*"] })
      for (let told = 0; told < 24; told += 1) {
        yield* Merchants.tell(`object_${told % 5}`, `k${told}`)
        yield* sweepFor("2 hours", "1 hour")
        const sent = world.sent.length
        yield* told === 12 ? sweepFor("1 hour", "1 minute") : sweepFor("1 hour", "1 hour")
        if (told === 12) assert.isAtLeast(world.sent.length - sent, 12, "it was not probed every five minutes")
      }
      assert.lengthOf(Merchants.reasons(world, other), 24, "the endpoint that works was held up")
      assert.deepStrictEqual(
        (yield* deliveries).filter(({ status }) => status === "failed"),
        [],
        "something was given up",
      )
      dead = false
      const before = world.sent.length
      yield* sweepFor("5 minutes")
      const arrived = world.sent.slice(before)
      assert.sameMembers(
        arrived.map((message) => Merchants.read(message).data.reason),
        Array.from({ length: 24 }, (_, told) => `k${told}`),
      )
    }))

  test("F53: to an endpoint that is there and fails some are not left waiting: its next success makes what failed due again", (world) =>
    Effect.gen(function* () {
      const failures = new Map([
        ["unlucky", 6],
        ["poison", Infinity],
      ])
      world.servers.set(shop, (message) =>
        Effect.sync(() => {
          const { reason = "" } = Merchants.read(message).data
          const left = failures.get(reason) ?? 0
          failures.set(reason, left - 1)
          return left > 0 ? 500 : 200
        }),
      )
      yield* Merchants.endpoint(shop)
      for (const key of failures.keys()) yield* Merchants.tell(key, key)
      const arrived = (reason: string) => Merchants.reasons(world).filter((one) => one === reason).length
      const goOn = Effect.fnUntraced(function* (times: number, pause: Duration.Input) {
        for (let i = 0; i < times; i += 1) {
          const key = `at ${yield* Timestamp.now}`
          yield* Merchants.tell(key, key)
          yield* Merchants.sweep
          yield* TestClock.adjust(pause)
        }
      })
      yield* goOn(30, "1 seconds")
      assert.strictEqual(arrived("unlucky"), 7, "it waits, though others got through")
      yield* goOn(30, "20 minutes")
      assert.isAtMost(arrived("poison"), 40, "what is to blame itself is sent again and again")
    }))

  test("F53: are all due once their endpoint has taken one after an outage, though it fails again at once", (world) =>
    Effect.gen(function* () {
      let dead = true
      world.servers.set(shop, () => Effect.succeed(dead ? 500 : 200))
      const { endpoint } = yield* Merchants.endpoint(shop)
      const store = yield* DeliveryStore.DeliveryStore
      for (const key of ["one", "two", "three"]) yield* Merchants.tell(key, key)
      yield* sweepFor("8 hours", "30 minutes")
      const startedAt = yield* Timestamp.now
      const [first, second] = yield* deliveries
      if (first === undefined || second === undefined) return yield* Effect.die("no deliveries")
      const tried = { endpointId: endpoint.id, startedAt, durationMs: 1 }
      const failed = { _tag: "Failed", status: Option.some(500), retryAfter: Option.none() } as const
      yield* store.record([
        { ...tried, id: first.id, result: { _tag: "Succeeded" }, status: 200, error: null },
        { ...tried, id: second.id, durationMs: 2, result: failed, status: 500, error: "http_500" },
      ])
      dead = false
      yield* sweepFor("4 minutes", "10 seconds")
      assert.deepStrictEqual(new Set(yield* statuses), new Set(["succeeded"]))
    }))

  test("F53: wait as long as Retry-After asks for on 429 and 503, all of that endpoint", (world) =>
    Effect.gen(function* () {
      let busy = true
      const wait = Option.some(Duration.toMillis("40 minutes"))
      world.servers.set(shop, () => Effect.succeed(busy ? { status: 429, retryAfter: wait } : 200))
      yield* Merchants.endpoint(shop)
      yield* Merchants.tell("a", "one")
      yield* Merchants.sweep
      yield* Merchants.tell("b", "two")
      yield* sweepFor("36 minutes")
      assert.deepStrictEqual(Merchants.reasons(world), ["one"])
      busy = false
      yield* sweepFor("8 minutes")
      assert.sameMembers([...Merchants.reasons(world)], ["one", "one", "two"])
    }))

  test("F55: of one object arrive one after the other, in order; one that has failed holds nobody up", (world) =>
    Effect.gen(function* () {
      yield* Merchants.endpoint(shop)
      let refused = 0
      const began: Array<string> = []
      world.servers.set(shop, (message) =>
        Effect.gen(function* () {
          const { data, sequence } = Merchants.read(message)
          const reason = data.reason ?? ""
          began.push(reason)
          yield* Effect.yieldNow
          if (reason === "x1" && refused === 0) {
            refused += 1
            assert.notInclude(began, "x2", "a later event overtook one on its first try")
            return 500
          }
          assert.isAbove(sequence, 0)
          return 200
        }),
      )
      for (const key of ["x1", "x2", "x3"]) yield* Merchants.tell("x", key)
      for (const key of ["y1", "y2", "y3"]) yield* Merchants.tell("y", key)
      yield* Merchants.sweep
      assert.deepStrictEqual(
        began.filter((reason) => reason.startsWith("x")),
        ["x1", "x2", "x3"],
      )
      assert.deepStrictEqual(
        began.filter((reason) => reason.startsWith("y")),
        ["y1", "y2", "y3"],
      )
      yield* TestClock.adjust("6 seconds")
      yield* Merchants.sweep
      assert.deepStrictEqual(began.at(-1), "x1")
      assert.deepStrictEqual(new Set(yield* statuses), new Set(["succeeded"]))
    }))

  test("that hang hold up nobody else's, and not more than a few connections", (world) =>
    Effect.gen(function* () {
      let hanging = 0
      world.servers.set(shop, () =>
        Effect.suspend(() => {
          hanging += 1
          return Effect.never
        }),
      )
      yield* Merchants.endpoint(shop)
      yield* Merchants.endpoint(other)
      for (let i = 0; i < 30; i += 1) yield* Merchants.tell(`object_${i}`, `k${i}`)
      const running = yield* Effect.forkChild(Merchants.sweep)
      yield* Effect.repeat(Effect.yieldNow, { while: () => Merchants.reasons(world, other).length < 30 }).pipe(
        Effect.andThen(Effect.void),
      )
      assert.isAtMost(hanging, 4)
      yield* TestClock.adjust("15 seconds")
      yield* Effect.yieldNow
      const timedOut = (yield* deliveries).filter(({ lastError }) => lastError === "timeout")
      yield* Fiber.interrupt(running)
      assert.isAtMost(timedOut.length, 4)
    }))

  test("are sent again to every endpoint that wants them, or to one; an event of another tenant is not there", (world) =>
    Effect.gen(function* () {
      const store = yield* DeliveryStore.DeliveryStore
      const log = yield* EventLog.EventLog
      yield* Merchants.endpoint(shop)
      yield* Merchants.tell("paypal", "one")
      yield* Merchants.sweep
      const late = yield* Merchants.endpoint(other)
      const [event] = yield* log.list({ limit: 1 })
      if (event === undefined) return yield* Effect.die("no event")
      assert.deepStrictEqual(yield* store.redeliver(event.id, "tenant_b", undefined), Option.none())
      assert.deepStrictEqual(yield* store.redeliver(event.id, "default", undefined), Option.some(2))
      yield* Merchants.sweep
      assert.sameMembers(
        world.sent.map(({ url }) => url),
        [other, shop, shop],
      )
      assert.deepStrictEqual(yield* store.redeliver(event.id, undefined, late.endpoint.id), Option.some(1))
      yield* Merchants.sweep
      assert.strictEqual(world.sent.at(-1)?.url, other)
      assert.lengthOf(new Set(world.sent.map(({ headers }) => headers["webhook-id"])), 1)
      const stranger = yield* Merchants.endpoint("https://b.example/", { tenantId: "tenant_b" })
      assert.deepStrictEqual(yield* store.redeliver(event.id, undefined, stranger.endpoint.id), Option.none())
    }))

  test("of a test go to the endpoint that is tested alone", (world) =>
    Effect.gen(function* () {
      const store = yield* DeliveryStore.DeliveryStore
      const { endpoint } = yield* Merchants.endpoint(shop, { events: ["payment.*"] })
      yield* Merchants.endpoint(other)
      const made = Option.getOrThrow(yield* store.test(endpoint.id))
      assert.deepInclude(made, { status: "pending", eventType: "endpoint.test", endpointId: endpoint.id })
      yield* Merchants.sweep
      assert.deepStrictEqual(
        world.sent.map(({ url }) => url),
        [shop],
      )
      assert.deepStrictEqual(yield* store.redeliver(made.eventId, undefined, undefined), Option.some(1))
    }))

  test("to an endpoint that is deleted are canceled, and its secrets are forgotten", (world) =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const store = yield* EndpointStore.EndpointStore
      const { endpoint } = yield* Merchants.endpoint(shop)
      yield* Merchants.tell("paypal", "one")
      assert.isFalse(yield* store.remove({ id: endpoint.id, tenantId: "tenant_b" }))
      assert.isTrue(yield* store.remove({ id: endpoint.id, tenantId: "default" }))
      assert.isFalse(yield* store.remove({ id: endpoint.id, tenantId: "default" }))
      yield* Merchants.tell("paypal", "two")
      yield* Merchants.sweep
      assert.deepStrictEqual(world.sent, [])
      assert.deepStrictEqual(yield* statuses, ["canceled"])
      const [row] = yield* sql`select secret, old_secret from endpoints`
      assert.deepStrictEqual(Object.values(row ?? {}), ["", null])
    }))

  test("to another URL of their endpoint go at once, whatever the old one did", (world) =>
    Effect.gen(function* () {
      world.servers.set(shop, () => Effect.succeed("dns"))
      const { endpoint } = yield* Merchants.endpoint(shop)
      const store = yield* EndpointStore.EndpointStore
      yield* Merchants.tell("paypal", "one")
      yield* sweepFor("3 hours")
      yield* store.change({ id: endpoint.id, tenantId: undefined }, { url: other })
      yield* Merchants.sweep
      assert.deepStrictEqual(Merchants.reasons(world, other), ["one"])
    }))
})

onEachSharedBackend("deliveries", (backend) => {
  it.effect("are neither sent nor used up by a process that cannot read the secret, and sent by one that can", () =>
    Effect.gen(function* () {
      const world = Merchants.makeWorld()
      yield* Effect.gen(function* () {
        yield* Merchants.endpoint(shop)
        yield* Merchants.tell("paypal", "one")
        const stranger = Merchants.process(backend.another, world, 8)
        assert.strictEqual(yield* Effect.provide(Merchants.sweep, stranger, { local: true }), 0)
        assert.deepInclude((yield* deliveries)[0], { status: "pending", tries: 0 })
        assert.strictEqual(yield* Merchants.sweep, 1)
      }).pipe(Effect.provide(Merchants.process(backend.empty, world), { local: true }))
    }),
  )

  it.effect("are sent once each by two processes that share the work", () =>
    Effect.gen(function* () {
      const world = Merchants.makeWorld()
      yield* Effect.gen(function* () {
        const twin = yield* Layer.build(Merchants.process(backend.another, world))
        for (let i = 0; i < 5; i += 1) yield* Merchants.endpoint(`https://shop${i}.example/`)
        for (let i = 0; i < 40; i += 1) yield* Merchants.tell(`object_${i}`, `k${i}`)
        const both = [Merchants.sweep, Effect.provideContext(Merchants.sweep, twin)]
        yield* Effect.all([...both, ...both], { concurrency: "unbounded" })
        yield* Merchants.sweep
        assert.lengthOf(world.sent, 200)
        assert.lengthOf(new Set(world.sent.map(({ headers, url }) => `${url} ${headers["webhook-id"]}`)), 200)
      }).pipe(Effect.provide(Merchants.process(backend.empty, world), { local: true }))
    }),
  )

  it.effect("F58: of a process that died are sent by another once its lane is over", () =>
    Effect.gen(function* () {
      const world = Merchants.makeWorld()
      yield* Effect.gen(function* () {
        const store = yield* DeliveryStore.DeliveryStore
        const { endpoint } = yield* Merchants.endpoint(shop)
        yield* Merchants.tell("paypal", "one")
        assert.isTrue(yield* store.enter({ endpointId: endpoint.id, holder: "the one that died" }, 8_000))
        assert.isTrue(Option.isSome(yield* store.load({ endpointId: endpoint.id, holder: "the one that died" }, 5)))
        assert.strictEqual(yield* Merchants.sweep, 0)
        yield* TestClock.adjust("7 seconds")
        assert.strictEqual(yield* Merchants.sweep, 0)
        yield* TestClock.adjust("1 seconds")
        assert.strictEqual(yield* Merchants.sweep, 1)
        assert.isTrue(Option.isNone(yield* store.load({ endpointId: endpoint.id, holder: "the one that died" }, 5)))
      }).pipe(Effect.provide(Merchants.process(backend.empty, world), { local: true }))
    }),
  )

  it.effect("are sent as they become due by a process that runs, and its end waits for what is being sent", () =>
    Effect.gen(function* () {
      const world = Merchants.makeWorld()
      yield* Effect.gen(function* () {
        const { run } = yield* Deliveries.Deliveries
        yield* Merchants.endpoint(shop)
        const arrived = yield* Deferred.make<void>()
        const answer = yield* Deferred.make<void>()
        world.servers.set(shop, () =>
          Effect.as(Effect.andThen(Deferred.succeed(arrived, undefined), Deferred.await(answer)), 200),
        )
        const worker = yield* Effect.forkChild(run)
        yield* TestClock.adjust("2 seconds")
        yield* Merchants.tell("paypal", "one")
        yield* Deferred.await(arrived)
        const stopped = yield* Effect.forkChild(Fiber.interrupt(worker))
        yield* TestClock.adjust("100 millis")
        yield* Deferred.succeed(answer, undefined)
        // The database takes real time: the five seconds that the end waits would be over before it has answered.
        yield* Effect.andThen(TestClock.adjust("20 millis"), TestClock.withLive(Effect.sleep("20 millis"))).pipe(
          Effect.repeat({ while: () => stopped.pollUnsafe() === undefined }),
        )
        assert.deepStrictEqual(yield* statuses, ["succeeded"])
      }).pipe(Effect.provide(Merchants.process(backend.empty, world), { local: true }))
    }),
  )
})
