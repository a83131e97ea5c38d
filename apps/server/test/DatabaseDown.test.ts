import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schedule } from "effect"
import * as Databases from "./Databases.ts"
import * as House from "./House.ts"

/** A database of its own, gone with the scope, that can be taken away and given back. */
const database = Effect.gen(function* () {
  const url = yield* Databases.postgres
  const name = new URL(url).pathname.slice(1)
  return {
    url,
    down: Databases.asAdministrator((sql) =>
      Effect.andThen(
        sql`alter database ${sql(name)} with allow_connections false`,
        sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`,
      ),
    ),
    up: Databases.asAdministrator((sql) => sql`alter database ${sql(name)} with allow_connections true`),
  }
})

const key = { "idempotency-key": "order-1" }
const orders = (house: House.House) => Effect.map(house.paypal.orders, (all) => all.length)

/** Sends the same request until it is answered with 201, at most 30 seconds. */
const finally201 = (house: House.House) =>
  House.open(house, {}, key).pipe(
    Effect.filterOrFail(
      ({ status }) => status === 201,
      ({ status, text }) => `${status} ${text}`,
    ),
    Effect.retry({ schedule: Schedule.spaced("500 millis"), times: 60 }),
  )

describe.skipIf(!Databases.postgresIsReachable)("a database that cannot be reached", () => {
  it.live(
    "F21: refuses a checkout before any provider is asked, is not ready, and goes on when the database is back",
    () =>
      Effect.gen(function* () {
        const db = yield* database
        const house = yield* House.start({ DATABASE_URL: db.url })
        const { secret } = yield* House.makeKey(house, { role: "viewer" })
        yield* db.down
        const refused = yield* House.open(house, {}, key)
        assert.strictEqual(refused.status, 503, refused.text)
        assert.deepInclude(refused.json as object, { code: "try_again", retryable: true })
        assert.strictEqual((yield* house.send("GET", "/readyz", { key: null })).status, 503)
        assert.strictEqual((yield* house.send("GET", "/v1/stats")).status, 503)
        assert.strictEqual((yield* house.send("GET", "/healthz", { key: null })).status, 200)
        // A key that cannot be looked up is not a wrong key; the environment's needs no look-up.
        assert.strictEqual((yield* house.send("GET", "/v1/providers", { key: secret })).status, 503)
        assert.strictEqual((yield* house.send("GET", "/v1/providers")).status, 200)
        const metrics = yield* house.send("GET", "/metrics", { key: null })
        assert.include(metrics.text, "payment_database_up 0")
        assert.include(metrics.text, 'payment_job_age_seconds{job="refund"} NaN')
        assert.strictEqual(yield* orders(house), 0)
        yield* db.up
        yield* finally201(house)
        assert.strictEqual(yield* orders(house), 1)
      }),
    60_000,
  )

  it.live(
    "F22: does not show a page that could not be recorded; the same key gets a page of the same checkout later",
    () =>
      Effect.gen(function* () {
        const db = yield* database
        const house = yield* House.start({ DATABASE_URL: db.url, PAYMENT_DEADLINE: "1.5" })
        yield* house.paypal.faults.add({
          route: "POST /v2/checkout/orders",
          fault: { kind: "Latency", millis: 800 },
          times: 1,
        })
        const opening = yield* Effect.forkChild(House.open(house, {}, key))
        yield* Effect.suspend(() => house.paypal.journal.count("POST /v2/checkout/orders")).pipe(
          Effect.filterOrFail(
            (calls) => calls > 0,
            () => "not asked yet",
          ),
          Effect.retry({ schedule: Schedule.spaced("10 millis"), times: 500 }),
        )
        yield* db.down
        const lost = yield* Fiber.join(opening)
        assert.strictEqual(lost.status, 503, lost.text)
        assert.notInclude(lost.text, "checkoutnow")
        yield* db.up
        const found = yield* finally201(house)
        const all = (yield* house.send("GET", "/v1/checkouts")).json as { data: ReadonlyArray<{ id: string }> }
        assert.deepStrictEqual(
          all.data.map(({ id }) => id),
          [(found.json as { id: string }).id],
        )
      }),
    90_000,
  )
})
