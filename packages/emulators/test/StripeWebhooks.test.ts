import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { Stripe } from "stripe"
import type { Entry } from "../src/Journal.ts"
import * as StripeEmulator from "../src/StripeEmulator.ts"
import { monthly, open, paid, sdk } from "./StripeShop.ts"
import { shop, until } from "./support/Shop.ts"

const verify = (entry: Entry | undefined, secret: string) => {
  if (entry === undefined) return assert.fail("no webhook")
  return Stripe.webhooks.constructEvent(entry.body, entry.headers["stripe-signature"] ?? "", secret)
}

const completed = ["checkout.session.completed"]

describe("webhooks of the Stripe stand-in", () => {
  it.live("verify with Stripe's SDK under each secret of the endpoint, and under no other", () =>
    Effect.gen(function* () {
      const merchant = yield* shop()
      const stripe = yield* StripeEmulator.make({
        webhooks: [{ url: `${merchant.url}/hook`, secrets: ["whsec_new", "whsec_old"], events: completed }],
      })
      const session = yield* open(stripe)
      yield* stripe.buyer.pay(session.id)
      yield* until(Effect.map(merchant.journal.count(), (count) => count === 1))
      const [entry] = yield* merchant.journal.requests
      const event = verify(entry, "whsec_new")
      assert.deepStrictEqual(
        [event.object, event.type, event.api_version, event.livemode],
        ["event", "checkout.session.completed", "2026-10-28.endive", false],
      )
      assert.deepNestedPropertyVal(event, "data.object.id", session.id)
      assert.deepNestedPropertyVal(event, "data.object.payment_status", "paid")
      assert.strictEqual(verify(entry, "whsec_old").id, event.id)
      assert.throws(() => verify(entry, "whsec_other"), /signature/i)
    }),
  )

  it.live("tell of a subscription what a shop needs, and the list of events has the same", () =>
    Effect.gen(function* () {
      const merchant = yield* shop()
      const stripe = yield* StripeEmulator.make({ webhooks: [{ url: `${merchant.url}/hook`, secrets: ["whsec_x"] }] })
      const session = yield* Effect.promise(() => sdk(stripe).checkout.sessions.create(monthly))
      yield* stripe.buyer.pay(session.id)
      const expected = [
        "customer.created",
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "customer.subscription.created",
        "invoice.created",
        "invoice.paid",
        "checkout.session.completed",
      ]
      yield* until(Effect.map(merchant.journal.count(), (count) => count === expected.length))
      const sent = (yield* merchant.journal.requests).map((entry) => verify(entry, "whsec_x"))
      assert.sameMembers(
        sent.map((event) => event.type),
        expected,
      )
      const listed = yield* Effect.promise(() => sdk(stripe).events.list({ limit: 100 }))
      assert.deepStrictEqual(
        listed.data.map((event) => event.type),
        expected.toReversed(),
      )
    }),
  )

  it.live("come again with the same event until the shop answers 2xx, and once more on demand", () =>
    Effect.gen(function* () {
      const merchant = yield* shop([500])
      const stripe = yield* StripeEmulator.make({
        webhooks: [{ url: `${merchant.url}/hook`, secrets: ["whsec_x"], events: completed }],
        webhookRetries: Schedule.spaced("10 millis"),
      })
      yield* paid(stripe)
      yield* until(Effect.map(stripe.webhooks.deliveries, (all) => all[0]?.state === "delivered"))
      const event = (yield* stripe.events).find((entry) => entry.type === "checkout.session.completed")
      yield* stripe.resend(event?.id ?? "")
      yield* until(Effect.map(merchant.journal.count(), (count) => count === 3))
      const ids = (yield* merchant.journal.requests).map((entry) => verify(entry, "whsec_x").id)
      assert.deepStrictEqual(ids, [event?.id, event?.id, event?.id])
    }),
  )
})

describe("the list of events", () => {
  it.live("is filtered by type and time, and walked by cursor in both directions", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make()
      const events = sdk(stripe).events
      yield* paid(stripe)
      yield* stripe.clock.advance("1 hour")
      const since = yield* stripe.clock.seconds
      yield* paid(stripe)
      const all = yield* Effect.promise(() => events.list({ types: completed }))
      assert.strictEqual(all.data.length, 2)
      const later = yield* Effect.promise(() => events.list({ type: "checkout.session.*", created: { gte: since } }))
      assert.deepStrictEqual(
        later.data.map((event) => event.id),
        [all.data[0]?.id],
      )
      const newest = all.data[0]?.id ?? ""
      const oldest = all.data[1]?.id ?? ""
      const after = yield* Effect.promise(() => events.list({ types: completed, starting_after: newest }))
      assert.deepStrictEqual(
        after.data.map((event) => event.id),
        [oldest],
      )
      yield* paid(stripe)
      const before = yield* Effect.promise(() => events.list({ types: completed, ending_before: oldest, limit: 1 }))
      assert.deepStrictEqual(
        before.data.map((event) => event.id),
        [newest],
      )
      assert.isTrue(before.has_more)
    }),
  )

  it.live("keeps each object as it was, and says when a session expired", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make()
      const intent = yield* paid(stripe)
      yield* Effect.promise(() => sdk(stripe).refunds.create({ payment_intent: intent }))
      yield* open(stripe)
      yield* stripe.clock.advance("25 hours")
      yield* stripe.tick
      const types = (yield* stripe.events).map((event) => event.type)
      assert.includeMembers(types, ["refund.created", "charge.refunded", "checkout.session.expired"])
      const listed = yield* Effect.promise(() => sdk(stripe).events.list({ type: "charge.succeeded" }))
      assert.deepNestedPropertyVal(listed.data[0], "data.object.amount_refunded", 0)
    }),
  )
})
