/** How often the database must write to the disk: counted in SQLite's own log, where every commit ends a frame. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { opened } from "./Buyer.ts"
import { commitsIn } from "./Commits.ts"
import * as Databases from "./Databases.ts"
import * as House from "./House.ts"
import { until } from "./Time.ts"

const howMany = 12
/** What goes on beside the requests: leases, checks, retention. */
const beside = 6

const make = Effect.gen(function* () {
  const file = join(yield* Databases.folder, "payments.db")
  const house = yield* House.start({ DATABASE_URL: `sqlite:${file}`, PAYMENT_RATE_LIMIT: "0" })
  yield* Effect.sleep("2 seconds")
  return { house, commits: Effect.sync(() => commitsIn(readFileSync(`${file}-wal`))) }
})

describe("with SQLite", () => {
  it.live("a checkout costs two commits", () =>
    Effect.gen(function* () {
      const { commits, house } = yield* make
      const before = yield* commits
      for (let i = 0; i < howMany; i++) yield* opened(house, { order_id: `order-${i}` })
      const made = (yield* commits) - before
      assert.isAtLeast(made, 2 * howMany)
      assert.isAtMost(made, 2 * howMany + beside)
    }),
  )

  it.live("a webhook that is applied costs two commits at most", () =>
    Effect.gen(function* () {
      const { commits, house } = yield* make
      const orders = yield* Effect.forEach(Array.from({ length: howMany }), () =>
        opened(house, { preferred_provider: "polar" }),
      )
      const told = Effect.map(house.send("GET", "/v1/inbox?limit=100&provider=polar"), ({ json }) =>
        (json as { data: ReadonlyArray<{ state: string }> }).data.map(({ state }) => state),
      )
      const settled = until(told, (states) => states.every((state) => state === "applied" || state === "ignored"))
      const [opening, start] = [yield* settled, yield* commits]
      yield* Effect.forEach(orders, (order) => house.polar.buyer.pay(order.provider_session_id))
      yield* Effect.sleep("1 second")
      const webhooks = (yield* settled).length - opening.length
      assert.isAtLeast(webhooks, howMany)
      assert.isAtMost((yield* commits) - start, 2 * webhooks + beside)
    }),
  )
})
