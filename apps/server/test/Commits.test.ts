/** How often the database must write to the disk: counted in SQLite's own log, where every commit ends a frame. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { opened } from "./Buyer.ts"
import * as Databases from "./Databases.ts"
import * as House from "./House.ts"
import { until } from "./Time.ts"

const howMany = 12
/** What goes on beside the requests: leases, checks, retention. */
const beside = 6

/** https://www.sqlite.org/fileformat.html#the_write_ahead_log: a frame with a size after it is a commit. */
const commitsIn = (wal: Buffer): number => {
  const page = wal.readUInt32BE(8)
  const salt = wal.subarray(16, 24)
  let commits = 0
  for (let at = 32; at + 24 + page <= wal.length; at += 24 + page) {
    if (!wal.subarray(at + 8, at + 16).equals(salt)) break
    if (wal.readUInt32BE(at + 4) > 0) commits += 1
  }
  return commits
}

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
