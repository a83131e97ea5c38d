/** Endpoints that take no events: how far they come before they are disabled, and who is told of it. */
import { assert, it } from "@effect/vitest"
import { type Alert, Timestamp } from "@payment-orchestrator/domain"
import { Alerts, DeliveryStore, EndpointStore } from "@payment-orchestrator/payments"
import { Duration, Effect, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import { onEachBackend } from "./Backends.ts"
import * as Merchants from "./Merchants.ts"

const shop = "https://shop.example/hook?token=secret"
const onCall = "https://oncall.example/hook"

/** The people on call: an endpoint that hears of alerts, and whoever is notified. */
const watched = Effect.fnUntraced(function* (world: Merchants.World) {
  const notified: Array<Alert.Alert> = []
  const alerts = yield* Layer.build(
    Layer.fresh(
      Alerts.Alerts.layer({
        thresholds: { warning: 0.1, critical: 0.5 },
        windowMillis: 300_000,
        livemode: false,
        providers: Effect.succeed([]),
        skews: Effect.succeed([]),
      }),
    ),
  ).pipe(
    Effect.provideService(Alerts.AlertNotifier, (alert) => Effect.sync(() => void notified.push(alert))),
    Effect.flatMap((context) => Effect.provideContext(Alerts.Alerts, context)),
  )
  yield* Merchants.endpoint(onCall, { events: ["alert.*"] })
  const evaluate = Effect.andThen(alerts.evaluate, Merchants.sweep)
  return {
    evaluate,
    /** Sends what is due, and looks at what is wrong, every so often. */
    pass: Effect.fnUntraced(function* (time: Duration.Input, every: Duration.Input = "4 hours") {
      const end = (yield* Timestamp.now) + Duration.toMillis(time)
      yield* Effect.andThen(Merchants.sweep, evaluate)
      while ((yield* Timestamp.now) < end) {
        yield* TestClock.adjust(every)
        yield* Effect.andThen(Merchants.sweep, evaluate)
      }
    }),
    /** What an endpoint was told of alerts. */
    told: (url: string) =>
      world.sent
        .filter((message) => message.url === url)
        .map(Merchants.read)
        .filter(({ type }) => type.startsWith("alert."))
        .map(({ data, type }) => [type, data["severity"], data["summary"]].join(" ")),
    notified,
    open: Effect.map(alerts.list({ open: true, limit: 10 }), (all) =>
      all.filter(({ kind }) => kind === "endpoint_dead"),
    ),
  }
})

type Process = Layer.Success<ReturnType<typeof Merchants.process>>

const hours = (n: number) => `the endpoint at shop.example has taken no event for ${n} hours; it is disabled after 120`
const disabled = "the endpoint at shop.example was disabled: it took no event for 120 hours"

onEachBackend("dead endpoints", ({ empty }) => {
  const test = <E>(
    name: string,
    body: (
      world: Merchants.World,
      watch: Effect.Success<ReturnType<typeof watched>>,
    ) => Effect.Effect<void, E, Process>,
  ) =>
    it.effect(name, () => {
      const world = Merchants.makeWorld()
      const process = Merchants.process(empty, world)
      return Effect.provide(
        Effect.flatMap(watched(world), (watch) => body(world, watch)),
        process,
        { local: true },
      )
    })

  test("F53: are alerts at 50, 70 and 90 % of five days, then disabled; what waits is parked, and sent again on demand", (world, watch) =>
    Effect.gen(function* () {
      const { notified, open, pass, told } = watch
      let dead = true
      world.servers.set(shop, () => Effect.succeed(dead ? 500 : 204))
      const { endpoint } = yield* Merchants.endpoint(shop)
      const endpoints = yield* EndpointStore.EndpointStore
      const store = yield* DeliveryStore.DeliveryStore
      const which = { id: endpoint.id, tenantId: "default" }
      let facts = 0
      const tell = Effect.suspend(() => Merchants.tell("paypal", `fact ${(facts += 1)}`))
      yield* tell
      yield* pass("56 hours")
      assert.deepStrictEqual(yield* open, [])
      yield* pass("16 hours")
      assert.deepInclude((yield* open)[0], { kind: "endpoint_dead", severity: "warning", subject: endpoint.id })
      yield* tell
      yield* pass("48 hours")
      assert.deepStrictEqual(told(onCall), [
        `alert.raised warning ${hours(60)}`,
        `alert.raised warning ${hours(84)}`,
        `alert.raised critical ${hours(108)}`,
        `alert.raised critical ${disabled}`,
      ])
      assert.strictEqual(notified.length, 4, "the people on call were not told as often as the endpoints")
      const [alert] = yield* open
      assert.deepInclude(alert, { severity: "critical", summary: disabled, clearedAt: null })
      assert.lengthOf(yield* open, 1)
      assert.deepStrictEqual(told(shop), [], "it was sent its own alert")
      assert.notInclude(JSON.stringify(notified), "token")

      assert.deepInclude(Option.getOrThrow(yield* endpoints.find(which)), {
        status: "disabled",
        disabledReason: "failing",
      })
      const sent = () => world.sent.filter(({ url }) => url === shop).length
      const before = sent()
      yield* tell
      yield* pass("4 hours")
      assert.strictEqual(sent(), before, "something was sent to a disabled endpoint")
      const parked = (yield* store.list({ endpointId: endpoint.id, limit: 10 })).map(({ status }) => status)
      assert.deepStrictEqual(parked, ["failed", "failed", "failed"])

      dead = false
      const enabled = Option.getOrThrow(yield* endpoints.change(which, { status: "enabled" }))
      assert.deepInclude(enabled, { status: "enabled", disabledReason: null, failingSince: null })
      yield* pass("10 minutes", "5 minutes")
      assert.deepStrictEqual(yield* open, [], "it is enabled, and its alert stays")
      assert.strictEqual(told(onCall).at(-1), `alert.cleared critical ${disabled}`)
      assert.strictEqual(sent(), before)
      assert.strictEqual(yield* store.redeliverFailed(endpoint.id, 0), 3)
      yield* Merchants.sweep
      assert.strictEqual(sent(), before + 3)
    }))

  test("F53: are no alert any more once they take an event, have another URL, are disabled by their owner, or deleted", (world, watch) =>
    Effect.gen(function* () {
      const { evaluate, open, pass } = watch
      const endpoints = yield* EndpointStore.EndpointStore
      const urls = ["works", "moved", "disabled", "deleted"].map((name) => `https://${name}.example/`)
      const [works = "", moved = "", stopped = "", deleted = ""] = urls
      const ids = new Map<string, EndpointStore.Endpoint["id"]>()
      for (const url of urls) {
        world.servers.set(url, () => Effect.succeed("connection_refused"))
        ids.set(url, (yield* Merchants.endpoint(url, { events: ["provider.*"] })).endpoint.id)
      }
      const which = (url: string) =>
        Effect.map(Effect.fromNullishOr(ids.get(url)), (id) => ({ id, tenantId: undefined })).pipe(Effect.orDie)
      yield* Merchants.tell("paypal", "one")
      yield* pass("60 hours")
      const subjects = Effect.map(open, (all) => all.map(({ subject }) => subject))
      assert.sameMembers([...(yield* subjects)], [...ids.values()])
      world.servers.set(works, () => Effect.succeed(204))
      yield* Merchants.tell("paypal", "two")
      yield* Effect.andThen(Merchants.sweep, evaluate)
      assert.notInclude(yield* subjects, ids.get(works))
      yield* endpoints.change(yield* which(moved), { url: "https://new.example/" })
      yield* evaluate
      assert.notInclude(yield* subjects, ids.get(moved))
      yield* endpoints.change(yield* which(stopped), { status: "disabled" })
      yield* evaluate
      assert.notInclude(yield* subjects, ids.get(stopped))
      yield* endpoints.remove(yield* which(deleted))
      yield* evaluate
      assert.deepStrictEqual(yield* open, [])
    }))

  test("F53: that answered 410 are disabled and an alert at once", (world, { evaluate, pass, told }) =>
    Effect.gen(function* () {
      world.servers.set(shop, () => Effect.succeed(410))
      const { endpoint } = yield* Merchants.endpoint(shop, { events: ["provider.*"] })
      for (const key of ["one", "two", "three"]) yield* Merchants.tell(key, key)
      yield* Effect.andThen(Merchants.sweep, evaluate)
      const store = yield* EndpointStore.EndpointStore
      const found = Option.getOrThrow(yield* store.find({ id: endpoint.id, tenantId: undefined }))
      assert.deepInclude(found, { status: "disabled", disabledReason: "gone" })
      yield* pass("1 hour", "4 minutes")
      assert.isAtMost(world.sent.filter(({ url }) => url === shop).length, 4)
      assert.deepStrictEqual(told(onCall), [
        "alert.raised critical the endpoint at shop.example was disabled: it answered 410 Gone",
      ])
    }))
})
