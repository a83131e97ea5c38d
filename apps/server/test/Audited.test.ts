import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as House from "./House.ts"
import * as Receiver from "./Receiver.ts"

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
