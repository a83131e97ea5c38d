import { assert, describe, it } from "@effect/vitest"
import { Fault, PayPalEmulator, PolarEmulator } from "@payment-orchestrator/emulators"
import { Array, Effect, Option, Schema } from "effect"
import * as Databases from "./Databases.ts"
import * as Shop from "./Shop.ts"

const Stats = Schema.Struct({
  total_requests: Schema.Int,
  failovers: Schema.Int,
  provider_usage: Schema.Record(Schema.String, Schema.Int),
  failover_rate: Schema.Unknown,
})

const Failovers = Schema.Struct({
  data: Schema.Array(
    Schema.Struct({ id: Schema.String, checkout_id: Schema.String, from: Schema.String, reason: Schema.String }),
  ),
})

const howMany = 50

const make = Effect.gen(function* () {
  const paypal = yield* PayPalEmulator.make()
  const polar = yield* PolarEmulator.make()
  const database = yield* Databases.postgres
  const environment = {
    PAYMENT_PROVIDER_ORDER: "paypal,polar",
    // Nothing hangs here: on a busy machine a second would be short, and PayPal given up.
    PAYMENT_TIMEOUT: "15",
    PAYMENT_DEADLINE: "30",
    POLAR_BASE_URL: polar.url,
    POLAR_API_KEY: "polar_oat_emulator",
    POLAR_WEBHOOK_SECRET: "whsec_cmVwbGljYXMtb2Ytb25lLWRhdGFiYXNl",
    POLAR_CARRIER_PRODUCT_ID: PolarEmulator.carrierProductId,
  }
  const left = yield* Shop.make({ database, paypal, webhooks: true, environment })
  const right = yield* Shop.make({ database, paypal, webhooks: false, environment })
  yield* Effect.all([left.start, right.start], { concurrency: 2 })
  return { paypal, left, right, both: [left, right] as const }
})

const opened = (shop: Shop.Shop, order: Shop.Order) =>
  Effect.flatMap(shop.open(order), (checkout) => Effect.orDie(Effect.fromOption(checkout)))

const numbered = (name: string, count: number) =>
  Array.makeBy(count, (index): Shop.Order => ({ reference: `${name}-${index}` }))

describe.skipIf(!Databases.postgresIsReachable)("two servers on one PostgreSQL database", () => {
  it.live(
    "F34, F58: take the money of 50 orders once, under 200 returns at both and the webhooks at one",
    () =>
      Effect.gen(function* () {
        const { both, left, paypal, right } = yield* make
        const checkouts = yield* Effect.forEach(
          numbered("paid", howMany),
          (order, index) => opened(index % 2 === 0 ? left : right, order),
          { concurrency: 10 },
        )
        yield* Effect.forEach(
          checkouts,
          (checkout) =>
            Effect.andThen(
              Effect.orDie(paypal.buyer.approve(checkout.provider_session_id ?? "none")),
              Effect.forEach([left, right, left, right], (shop) => shop.back(checkout), { concurrency: 4 }),
            ),
          { concurrency: howMany },
        )
        yield* Effect.forEach(
          checkouts,
          ({ id }) =>
            Shop.until(
              `${id} is paid`,
              Effect.map(right.checkout(id), ({ status }) => status === "paid"),
              { every: "100 millis", within: "30 seconds" },
            ),
          { concurrency: 8 },
        )
        const captures = yield* paypal.captures
        assert.lengthOf(captures, howMany)
        assert.sameMembers(
          captures.map(({ orderId }) => orderId),
          checkouts.map(({ provider_session_id }) => provider_session_id ?? "none"),
        )
        for (const { id } of checkouts) {
          const seen = yield* Effect.forEach(both, (shop) => shop.payments(id))
          assert.lengthOf(seen[0] ?? [], 1, id)
          assert.deepStrictEqual(seen[0], seen[1])
        }
      }),
    180_000,
  )

  it.live(
    "F58: open one checkout for one key that both get at once, and tell the same of it",
    () =>
      Effect.gen(function* () {
        const { both, left, paypal, right } = yield* make
        const orders = numbered("same", 10)
        yield* Effect.forEach(
          orders,
          (order) =>
            Effect.gen(function* () {
              const answers = yield* Effect.forEach(both, (shop) => shop.ask(order), { concurrency: 2 })
              const statuses = answers.flatMap(Option.toArray).map(({ status }) => status)
              assert.include(statuses, 201)
              for (const status of statuses) assert.include([201, 409], status)
              const again = yield* Effect.forEach(both, (shop) => opened(shop, order))
              assert.deepStrictEqual(again[0], again[1])
              assert.lengthOf(yield* right.find(order), 1)
            }),
          { concurrency: 5 },
        )
        assert.lengthOf(yield* paypal.orders, orders.length)

        yield* paypal.faults.add({ route: "POST /v2/checkout/orders", fault: Fault.status(503) })
        const failedOver = yield* Effect.forEach(both, (shop, index) => opened(shop, { reference: `over-${index}` }))
        const stats = yield* Effect.forEach(both, (shop) => shop.read("/v1/stats", Stats))
        assert.deepStrictEqual(stats[0], stats[1])
        assert.deepInclude(stats[0], { total_requests: 12, provider_usage: { paypal: 10, polar: 2 } })
        const log = yield* Effect.forEach(both, (shop) => shop.read("/v1/failovers", Failovers))
        assert.deepStrictEqual(log[0], log[1])
        assert.sameMembers(
          (log[0]?.data ?? []).map(({ checkout_id }) => checkout_id),
          failedOver.map(({ id }) => id),
        )
        assert.strictEqual(stats[0]?.failovers, log[0]?.data.length)
        yield* left.checkout(failedOver[1]?.id ?? "none")
      }),
    180_000,
  )
})
