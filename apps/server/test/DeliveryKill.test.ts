import { assert, describe, it } from "@effect/vitest"
import { ProviderName } from "@payment-orchestrator/domain"
import { PayPalEmulator } from "@payment-orchestrator/emulators"
import { EventLog } from "@payment-orchestrator/payments"
import { Database, EventLog as StoredEvents } from "@payment-orchestrator/storage"
import { Array, ConfigProvider, Effect, Fiber, Layer, Option, Random, Schema } from "effect"
import * as Databases from "./Databases.ts"
import * as Receiver from "./Receiver.ts"
import * as Shop from "./Shop.ts"

const burst = 2_000
const checkouts = 150
const objects = 150
const failingShare = 0.3
const buyersAtOnce = 3

const Endpoint = Schema.Struct({ secret: Schema.String })
const Event = Schema.Struct({ id: Schema.String, type: Schema.String, object_id: Schema.String })
const Events = Schema.Struct({ data: Schema.Array(Event), next_cursor: Schema.NullOr(Schema.String) })

/** How a merchant's server answers one call after the other. */
const rolls = Random.next.pipe(
  Effect.map((chance) => {
    if (chance >= failingShare) return 204
    return chance < failingShare / 3 ? "cut" : chance < (2 * failingShare) / 3 ? 500 : 503
  }),
  Effect.replicateEffect(50_000),
  Random.withSeed("a shop's bad day"),
)

/** A merchant's server that fails by chance. What is genuine and answered with 2xx has arrived. */
const unreliable = Effect.gen(function* () {
  const receiver = yield* Receiver.make()
  const answers = yield* rolls
  const arrived = new Set<string>()
  const state = { secret: "" }
  let failed = 0
  receiver.behave((received, response) => {
    if (!Receiver.isGenuine(received, state.secret)) return void response.writeHead(400).end()
    const answer = answers[receiver.all.length % answers.length] ?? "cut"
    if (answer === 204) arrived.add(Receiver.told(received).id)
    else failed += 1
    if (answer === "cut") response.socket?.destroy()
    else response.writeHead(answer).end()
  })
  return { ...receiver, state, arrived, failedShare: () => failed / receiver.all.length }
})

/** Facts that are told beside the server's own, each in a transaction as another process on its database tells it. */
const tellBeside = (database: string, count: number) => {
  const provider = ProviderName.ProviderName.make("paypal")
  const facts = Array.makeBy(count, (i) => ({ objectId: `object_${i % objects}`, key: `fact_${i}` }))
  return Effect.flatMap(EventLog.EventLog, (log) =>
    Effect.forEach(
      facts,
      ({ key, objectId }) =>
        log.tell({
          type: "provider.down",
          objectId,
          key,
          provider,
          livemode: false,
          data: { provider, state: "down", reason: key, since: 0 },
        }),
      { discard: true },
    ),
  ).pipe(
    Effect.provide(
      StoredEvents.layer.pipe(
        Layer.provide(Database.layer({ exclusive: false, poolSize: 1 })),
        Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ DATABASE_URL: database }))),
      ),
      { local: true },
    ),
    Effect.orDie,
  )
}

const everyEvent = Effect.fnUntraced(function* (shop: Shop.Shop) {
  const events: Array<typeof Event.Type> = []
  let after = ""
  for (;;) {
    const { data, next_cursor } = yield* shop.read(`/v1/events?limit=100${after}`, Events)
    events.push(...data)
    if (next_cursor === null) return events
    after = `&cursor=${next_cursor}`
  }
})

/** Opens checkouts until so many were answered with 201, whoever is killed meanwhile. */
const buy = Effect.fnUntraced(function* (shop: Shop.Shop) {
  const opened = new Set<string>()
  let orders = 0
  const buyer = Effect.gen(function* () {
    while (opened.size < checkouts) {
      const checkout = yield* shop.open({ reference: `order-${(orders += 1)}` })
      if (Option.isSome(checkout)) opened.add(checkout.value.id)
      else yield* Effect.sleep("50 millis")
    }
  })
  yield* Effect.all(Array.replicate(buyer, buyersAtOnce), { concurrency: "unbounded" })
  return opened
})

const killedInABurst = Effect.fnUntraced(function* (database: string) {
  const receiver = yield* unreliable
  const shop = yield* Shop.make({
    database,
    paypal: yield* PayPalEmulator.make(),
    webhooks: false,
    environment: {
      PAYMENT_ENCRYPTION_KEY: Buffer.alloc(32, 9).toString("base64"),
      PAYMENT_ALLOW_PRIVATE_ENDPOINTS: "true",
    },
  })
  const arrive = (count: number) =>
    Shop.until(
      `${count} events arrive`,
      Effect.sync(() => receiver.arrived.size >= count),
      { every: "1 millis", within: "2 minutes" },
    )

  const first = yield* shop.start
  const made = yield* shop.send("POST", "/v1/webhook_endpoints", { body: { url: receiver.url } })
  receiver.state.secret = (yield* Effect.orDie(
    Schema.decodeEffect(Schema.fromJsonString(Endpoint))(Option.getOrThrow(made).text),
  )).secret
  const buying = yield* Effect.forkChild(buy(shop))
  const telling = yield* Effect.forkChild(tellBeside(database, burst - checkouts))
  yield* arrive(burst / 8)
  yield* first.kill
  const second = yield* shop.start
  yield* arrive(burst / 2)
  yield* second.kill
  assert.isBelow(receiver.arrived.size, burst, "it was killed after the burst")
  yield* shop.start
  const opened = yield* Fiber.join(buying)
  yield* Fiber.join(telling)
  const events = yield* everyEvent(shop)
  yield* Shop.until(
    `all of ${events.length} events arrive`,
    Effect.sync(() => events.every(({ id }) => receiver.arrived.has(id))),
    { every: "20 millis", within: "2 minutes" },
  )

  assert.isAtLeast(events.length, burst)
  assert.isAtLeast(receiver.failedShare(), 0.25)
  const ofCheckouts = events.filter(({ type }) => type === "checkout.opened").map(({ object_id }) => object_id)
  assert.includeMembers(ofCheckouts, [...opened], "a checkout that was answered with 201 was never told")
  assert.lengthOf(new Set(ofCheckouts), ofCheckouts.length, "a checkout was told twice")
  const bodies = new Map<string, string>()
  for (const received of receiver.all) {
    const { id } = Receiver.told(received)
    assert.strictEqual(received.headers["webhook-id"], id)
    assert.strictEqual(received.body, bodies.get(id) ?? received.body, "an event was sent again as another")
    bodies.set(id, received.body)
  }
})

describe.concurrent("F54: a server that is killed twice during a burst of 2,000 events", () => {
  it.live(
    "has each arrive at an endpoint that fails 30 % of calls, under one webhook-id, on SQLite",
    () => Effect.flatMap(Databases.sqlite, killedInABurst),
    480_000,
  )

  it.live.skipIf(!Databases.postgresIsReachable)(
    "has each arrive at an endpoint that fails 30 % of calls, under one webhook-id, on PostgreSQL",
    () => Effect.flatMap(Databases.postgres, killedInABurst),
    480_000,
  )
})
