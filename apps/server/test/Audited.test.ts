import { assert, describe, it } from "@effect/vitest"
import { Database } from "@payment-orchestrator/storage"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Databases from "./Databases.ts"
import * as House from "./House.ts"
import * as Receiver from "./Receiver.ts"
import { until } from "./Time.ts"

interface Row {
  readonly actor: string
  readonly role: string
  readonly tenant_id: string | null
  readonly action: string
  readonly target: string
  readonly reason: string | null
  readonly address: string | null
  readonly request_id: string | null
}

const audit = (house: House.House, query = "") =>
  Effect.map(
    house.send("GET", `/v1/audit?limit=100${query}`),
    ({ json }) => (json as { readonly data: ReadonlyArray<Row> }).data,
  )

const environment = {
  PAYMENT_ENCRYPTION_KEY: Buffer.alloc(32, 5).toString("base64"),
  PAYMENT_ALLOW_PRIVATE_ENDPOINTS: "true",
}

describe("the audit log", () => {
  it.live("tells who changed endpoints and sent events again, from where, and by which request", () =>
    Effect.gen(function* () {
      const house = yield* House.start(environment)
      const shop = yield* Receiver.make()
      const { id: actor, secret: key } = yield* House.makeKey(house, { role: "merchant", tenant_id: "acme" })
      const made = yield* house.send("POST", "/v1/webhook_endpoints", { key, body: { url: shop.url } })
      const { id: endpoint } = made.json as { readonly id: string }
      const path = `/v1/webhook_endpoints/${endpoint}`
      const checkout = yield* house.send("POST", "/v1/checkouts", { key, body: { amount: "1.00", currency: "USD" } })
      assert.strictEqual(checkout.status, 201, checkout.text)
      const events = yield* house.send("GET", "/v1/events", { key })
      const event = (events.json as { readonly data: ReadonlyArray<{ readonly id: string }> }).data[0]?.id ?? ""
      yield* house.send("PATCH", path, { key, body: { description: "till 3" } })
      yield* house.send("POST", `${path}/rotate`, { key })
      yield* house.send("POST", `${path}/test`, { key })
      yield* house.send("POST", `${path}/redeliver`, { key, body: { since: "2020-01-01T00:00:00Z" } })
      yield* house.send("POST", `/v1/events/${event}/redeliver`, { key, headers: { "x-request-id": "asked-by-hand" } })
      yield* house.send("PATCH", path, { key, body: { status: "disabled" } })
      yield* house.send("PATCH", path, { key, body: { status: "enabled" } })
      yield* house.send("DELETE", path, { key })

      const rows = yield* audit(house, `&actor=${actor}`)
      assert.deepStrictEqual(
        rows.toReversed().map(({ action, target }) => [action, target]),
        [
          ["endpoint.create", endpoint],
          ["endpoint.change", endpoint],
          ["endpoint.rotate", endpoint],
          ["endpoint.test", endpoint],
          ["endpoint.redeliver", endpoint],
          ["event.redeliver", event],
          ["endpoint.disable", endpoint],
          ["endpoint.enable", endpoint],
          ["endpoint.remove", endpoint],
        ],
      )
      for (const row of rows) {
        assert.deepInclude(row, { role: "merchant", tenant_id: "acme", address: "127.0.0.1" })
        assert.match(row.request_id ?? "", row.action === "event.redeliver" ? /^asked-by-hand$/ : /^req_/)
      }
      assert.lengthOf(yield* audit(house, "&action=endpoint.rotate"), 1)
      assert.lengthOf(yield* audit(house, `&target=${event}`), 1)
    }),
  )

  it.live("tells why a checkout was expired and events were sent again, where somebody said so", () =>
    Effect.gen(function* () {
      const house = yield* House.start(environment)
      const shop = yield* Receiver.make()
      const made = yield* house.send("POST", "/v1/webhook_endpoints", { body: { url: shop.url } })
      const { id: endpoint } = made.json as { readonly id: string }
      const open = Effect.map(House.open(house), ({ json }) => (json as { readonly id: string }).id)
      const [first, second] = [yield* open, yield* open]
      const events = yield* house.send("GET", "/v1/events")
      const event = (events.json as { readonly data: ReadonlyArray<{ readonly id: string }> }).data[0]?.id ?? ""
      const body = { reason: "the buyer called" }
      for (const [path, sent] of [
        [`/v1/checkouts/${first}/expire`, { body }],
        // as `curl -d ''` sends it
        [
          `/v1/checkouts/${second}/expire`,
          { body: "", headers: { "content-type": "application/x-www-form-urlencoded" } },
        ],
        [`/v1/events/${event}/redeliver`, { body }],
        [`/v1/events/${event}/redeliver`, {}],
        [`/v1/webhook_endpoints/${endpoint}/redeliver`, { body: { since: "2020-01-01T00:00:00Z", ...body } }],
      ] as const) {
        const answer = yield* house.send("POST", path, sent)
        assert.oneOf(answer.status, [200, 202], answer.text)
      }
      assert.deepStrictEqual(
        (yield* audit(house)).toReversed().map(({ action, reason }) => [action, reason]),
        [
          ["endpoint.create", null],
          ["checkout.expire", "the buyer called"],
          ["checkout.expire", null],
          ["event.redeliver", "the buyer called"],
          ["event.redeliver", null],
          ["endpoint.redeliver", "the buyer called"],
        ],
      )
      const why = yield* house.send("GET", `/v1/checkouts/${first}/explain`)
      assert.include(why.text, "the buyer called")
      for (const [wrong, path] of [
        [{ reason: "x".repeat(256) }, "reason"],
        [{ reason: "two\nlines" }, "reason"],
        [{ reason: 7 }, "reason"],
        [{ why: "x" }, "why"],
      ] as const) {
        const answer = yield* house.send("POST", `/v1/events/${event}/redeliver`, { body: wrong })
        assert.strictEqual(answer.status, 400, JSON.stringify(wrong))
        const { errors } = answer.json as { readonly errors: ReadonlyArray<{ readonly path: string }> }
        assert.deepStrictEqual(
          errors.map((error) => error.path),
          [path],
          answer.text,
        )
      }
    }),
  )

  it.live("does not tell of what was refused", () =>
    Effect.gen(function* () {
      const house = yield* House.start(environment)
      const { secret: viewer } = yield* House.makeKey(house, { role: "viewer" })
      const made = yield* house.send("POST", "/v1/webhook_endpoints", { body: { url: "http://127.0.0.1:9/hook" } })
      const { id } = made.json as { readonly id: string }
      const before = (yield* audit(house)).length
      const refused = [
        yield* house.send("POST", `/v1/webhook_endpoints/${id}/rotate`, { key: viewer }),
        yield* house.send("DELETE", "/v1/webhook_endpoints/whe_00000000000000000000000000"),
        yield* house.send("POST", "/v1/events/evt_00000000000000000000000000/redeliver"),
      ]
      assert.deepStrictEqual(
        refused.map(({ status }) => status),
        [403, 404, 404],
      )
      assert.lengthOf(yield* audit(house), before)
    }),
  )
})

describe("another configuration than at the last start", () => {
  it.live("is in the audit log, by names; of secrets nothing else", () =>
    Effect.gen(function* () {
      const folder = yield* Databases.folder
      const file = join(folder, "payments.db")
      const version = Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const [row] = yield* sql<{ readonly version: number }>`select version from configuration_version`
        return row?.version
      }).pipe(Effect.provide(Database.layerSqlite(file, { exclusive: false }), { local: true }), Effect.orDie)
      const started = (recorded: number, more: { readonly [name: string]: string }) =>
        Effect.scoped(
          Effect.gen(function* () {
            const house = yield* House.start({ DATABASE_URL: `sqlite:${file}`, ...more })
            yield* until(version, (found) => found === recorded)
            const rows = yield* audit(house, "&action=configuration.changed")
            // The stand-ins' addresses are others at each start.
            const words = rows.map(({ reason }) => (reason ?? "").split("; ").filter((word) => !/_BASE_URL/.test(word)))
            const config = yield* house.send("GET", "/v1/config")
            return { rows, words, text: config.text + JSON.stringify(rows) + house.log.join("\n") }
          }),
        )
      const first = yield* started(1, { PAYMENT_HEDGE_AFTER: "2" })
      assert.deepStrictEqual(first.rows, [])
      const catalog = join(folder, "catalog.json")
      writeFileSync(catalog, JSON.stringify({ gold: { amount: "1.00", currency: "USD" } }))
      const second = yield* started(2, {
        PAYMENT_TIMEOUT: "20",
        STRIPE_WEBHOOK_SECRET: "whsec_canary_rotated",
        PAYMENT_CATALOG: catalog,
        LOG_LEVEL: "debug",
      })
      assert.lengthOf(second.rows, 1)
      assert.deepInclude(second.rows[0], { actor: "system", tenant_id: null, target: "configuration", address: null })
      assert.sameMembers(second.words[0]?.map((word) => word.replace(/→ [0-9a-f]{12}$/, "→ digest")) ?? [], [
        "PAYMENT_TIMEOUT: not set → 20",
        "PAYMENT_HEDGE_AFTER: 2 → not set",
        "STRIPE_WEBHOOK_SECRET changed",
        `PAYMENT_CATALOG: not set → ${catalog}`,
        "what PAYMENT_CATALOG holds: not set → digest",
      ])
      assert.notMatch(second.text, /canary/)
      for (const file of readdirSync(folder)) assert.isFalse(readFileSync(join(folder, file)).includes("whsec_canary"))
    }),
  )
})
