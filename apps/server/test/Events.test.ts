import { assert, describe, it } from "@effect/vitest"
import { EventCatalogue } from "@payment-orchestrator/domain"
import { Effect, Schema } from "effect"
import * as House from "./House.ts"
import * as Receiver from "./Receiver.ts"
import * as Shop from "./Shop.ts"

const key = Buffer.alloc(32, 5).toString("base64")
const open = { PAYMENT_ENCRYPTION_KEY: key, PAYMENT_ALLOW_PRIVATE_ENDPOINTS: "true" }

const Endpoint = Schema.Struct({
  id: Schema.String,
  url: Schema.String,
  events: Schema.Array(Schema.String),
  status: Schema.String,
  disabled_reason: Schema.NullOr(Schema.String),
  tenant_id: Schema.String,
  secret: Schema.optionalKey(Schema.String),
})
const Delivery = Schema.Struct({
  id: Schema.String,
  event_id: Schema.String,
  event_type: Schema.String,
  status: Schema.String,
  tries: Schema.Int,
  last_status: Schema.NullOr(Schema.Int),
  last_error: Schema.NullOr(Schema.String),
})
const page = <S extends Schema.Constraint>(item: S) =>
  Schema.Struct({ data: Schema.Array(item), next_cursor: Schema.NullOr(Schema.String) })

const read = <S extends Schema.Codec<unknown, unknown>>(schema: S, answer: House.Answer, status = 200) => {
  assert.strictEqual(answer.status, status, answer.text)
  return Effect.orDie(Schema.decodeUnknownEffect(schema)(answer.json))
}

const make = Effect.fnUntraced(function* (environment: { readonly [name: string]: string } = open) {
  const house = yield* House.start(environment)
  const endpoint = (body: object) =>
    Effect.flatMap(house.send("POST", "/v1/webhook_endpoints", { body }), (answer) => read(Endpoint, answer, 201))
  const deliveries = (query = "") =>
    Effect.map(
      Effect.flatMap(house.send("GET", `/v1/deliveries${query}`), (answer) => read(page(Delivery), answer)),
      ({ data }) => data,
    )
  return { ...house, house, endpoint, deliveries }
})

const until = (what: string, condition: Effect.Effect<boolean>) => Shop.until(what, condition, { every: "20 millis" })

/** What a shop's server has got. */
const arrived = (shop: Receiver.Receiver, count: number) =>
  until(
    `${count} events arrive`,
    Effect.sync(() => shop.all.length >= count),
  )

describe("events", () => {
  it.live("are sent as they happen, signed, and are the same in the list, one by one, and in the delivery", () =>
    Effect.gen(function* () {
      const shop = yield* Receiver.make()
      const { deliveries, endpoint, house, send } = yield* make()
      const { id, secret = "" } = yield* endpoint({ url: shop.url, events: ["checkout.*"], description: "orders" })
      yield* House.open(house)
      yield* arrived(shop, 1)
      const [received] = shop.all
      if (received === undefined) return
      assert.isTrue(Receiver.isGenuine(received, secret))
      assert.isFalse(Receiver.isGenuine({ ...received, body: received.body.replace("99.99", "99.98") }, secret))
      assert.strictEqual(received.headers["content-type"], "application/json")
      const told = Receiver.told(received)
      assert.strictEqual(received.headers["webhook-id"], told.id)
      const event = yield* Effect.orDie(
        Schema.decodeEffect(Schema.fromJsonString(EventCatalogue.EventJson))(received.body),
      )
      assert.strictEqual(event.type, "checkout.opened")

      const one = yield* send("GET", `/v1/events/${told.id}`)
      assert.strictEqual(one.text, received.body)
      const list = yield* send("GET", "/v1/events?type=checkout.opened")
      assert.strictEqual(list.text, `{"data":[${received.body}],"next_cursor":null}`)
      const none = yield* send("GET", `/v1/events?object_id=${told.object_id}&type=checkout.paid`)
      assert.deepStrictEqual(none.json, { data: [], next_cursor: null })
      yield* until(
        "it is recorded",
        Effect.map(deliveries(), ([first]) => first?.status === "succeeded"),
      )
      assert.deepInclude((yield* deliveries(`?endpoint_id=${id}&status=succeeded`))[0], {
        event_id: told.id,
        event_type: "checkout.opened",
        tries: 1,
        last_status: 204,
        last_error: null,
      })
      assert.deepStrictEqual(yield* deliveries("?status=failed"), [])
      assert.strictEqual((yield* send("GET", "/v1/events/evt_00000000000000000000000000")).status, 404)
    }),
  )

  it.live("are sent again on demand: to all, to one endpoint, and everything that failed since a time", () =>
    Effect.gen(function* () {
      const shop = yield* Receiver.make()
      const { deliveries, endpoint, house, send } = yield* make()
      const { id } = yield* endpoint({ url: shop.url, events: ["checkout.*"] })
      shop.answer(410)
      yield* House.open(house)
      yield* arrived(shop, 1)
      const told = Receiver.told(shop.all[0] ?? { headers: {}, body: "{}", at: 0 })
      const isDisabled = Effect.map(
        Effect.flatMap(send("GET", `/v1/webhook_endpoints/${id}`), (answer) => read(Endpoint, answer)),
        ({ disabled_reason, status }) => status === "disabled" && disabled_reason === "gone",
      )
      yield* until("410 disables it", isDisabled)
      yield* until(
        "it is parked",
        Effect.map(deliveries("?status=failed"), ({ length }) => length === 1),
      )
      yield* until(
        "it is an alert",
        Effect.map(send("GET", "/v1/alerts"), ({ text }) => text.includes("endpoint_dead") && text.includes(id)),
      )
      const since = { body: { since: "2020-01-01T00:00:00Z" } }
      for (const [path, options] of [
        [`/v1/webhook_endpoints/${id}/test`, {}],
        [`/v1/webhook_endpoints/${id}/redeliver`, since],
      ] as const) {
        const refused = yield* send("POST", path, options)
        assert.strictEqual(refused.status, 409, refused.text)
        assert.include(refused.text, "is disabled (gone): enable it first")
      }
      const named = yield* send("POST", `/v1/events/${told.id}/redeliver?endpoint_id=${id}`)
      assert.strictEqual(named.status, 404, "a disabled endpoint was sent something")

      shop.answer(200)
      assert.strictEqual(
        (yield* send("PATCH", `/v1/webhook_endpoints/${id}`, { body: { status: "enabled" } })).status,
        200,
      )
      const again = yield* send("POST", `/v1/webhook_endpoints/${id}/redeliver`, since)
      assert.deepStrictEqual(again.json, { deliveries: 1 })
      yield* arrived(shop, 2)
      const all = yield* send("POST", `/v1/events/${told.id}/redeliver`)
      assert.strictEqual(all.status, 202)
      assert.deepStrictEqual(all.json, { deliveries: 1 })
      yield* arrived(shop, 3)
      assert.lengthOf(new Set(shop.all.map(({ headers }) => headers["webhook-id"])), 1)
    }),
  )
})

describe("webhook endpoints", () => {
  it.live("are made, listed, changed, rotated, tested and deleted; the secret is shown once and kept sealed", () =>
    Effect.gen(function* () {
      const shop = yield* Receiver.make()
      const { deliveries, endpoint, house, send } = yield* make()
      const made = yield* endpoint({ url: shop.url, events: ["payment.*"] })
      const path = `/v1/webhook_endpoints/${made.id}`
      assert.match(made.secret ?? "", /^whsec_/)
      const got = yield* send("GET", path)
      assert.deepInclude(got.json, {
        id: made.id,
        url: shop.url,
        events: ["payment.*"],
        status: "enabled",
        failing_since: null,
      })
      const list = yield* read(page(Endpoint), yield* send("GET", "/v1/webhook_endpoints?limit=1"))
      assert.deepStrictEqual(
        list.data.map(({ id }) => id),
        [made.id],
      )

      const test = yield* read(Delivery, yield* send("POST", `${path}/test`))
      assert.deepInclude(test, { event_type: "endpoint.test", status: "pending" })
      yield* arrived(shop, 1)
      assert.deepStrictEqual(shop.types(), ["endpoint.test"])

      const rotated = yield* read(Endpoint, yield* send("POST", `${path}/rotate`))
      assert.notStrictEqual(rotated.secret, made.secret)
      yield* send("POST", `${path}/test`)
      yield* arrived(shop, 2)
      for (const secret of [made.secret ?? "", rotated.secret ?? ""]) {
        assert.isTrue(shop.all[1] !== undefined && Receiver.isGenuine(shop.all[1], secret))
      }

      const changed = yield* send("PATCH", path, { body: { events: ["*"], description: "all", status: "disabled" } })
      assert.deepInclude(changed.json, {
        events: ["*"],
        description: "all",
        status: "disabled",
        disabled_reason: "requested",
      })
      yield* House.open(house)
      yield* until(
        "it is parked",
        Effect.map(deliveries("?status=failed"), ({ length }) => length === 1),
      )
      assert.lengthOf(shop.all, 2)

      assert.strictEqual((yield* send("DELETE", path)).status, 204)
      for (const [method, at] of [
        ["GET", path],
        ["DELETE", path],
        ["POST", `${path}/rotate`],
        ["POST", `${path}/test`],
      ] as const) {
        assert.strictEqual((yield* send(method, at)).status, 404, `${method} ${at}`)
      }
      assert.deepStrictEqual((yield* send("GET", "/v1/webhook_endpoints")).json, { data: [], next_cursor: null })
      const seen = [
        got.text,
        changed.text,
        JSON.stringify(list),
        ...house.log,
        ...shop.all.map(({ body }) => body),
      ].join()
      for (const secret of [made.secret ?? "none", rotated.secret ?? "none"]) assert.notInclude(seen, secret)
    }),
  )

  it.live("are refused with 409 and the name of the variable while there is no encryption key", () =>
    Effect.gen(function* () {
      const { send } = yield* make({ PAYMENT_ALLOW_PRIVATE_ENDPOINTS: "true" })
      const answer = yield* send("POST", "/v1/webhook_endpoints", { body: { url: "http://127.0.0.1:9/" } })
      assert.strictEqual(answer.status, 409)
      assert.include(answer.text, "PAYMENT_ENCRYPTION_KEY is not set")
    }),
  )

  it.live("F53: are refused with 400 and the path url when the URL itself shows that it must not be called", () =>
    Effect.gen(function* () {
      const { endpoint, send } = yield* make({ PAYMENT_ENCRYPTION_KEY: key })
      const { id } = yield* endpoint({ url: "https://shop.example.com/hook" })
      const urls = [
        "http://shop.example.com/",
        "https://user:pass@shop.example.com/",
        "https://localhost/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest/",
        "nonsense",
      ]
      for (const url of urls) {
        for (const [method, path] of [
          ["POST", "/v1/webhook_endpoints"],
          ["PATCH", `/v1/webhook_endpoints/${id}`],
        ] as const) {
          const answer = yield* send(method, path, { body: { url } })
          assert.strictEqual(answer.status, 400, `${method} ${url}`)
          const { errors } = yield* Effect.orDie(
            Schema.decodeUnknownEffect(Schema.Struct({ errors: Schema.Array(Schema.Struct({ path: Schema.String })) }))(
              answer.json,
            ),
          )
          assert.deepStrictEqual(
            errors.map(({ path }) => path),
            ["url"],
          )
        }
      }
      const wrong = yield* send("POST", "/v1/webhook_endpoints", {
        body: { url: "https://shop.example.com/", events: ["payments.*"], secret: "x" },
      })
      assert.strictEqual(wrong.status, 400)
      assert.include(wrong.text, "events.0")
      assert.include(wrong.text, "secret")
    }),
  )

  it.live("belong to a tenant and get its events alone", () =>
    Effect.gen(function* () {
      const [first, second] = [yield* Receiver.make(), yield* Receiver.make()]
      const { endpoint, house, send } = yield* make()
      yield* endpoint({ url: first.url, tenant_id: "tenant_a" })
      yield* endpoint({ url: second.url, tenant_id: "tenant_b" })
      yield* House.open(house, { tenant_id: "tenant_b" })
      yield* House.open(house, { tenant_id: "tenant_a" })
      yield* arrived(first, 1)
      yield* arrived(second, 1)
      yield* Effect.sleep("50 millis")
      assert.lengthOf([...first.all, ...second.all], 2)
      const list = yield* read(page(Endpoint), yield* send("GET", "/v1/webhook_endpoints?tenant_id=tenant_b"))
      assert.deepStrictEqual(
        list.data.map(({ url }) => url),
        [second.url],
      )
      const events = yield* read(
        page(Schema.Struct({ tenant_id: Schema.String })),
        yield* send("GET", "/v1/events?tenant_id=tenant_a"),
      )
      assert.deepStrictEqual(events.data, [{ tenant_id: "tenant_a" }])
    }),
  )
})
