import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as PayPalEmulator from "../src/PayPalEmulator.ts"
import { request } from "./support/Http.ts"
import * as Sdk from "./support/PayPalSdk.ts"
import { bearer } from "./support/Token.ts"

const opened = Effect.gen(function* () {
  const paypal = yield* PayPalEmulator.make()
  const sdk = Sdk.make(paypal.url)
  const id = (yield* Sdk.create(sdk, "k")).result.id ?? ""
  const press = (action: string) =>
    request(`${paypal.url}/checkoutnow`, {
      body: new URLSearchParams({ token: id, action }).toString(),
      headers: { "content-type": "application/x-www-form-urlencoded" },
    })
  return { paypal, sdk, id, press, page: `${paypal.url}/checkoutnow?token=${id}` }
})

describe("the page of an order", () => {
  it.live("shows the amount, escapes what the merchant wrote, and says that it is a stand-in", () =>
    Effect.gen(function* () {
      const { page } = yield* opened
      const { headers, status, text } = yield* request(page)
      assert.strictEqual(status, 200)
      assert.match(headers.get("content-type") ?? "", /^text\/html/)
      assert.include(text, "12.34 EUR")
      assert.include(text, "It is not PayPal, and no money moves.")
      assert.include(text, "Two &lt;b&gt;teapots&lt;/b&gt;")
      assert.include(text, "Pay Tea &amp; &quot;Pots&quot;")
      assert.notInclude(text, "<b>teapots")
    }),
  )

  it.live("approve returns to the shop with token and PayerID; looking changes nothing", () =>
    Effect.gen(function* () {
      const { id, page, paypal, press } = yield* opened
      yield* request(page)
      assert.strictEqual((yield* paypal.orders)[0]?.status, "PAYER_ACTION_REQUIRED")
      const answer = yield* press("approve")
      assert.strictEqual(answer.status, 303)
      const back = new URL(answer.headers.get("location") ?? "")
      assert.strictEqual(back.origin + back.pathname, "http://shop.example/return")
      assert.deepStrictEqual([back.searchParams.get("order"), back.searchParams.get("token")], ["7", id])
      assert.isAbove(back.searchParams.get("PayerID")?.length ?? 0, 5)
      assert.strictEqual((yield* paypal.orders)[0]?.status, "APPROVED")
      assert.include((yield* request(page)).text, "Already approved")
    }),
  )

  it.live("cancel goes to the cancel_url and leaves the order as it was", () =>
    Effect.gen(function* () {
      const { id, paypal, press } = yield* opened
      const answer = yield* press("cancel")
      assert.strictEqual(answer.headers.get("location"), `http://shop.example/cancel?token=${id}`)
      assert.strictEqual((yield* paypal.orders)[0]?.status, "PAYER_ACTION_REQUIRED")
    }),
  )

  it.live("decline approves with a card that the capture refuses", () =>
    Effect.gen(function* () {
      const { id, press, sdk } = yield* opened
      assert.strictEqual((yield* press("decline")).status, 303)
      const refused = yield* Sdk.refusal(() => sdk.orders.captureOrder({ id }))
      assert.strictEqual(refused.issue, "INSTRUMENT_DECLINED")
    }),
  )

  it.live("an unknown or expired order is a 404 page, a press of no button a 400", () =>
    Effect.gen(function* () {
      const { page, paypal, press } = yield* opened
      assert.strictEqual((yield* press("steal")).status, 400)
      assert.strictEqual((yield* request(`${paypal.url}/checkoutnow?token=%22%3E`)).status, 404)
      yield* paypal.clock.advance("7 hours")
      assert.strictEqual((yield* request(page)).status, 404)
    }),
  )
})

describe("the page of a subscription", () => {
  it.live("shows price and interval, and approve returns with the ids", () =>
    Effect.gen(function* () {
      const paypal = yield* PayPalEmulator.make()
      const created = yield* request(`${paypal.url}/v1/billing/subscriptions`, {
        body: {
          plan_id: "P-EMULATOR00000000000MONTHLY",
          quantity: "3",
          application_context: { return_url: "http://shop.example/r", cancel_url: "http://shop.example/c" },
        },
        headers: yield* bearer(paypal.url),
      })
      const link = created.json.links.find((one: { rel: string }) => one.rel === "approve").href
      assert.include((yield* request(link)).text, "30.00 EUR every month")
      const press = (action: string) =>
        request(`${paypal.url}/webapps/billing/subscriptions`, {
          body: new URLSearchParams({ ba_token: new URL(link).searchParams.get("ba_token") ?? "", action }).toString(),
          headers: { "content-type": "application/x-www-form-urlencoded" },
        })
      assert.match((yield* press("cancel")).headers.get("location") ?? "", /^http:\/\/shop\.example\/c\?ba_token=BA-/)
      const back = new URL((yield* press("approve")).headers.get("location") ?? "")
      assert.strictEqual(back.searchParams.get("subscription_id"), created.json.id)
      assert.match(back.searchParams.get("ba_token") ?? "", /^BA-/)
      assert.strictEqual((yield* paypal.subscriptions)[0]?.status, "ACTIVE")
    }),
  )
})
