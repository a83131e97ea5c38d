import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Buyer from "./Buyer.ts"
import * as House from "./House.ts"
import * as Receiver from "./Receiver.ts"
import * as Scrape from "./Scrape.ts"
import { until } from "./Time.ts"

const environment = {
  PAYMENT_ENCRYPTION_KEY: Buffer.alloc(32, 5).toString("base64"),
  PAYMENT_ALLOW_PRIVATE_ENDPOINTS: "true",
}

describe("the metrics", () => {
  it.live("are read by a parser of Prometheus' format, each with its help and with few labels", () =>
    Effect.gen(function* () {
      const house = yield* House.start(environment)
      const shop = yield* Receiver.make()
      yield* house.send("POST", "/v1/webhook_endpoints", { body: { url: shop.url } })
      const before = yield* Scrape.of(house)
      yield* house.paypal.refuse(true)
      const checkout = yield* Buyer.opened(house)
      yield* house.polar.buyer.pay(checkout.provider_session_id)
      yield* until(
        Effect.map(Buyer.checkout(house, checkout), ({ status }) => status),
        (status) => status === "paid",
      )
      yield* house.send("GET", `/v1/checkouts/${checkout.id}?x=1`)
      yield* house.send("GET", "/nothing/here/42", { key: null })
      yield* house.send("POST", "/webhooks/stripe", {
        key: null,
        body: "{}",
        headers: { "stripe-signature": "t=1,v1=0" },
      })
      yield* house.send("POST", "/webhooks/nobody-knows-it", { key: null, body: "{}" })
      const after = yield* until(Scrape.of(house), (scrape) => Scrape.numberOf(scrape, "payment_deliveries_total") > 0)

      const grown = (name: string, labels: { readonly [label: string]: string }) =>
        Scrape.numberOf(after, name, labels) - (Scrape.numberOf(before, name, labels) || 0)
      assert.strictEqual(grown("payment_requests_total", {}), 1)
      assert.strictEqual(grown("payment_failovers_total", { from: "paypal", to: "polar" }), 1)
      assert.strictEqual(
        grown("payment_attempts_total", { provider: "paypal", result: "transient_error", reason: "network" }),
        1,
      )
      assert.isAtLeast(grown("payment_webhooks_total", { provider: "polar", result: "received" }), 1)
      assert.strictEqual(grown("payment_webhooks_total", { provider: "stripe", result: "rejected" }), 1)
      assert.isAtLeast(
        grown("payment_provider_call_duration_seconds_count", {
          operation: "createCheckoutSession",
          result: "transient",
        }),
        1,
      )
      assert.strictEqual(grown("http_request_duration_seconds_count", { route: "/v1/checkouts", status: "2xx" }), 1)
      assert.isAtLeast(grown("http_request_duration_seconds_count", { route: "/v1/checkouts/:id", status: "2xx" }), 1)
      assert.strictEqual(Scrape.numberOf(after, "payment_database_up"), 1)
      assert.isBelow(Scrape.numberOf(after, "payment_job_age_seconds", { job: "delivery" }), 5)
      assert.strictEqual(Scrape.numberOf(after, "payment_outcomes_unknown", { what: "refund" }), 0)
      assert.strictEqual(Scrape.numberOf(after, "payment_displaced_ratio"), 1)
      assert.strictEqual(Scrape.numberOf(after, "payment_alerts_open", { alert: "clock_skew", severity: "warning" }), 0)

      for (const { help, name, type } of after.families) {
        assert.match(name, /^(payment|http)_[a-z_]+$/)
        assert.isAbove(help.length, 10, name)
        assert.notStrictEqual(type, "UNTYPED", name)
        assert.strictEqual(type === "COUNTER", name.endsWith("_total"), name)
      }
      assert.isBelow(after.samples.length, 2_000)
      for (const { labels, name } of after.samples) {
        for (const value of Object.values(labels)) assert.notMatch(value, /_[0-9A-Z]{26}|nobody-knows|42/, name)
      }
    }),
  )
})
