import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Control from "../src/Control.ts"
import * as PayPalEmulator from "../src/PayPalEmulator.ts"
import { failure, request } from "./support/Http.ts"
import * as Sdk from "./support/PayPalSdk.ts"
import { bearer } from "./support/Token.ts"

const started = Effect.gen(function* () {
  const paypal = yield* PayPalEmulator.make()
  const control = yield* Control.serve({ emulators: [paypal] })
  const at = `${control.url}/paypal`
  return { paypal, control, at }
})

describe("the control server", () => {
  it.live("adds, lists and removes faults that are then played", () =>
    Effect.gen(function* () {
      const { at, paypal } = yield* started
      const token = `${paypal.url}/v1/oauth2/token`
      const added = yield* request(`${at}/faults`, { body: { route: "*", fault: { kind: "Status", status: 503 } } })
      assert.strictEqual(added.status, 201)
      const down = yield* request(token, { method: "POST" })
      assert.deepStrictEqual([down.status, down.json.name], [503, "SERVICE_UNAVAILABLE"])
      const { faults } = (yield* request(`${at}/faults`)).json
      assert.deepStrictEqual([faults[0].id, faults[0].played], [added.json.id, 1])
      assert.strictEqual((yield* request(`${at}/faults/${added.json.id}`, { method: "DELETE" })).status, 200)
      assert.strictEqual((yield* request(`${at}/faults/${added.json.id}`, { method: "DELETE" })).status, 404)
      assert.strictEqual((yield* request(token, { method: "POST" })).status, 401)
    }),
  )

  it.live("says what is wrong with a body, with 400, and refuses what is not JSON", () =>
    Effect.gen(function* () {
      const { at } = yield* started
      const wrong = yield* request(`${at}/faults`, {
        body: { route: "*", fault: { kind: "SlowDrip", bytesPerSecond: 0 } },
      })
      assert.strictEqual(wrong.status, 400)
      assert.match(wrong.json.error, /bytesPerSecond/)
      const extra = yield* request(`${at}/refuse`, { body: { on: true, of: 1 } })
      assert.strictEqual(extra.status, 400)
      assert.strictEqual((yield* request(`${at}/refuse`, { body: "{" })).status, 400)
      const form = yield* request(`${at}/refuse`, { body: `{"on":true}`, headers: { "content-type": "text/plain" } })
      assert.strictEqual(form.status, 415)
      assert.strictEqual((yield* request(`${at}x/faults`)).status, 404)
    }),
  )

  it.live("refuses connections, moves the clock, shows requests without their secrets, and resets", () =>
    Effect.gen(function* () {
      const { at, paypal } = yield* started
      const sdk = Sdk.make(paypal.url)
      yield* Sdk.create(sdk, "k")
      yield* request(`${at}/refuse`, { body: { on: true } })
      assert.strictEqual(yield* failure(paypal.url), "ECONNREFUSED")
      yield* request(`${at}/refuse`, { body: { on: false } })
      const before = yield* paypal.clock.now
      const moved = yield* request(`${at}/clock`, { body: { advanceMillis: 3_600_000 } })
      assert.isAtLeast(moved.json.now - before, 3_600_000)
      const { requests } = (yield* request(`${at}/requests`)).json
      assert.deepStrictEqual(
        requests.map((entry: { route: string; headers: { authorization: string } }) => [
          entry.route,
          entry.headers.authorization,
        ]),
        [
          ["POST /v1/oauth2/token", "(hidden)"],
          ["POST /v2/checkout/orders", "(hidden)"],
        ],
      )
      assert.strictEqual((yield* request(`${at}/reset`, { body: {} })).status, 200)
      assert.strictEqual((yield* paypal.orders).length, 0)
      assert.strictEqual(yield* paypal.journal.count(), 0)
      assert.strictEqual((yield* bearer(paypal.url)).authorization.length > 20, true)
    }),
  )

  it.live("sets and clears webhook faults and shows deliveries", () =>
    Effect.gen(function* () {
      const { at, paypal } = yield* started
      yield* paypal.addWebhook({ url: "http://127.0.0.1:9/none" })
      yield* request(`${at}/webhook-faults`, { body: { drop: true } })
      const id = (yield* Sdk.create(Sdk.make(paypal.url), "k")).result.id ?? ""
      yield* paypal.buyer.approve(id)
      const { deliveries } = (yield* request(`${at}/webhooks`)).json
      assert.deepStrictEqual([deliveries[0].type, deliveries[0].state], ["CHECKOUT.ORDER.APPROVED", "dropped"])
      assert.strictEqual((yield* request(`${at}/webhook-faults`, { body: { delay: -1 } })).status, 400)
      yield* request(`${at}/webhook-faults`, { method: "DELETE" })
      assert.strictEqual(yield* paypal.webhooks.fault, undefined)
    }),
  )

  it.live("makes things happen at the provider, and passes its refusals on", () =>
    Effect.gen(function* () {
      const { at, paypal } = yield* started
      const act = (name: string, body: unknown) => request(`${at}/actions/${name}`, { body })
      const id = (yield* Sdk.create(Sdk.make(paypal.url), "k")).result.id ?? ""
      const { actions } = (yield* request(`${at}/actions`)).json
      assert.includeMembers(
        actions.map((action: { name: string }) => action.name),
        ["approve", "renew", "open-dispute", "settle-capture"],
      )
      assert.strictEqual((yield* act("approve", { id: "NONE" })).status, 404)
      assert.match((yield* act("approve", { identity: id })).json.error, /id/)
      assert.strictEqual((yield* act("approve", { id })).status, 200)
      assert.strictEqual((yield* paypal.orders)[0]?.status, "APPROVED")
      yield* act("capture-outcomes", { id, outcomes: [{ result: "PENDING", reason: "ECHECK" }] })
      yield* Sdk.capture(Sdk.make(paypal.url), id, "c")
      const [capture] = yield* paypal.captures
      const settled = yield* act("settle-capture", { id: capture?.id, status: "COMPLETED" })
      assert.strictEqual(settled.json.status, "COMPLETED")
      const monthly = "P-EMULATOR00000000000MONTHLY"
      const price = { currency_code: "EUR", value: "12.5" }
      const plan = yield* act("change-plan", { id: monthly, price, status: "INACTIVE" })
      assert.deepInclude(plan.json, { status: "INACTIVE", price: { ...price, value: "12.50" } })
      assert.strictEqual((yield* act("change-plan", { id: "P-NONE" })).status, 404)
      assert.strictEqual((yield* act("fly", {})).status, 404)
    }),
  )

  it.live("has a page that lists every emulator", () =>
    Effect.gen(function* () {
      const { control, paypal } = yield* started
      yield* request(`${control.url}/paypal/faults`, { body: { route: "*", fault: { kind: "Hang" } } })
      const page = yield* request(`${control.url}/`)
      assert.strictEqual(page.status, 200)
      assert.include(page.text, paypal.url)
      assert.include(page.text, "plays faults")
      assert.include(page.text, "Hang on *")
      assert.include(page.text, "Refuse connections")
    }),
  )
})
