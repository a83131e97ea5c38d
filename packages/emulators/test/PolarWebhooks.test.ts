import { webhooks } from "@polar-sh/sdk/2026-10"
import {
  listWebhookDeliveriesWebhooks,
  listWebhookEndpointsWebhooks,
  redeliverWebhookEventWebhooks,
} from "@polar-sh/sdk/2026-10/services/webhooks"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { Webhook } from "standardwebhooks"
import type { Entry } from "../src/Journal.ts"
import * as PolarEmulator from "../src/PolarEmulator.ts"
import { monthly, open, rejection, sdk } from "./PolarShop.ts"
import { shop, until } from "./support/Shop.ts"

const verify = (entry: Entry | undefined, secret: string) => {
  if (entry === undefined) return assert.fail("no webhook")
  return webhooks.validateEvent(entry.body, { ...entry.headers }, secret)
}

const types = (entries: ReadonlyArray<Entry>) =>
  entries.map((entry) => {
    const parsed: unknown = JSON.parse(entry.body)
    return typeof parsed === "object" && parsed !== null && "type" in parsed ? parsed.type : undefined
  })

describe("webhooks of the Polar stand-in", () => {
  it.live("verify with Polar's SDK, for a secret used as it is and for a generated one", () =>
    Effect.gen(function* () {
      const merchant = yield* shop()
      const polar = yield* PolarEmulator.make({
        webhooks: [{ url: `${merchant.url}/hook`, secret: "my own secret", events: ["checkout.created"] }],
      })
      const generated = yield* polar.addWebhook({ url: `${merchant.url}/hook`, events: ["checkout.created"] })
      const checkout = yield* open(polar)
      yield* until(Effect.map(merchant.journal.count(), (count) => count === 2))
      const [raw, standard] = yield* merchant.journal.requests
      const first = yield* Effect.promise(() => verify(raw, "my own secret"))
      assert.strictEqual(first.type, "checkout.created")
      assert.deepNestedPropertyVal(first, "data.id", checkout.id)
      assert.deepNestedPropertyVal(first, "data.metadata.attempt_id", "att_1")
      const second = yield* Effect.promise(() => verify(standard, generated.secret))
      assert.strictEqual(second.type, "checkout.created")
      assert.doesNotThrow(() => new Webhook(generated.secret).verify(standard?.body ?? "", { ...standard?.headers }))
      const wrong = yield* rejection(() => verify(raw, "another secret"))
      assert.propertyVal(wrong, "name", "PolarWebhookVerificationError")
    }),
  )

  it.live("tell of a purchase and of a refund what a shop needs", () =>
    Effect.gen(function* () {
      const merchant = yield* shop()
      const polar = yield* PolarEmulator.make({ webhooks: [{ url: `${merchant.url}/hook` }] })
      const order = yield* polar.buyer.pay((yield* open(polar, monthly)).id)
      yield* polar.buyer.cancel(order.subscription_id ?? "")
      yield* until(Effect.map(merchant.journal.count(), (count) => count === 11))
      assert.sameMembers(types(yield* merchant.journal.requests), [
        "checkout.created",
        "checkout.updated",
        "customer.created",
        "subscription.created",
        "subscription.active",
        "order.created",
        "order.updated",
        "order.paid",
        "checkout.updated",
        "subscription.updated",
        "subscription.canceled",
      ])
    }),
  )

  it.live("come again with the same id until the shop answers 2xx", () =>
    Effect.gen(function* () {
      const merchant = yield* shop([500, 302])
      const polar = yield* PolarEmulator.make({
        webhooks: [{ url: `${merchant.url}/hook`, events: ["checkout.created"] }],
        webhookRetries: Schedule.spaced("10 millis"),
      })
      yield* open(polar)
      yield* until(Effect.map(polar.webhooks.deliveries, (all) => all[0]?.state === "delivered"))
      const entries = yield* merchant.journal.requests
      assert.deepStrictEqual(
        entries.map((entry) => entry.status),
        [500, 302, 200],
      )
      assert.strictEqual(new Set(entries.map((entry) => entry.headers["webhook-id"])).size, 1)
    }),
  )

  it.live("that were given up are listed, and one is delivered again on demand", () =>
    Effect.gen(function* () {
      const merchant = yield* shop([500, 500])
      const polar = yield* PolarEmulator.make({
        webhooks: [{ url: `${merchant.url}/hook`, events: ["checkout.created"] }],
        webhookRetries: Schedule.recurs(1),
      })
      yield* open(polar)
      yield* until(Effect.map(polar.webhooks.deliveries, (all) => all[0]?.state === "failed"))
      const deliveries = listWebhookDeliveriesWebhooks(sdk(polar))
      const failed = yield* Effect.promise(() => deliveries({ succeeded: false }))
      assert.deepStrictEqual([failed.items.length, failed.items[0]?.http_code], [1, 500])
      const event = failed.items[0]?.webhook_event
      assert.deepStrictEqual([event?.type, event?.succeeded], ["checkout.created", false])
      yield* Effect.promise(() => redeliverWebhookEventWebhooks(sdk(polar))(event?.id ?? ""))
      yield* until(Effect.map(merchant.journal.count(), (count) => count === 3))
      yield* until(Effect.map(polar.webhooks.deliveries, (all) => all[1]?.state === "delivered"))
      const worked = yield* Effect.promise(() => deliveries({ succeeded: true }))
      assert.deepStrictEqual(
        worked.items.map((item) => [item.webhook_event.id, item.webhook_event.succeeded]),
        [[event?.id, true]],
      )
      const last = (yield* merchant.journal.requests).at(-1)
      assert.strictEqual(last?.headers["webhook-id"], event?.id)
    }),
  )

  it.live("stop after ten events in a row failed", () =>
    Effect.gen(function* () {
      const merchant = yield* shop(Array.from({ length: 50 }, () => 500))
      const polar = yield* PolarEmulator.make({
        webhooks: [{ url: `${merchant.url}/hook`, events: ["checkout.created"] }],
        webhookRetries: Schedule.recurs(0),
      })
      yield* Effect.forEach(Array.from({ length: 10 }), () => open(polar))
      yield* until(Effect.map(polar.webhooks.deliveries, (all) => all.every((one) => one.state === "failed")))
      const endpoints = yield* Effect.promise(() => listWebhookEndpointsWebhooks(sdk(polar))())
      assert.isFalse(endpoints.items[0]?.enabled)
      yield* open(polar)
      assert.strictEqual((yield* polar.webhooks.deliveries).length, 10)
    }),
  )
})

describe("a reset of the Polar stand-in", () => {
  it.live("forgets what was made and keeps what it was given", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make()
      yield* open(polar)
      yield* polar.clock.advance("1 hour")
      yield* polar.reset
      assert.strictEqual((yield* polar.checkouts).length, 0)
      assert.strictEqual(yield* polar.journal.count(), 0)
      assert.strictEqual((yield* open(polar)).status, "open")
    }),
  )
})
