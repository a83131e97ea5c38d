import { assert, describe, it } from "@effect/vitest"
import { Fault } from "@payment-orchestrator/emulators"
import { Duration, Effect } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { becomes, checkout, opened, silent } from "./Buyer.ts"
import * as Databases from "./Databases.ts"
import * as House from "./House.ts"
import { until, withTime } from "./Time.ts"

interface Entry {
  readonly provider: string
  readonly type: string
  readonly subject: string
  readonly origin: string
  readonly state: string
  readonly checkout_id: string | null
  readonly livemode: boolean
  readonly tries: number
  readonly received_at: string
  readonly applied_at: string | null
}

const inbox = (house: House.House, query = "") =>
  Effect.map(house.send("GET", `/v1/inbox?limit=100${query}`), ({ json, status, text }) => {
    assert.strictEqual(status, 200, text)
    return (json as { data: ReadonlyArray<Entry> }).data
  })

const webhooksOf = (house: House.House, name: string) =>
  Effect.map(
    house.send("GET", "/v1/providers"),
    ({ json }) =>
      (json as { data: ReadonlyArray<{ name: string; health: { webhooks: string } }> }).data.find(
        (provider) => provider.name === name,
      )?.health.webhooks,
  )

const minute = 60_000
const hour = 60 * minute

describe("GET /v1/inbox", () => {
  it.live("shows what providers told, and that it was looked up", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const order = yield* opened(house, { preferred_provider: "polar" })
      yield* house.polar.buyer.pay(order.provider_session_id)
      yield* becomes(house, order, "paid")
      const all = yield* until(inbox(house), (seen) => seen.every(({ state }) => state !== "due"))
      const paid = all.find(({ type }) => type === "order.paid")
      assert.deepInclude(paid, {
        provider: "polar",
        subject: "payment",
        origin: "webhook",
        state: "applied",
        checkout_id: order.id,
        livemode: false,
      })
      assert.isNotNull(paid?.applied_at)
      assert.lengthOf(yield* inbox(house, "&provider=paypal"), 0)
      // What came before the answer to its opening was stored is matched in a moment.
      yield* until(inbox(house, "&state=parked"), (parked) => parked.length === 0)
      assert.isAbove((yield* inbox(house, `&checkout_id=${order.id}`)).length, 0)
      const why = yield* house.send("GET", `/v1/checkouts/${order.id}/explain`)
      assert.include(why.text, '"kind":"webhook"')
      assert.strictEqual(yield* webhooksOf(house, "polar"), "ok")
      assert.strictEqual(yield* webhooksOf(house, "paypal"), "unknown")
      const merchant = yield* House.makeKey(house, { role: "merchant", tenant_id: "acme" })
      assert.strictEqual((yield* house.send("GET", "/v1/inbox", { key: merchant.secret })).status, 403)
      assert.strictEqual((yield* house.send("GET", "/v1/inbox?state=lost")).status, 400)
    }),
  )

  it.live("F43: holds what came before the answer to its opening, and matches it once that is stored", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      yield* house.polar.faults.add({
        route: "POST /v1/checkouts/",
        fault: Fault.latency(2_000, { apply: true }),
      })
      const order = yield* opened(house, { preferred_provider: "polar" })
      const early = yield* until(
        inbox(house),
        (seen) => seen.length > 0 && seen.every(({ state }) => state === "applied"),
      )
      assert.isTrue(
        early.some(({ checkout_id, tries }) => checkout_id === order.id && tries > 0),
        JSON.stringify(early),
      )
    }),
  )

  it.live("keeps what was delivered sealed, so that the database does not tell who paid", () =>
    Effect.gen(function* () {
      const folder = yield* Databases.folder
      const house = yield* House.start({
        DATABASE_URL: `sqlite:${join(folder, "payments.db")}`,
        PAYMENT_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString("base64"),
      })
      const order = yield* opened(house, { preferred_provider: "stripe" })
      yield* house.stripe.buyer.pay(order.provider_session_id)
      yield* becomes(house, order, "paid")
      const [delivery] = (yield* house.stripe.webhooks.deliveries).filter(({ body }) => body !== "")
      const excerpt = Buffer.from(delivery?.body ?? "")
        .toString("base64")
        .slice(8, 48)
      assert.lengthOf(excerpt, 40)
      for (const file of readdirSync(folder)) {
        assert.isFalse(readFileSync(join(folder, file)).includes(excerpt), file)
      }
    }),
  )
})

describe("a webhook that cannot be checked", () => {
  it.live("F49: is answered 503 and not kept, and the checkout it names is looked at all the same", () =>
    withTime((forward) =>
      Effect.gen(function* () {
        const house = yield* House.start()
        const order = yield* opened(house)
        yield* forward(20_000)
        // The sweep has looked at it, and looks again in half a minute only.
        yield* until(house.paypal.journal.count("GET /v2/checkout/orders/:id"), (looks) => looks > 0)
        yield* forward(20_000)
        for (const route of ["GET /v1/notifications/certs/:id", "POST /v1/notifications/verify-webhook-signature"]) {
          yield* house.paypal.faults.add({ route, fault: Fault.status(503) })
        }
        yield* house.paypal.buyer.approve(order.provider_session_id)
        yield* becomes(house, order, "paid")
        const told = Effect.map(house.paypal.webhooks.deliveries, (all) =>
          all.find(({ type }) => type === "CHECKOUT.ORDER.APPROVED"),
        )
        const approved = yield* until(told, (delivery) => delivery !== undefined && delivery.attempts > 1)
        assert.strictEqual(approved?.lastStatus, 503)
        assert.deepStrictEqual(yield* inbox(house), [])
      }),
    ),
  )
})

describe("F50: webhooks that stopped coming", () => {
  it.live(
    "for a day: every paid order is found paid, the provider is called silent, and well again when it is heard",
    () =>
      withTime((forward) =>
        Effect.gen(function* () {
          const house = yield* House.start({ PAYMENT_RATE_LIMIT: "0" })
          yield* silent(house)
          const pay = {
            paypal: (id: string) => Effect.orDie(Effect.asVoid(house.paypal.buyer.approve(id))),
            polar: (id: string) => Effect.orDie(Effect.asVoid(house.polar.buyer.pay(id))),
            stripe: (id: string) => Effect.orDie(Effect.asVoid(house.stripe.buyer.pay(id))),
          }
          const providers = ["paypal", "polar", "stripe"] as const
          for (const round of [1, 2, 3]) {
            const orders = yield* Effect.forEach(providers, (provider) =>
              Effect.map(opened(house, { preferred_provider: provider }), (order) => ({ provider, order })),
            )
            yield* forward(15 * minute)
            yield* Effect.forEach(orders, ({ order, provider }) =>
              Effect.asVoid(pay[provider](order.provider_session_id)),
            )
            yield* forward(hour)
            yield* Effect.forEach(orders, ({ order }) => becomes(house, order, "paid"))
            yield* forward(7 * hour - 15 * minute)
            assert.isAbove(round, 0)
          }
          for (const name of providers) yield* until(webhooksOf(house, name), (signal) => signal === "silent")
          const listed = yield* until(inbox(house), (seen) => seen.some(({ origin }) => origin === "backfill"))
          assert.isTrue(listed.every(({ origin }) => origin === "backfill"))
          const alerts = yield* until(house.send("GET", "/v1/alerts?status=open"), ({ text }) =>
            text.includes("webhooks_silent"),
          )
          assert.include(alerts.text, "PayPal has stopped sending webhooks")

          yield* house.paypal.webhooks.clearFault
          yield* forward(minute)
          const heard = yield* opened(house)
          yield* house.paypal.buyer.approve(heard.provider_session_id)
          yield* becomes(house, heard, "paid")
          yield* until(webhooksOf(house, "paypal"), (signal) => signal === "ok")
        }),
      ),
    90_000,
  )
})

describe("GET /v1/checkouts/{id}", () => {
  it.live("has a page that may be paid looked up, at most once in 15 seconds", () =>
    withTime((forward) =>
      Effect.gen(function* () {
        const house = yield* House.start()
        yield* silent(house)
        const order = yield* opened(house)
        const looks = house.paypal.journal.count("GET /v2/checkout/orders/:id")
        yield* forward(10_000)
        yield* until(looks, (count) => count > 0)
        yield* forward(16_000)
        const before = yield* looks
        yield* Effect.forEach(Array.from({ length: 20 }), () => checkout(house, order), { concurrency: 5 })
        yield* until(looks, (count) => count > before)
        assert.strictEqual(yield* looks, before + 1)
        yield* forward(16_000)
        yield* house.paypal.buyer.approve(order.provider_session_id)
        yield* becomes(house, order, "paid")
      }),
    ),
  )

  it.live("waits with `wait` for another status, and answers as it is when none comes", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const order = yield* opened(house)
      const path = `/v1/checkouts/${order.id}?wait=`
      const slow = yield* Effect.timed(house.send("GET", `${path}1`))
      assert.deepInclude(slow[1].json as object, { status: "open" })
      assert.isAtLeast(Duration.toMillis(slow[0]), 900)
      const [changed] = yield* Effect.all(
        [
          house.send("GET", `${path}20`),
          Effect.delay(house.paypal.buyer.approve(order.provider_session_id), "300 millis"),
        ],
        { concurrency: 2 },
      )
      assert.notStrictEqual((changed.json as { status: string }).status, "open")
      yield* becomes(house, order, "paid")
      const done = yield* house.send("GET", `${path}30`)
      assert.deepInclude(done.json as object, { status: "paid" })
      for (const wrong of ["0", "31", "x", "1.5"]) {
        const answer = yield* house.send("GET", `${path}${wrong}`)
        assert.strictEqual(answer.status, 400, wrong)
        assert.include(answer.text, "must be a whole number of seconds from 1 to 30")
      }
    }),
  )
})
