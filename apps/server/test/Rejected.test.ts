/** Deliveries that are refused are shown, and cost next to nothing. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { commitsIn } from "./Commits.ts"
import * as Databases from "./Databases.ts"
import { post } from "./hostile/Wire.ts"
import * as House from "./House.ts"
import * as Scrape from "./Scrape.ts"
import { until } from "./Time.ts"

/** As many as other tests allow for. */
const beside = 6

interface Rejected {
  readonly id: string
  readonly provider: string | null
  readonly reason: string
  readonly detail: string | null
  readonly address: string | null
  readonly count: number
  readonly headers: ReadonlyArray<string>
  readonly delivery_id: string | null
  readonly body_bytes: number | null
  readonly body_sha256: string | null
  readonly livemode: boolean
}

const rejected = (house: House.House, query = "") =>
  Effect.map(
    house.send("GET", `/v1/inbox/rejected?limit=100${query}`),
    ({ json }) => (json as { data: ReadonlyArray<Rejected> }).data,
  )

const counted = (all: ReadonlyArray<Rejected>) => all.reduce((sum, { count }) => sum + count, 0)

describe("GET /v1/inbox/rejected", () => {
  it.live("shows what was refused, why, and from where, without what it held", () =>
    Effect.gen(function* () {
      const house = yield* House.start({ PAYMENT_TRUSTED_PROXIES: "127.0.0.1" })
      const before = yield* Scrape.of(house)
      const send = (provider: string, headers: { [name: string]: string }, body = '{"canary":"canary-body"}') =>
        post(`${house.url}/webhooks/${provider}`, { headers, body: Buffer.from(body) })
      const stripe = { "stripe-signature": `t=1,v1=${"c".repeat(64)}`, "x-canary": "canary-header" }
      assert.strictEqual(yield* send("stripe", { ...stripe, "x-forwarded-for": "198.51.100.4" }), 400)
      assert.strictEqual(yield* send("stripe", { "x-forwarded-for": "198.51.100.5" }), 400)
      assert.strictEqual(
        yield* send("polar", {
          "webhook-id": "msg_1",
          "webhook-timestamp": "1",
          "webhook-signature": "v1,canarycanary",
        }),
        400,
      )
      assert.strictEqual(yield* send("polar", {}, "x".repeat(1_100_000)), 413)
      assert.strictEqual(yield* send("paypal", { "content-encoding": "gzip" }), 400)
      assert.strictEqual(yield* send("canary-provider", {}), 404)
      const all = yield* until(rejected(house), (rows) => counted(rows) === 6)
      assert.sameMembers(
        all.map(({ provider, reason }) => `${provider} ${reason}`),
        [
          "stripe bad_signature",
          "stripe missing_header",
          "polar bad_signature",
          "polar too_large",
          "paypal unreadable",
          "null unknown_provider",
        ],
      )
      const of = (reason: string) => all.find((row) => row.reason === reason)
      assert.deepInclude(of("missing_header"), {
        provider: "stripe",
        detail: "stripe-signature",
        address: "198.51.100.5",
        livemode: false,
      })
      assert.include(of("too_large")?.detail, "1 MiB")
      assert.deepInclude(of("too_large"), { body_bytes: null, address: "127.0.0.1" })
      assert.deepInclude(
        all.find(({ delivery_id }) => delivery_id !== null),
        { provider: "polar", delivery_id: "msg_1", body_bytes: 24 },
      )
      assert.include(all.find(({ address }) => address === "198.51.100.4")?.headers ?? [], "x-canary")
      assert.notMatch(JSON.stringify(all), /canary-|canarycanary|cccc/)
      assert.lengthOf(yield* rejected(house, "&provider=stripe"), 2)
      const after = yield* Scrape.of(house)
      const grown = (labels: { [label: string]: string }) =>
        Scrape.numberOf(after, "payment_webhooks_rejected_total", labels) -
        Scrape.numberOf(before, "payment_webhooks_rejected_total", labels)
      assert.strictEqual(grown({ provider: "polar", reason: "too_large" }), 1)
      assert.strictEqual(grown({ provider: "unknown", reason: "unknown_provider" }), 1)
      assert.strictEqual(grown({}), 6)
    }),
  )

  it.live("costs one commit a second at most, however many are forged", () =>
    Effect.gen(function* () {
      const file = join(yield* Databases.folder, "payments.db")
      const house = yield* House.start({ DATABASE_URL: `sqlite:${file}`, PAYMENT_RATE_LIMIT: "500" })
      yield* Effect.sleep("2 seconds")
      const commits = Effect.sync(() => commitsIn(readFileSync(`${file}-wal`)))
      const before = yield* commits
      const forgery = { headers: { "stripe-signature": `t=1,v1=${"0".repeat(64)}` }, body: Buffer.from("{}") }
      const [took, statuses] = yield* Effect.timed(
        Effect.forEach(Array.from({ length: 2_000 }), () => post(`${house.url}/webhooks/stripe`, forgery), {
          concurrency: 8,
        }),
      )
      assert.sameMembers([...new Set(statuses)], [400, 429])
      const all = yield* until(rejected(house), (rows) => counted(rows) === 2_000)
      assert.sameMembers(
        all.map(({ count, reason }) => `${reason} ${count}`),
        ["bad_signature 1200", "rate_limited 800"],
      )
      // One at its beginning, one at its end, and what goes on beside the requests: leases, checks, retention.
      assert.isAtMost((yield* commits) - before, Math.ceil(Duration.toSeconds(took)) + 2 + beside)
    }),
  )
})
