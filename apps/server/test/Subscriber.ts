/** A shop that sells a subscription at every provider, its buyer, and what the merchant is told. */
import { assert } from "@effect/vitest"
import { PolarEmulator, StripeEmulator } from "@payment-orchestrator/emulators"
import { Database } from "@payment-orchestrator/storage"
import { Effect } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as House from "./House.ts"
import { until } from "./Time.ts"

export type Provider = "paypal" | "polar" | "stripe"
export const providers: ReadonlyArray<Provider> = ["paypal", "polar", "stripe"]

const plan = "P-GOLD0000000000000MONTHLY"

/** 9.99 USD a month, at each provider by its own id. */
const gold = {
  amount: "9.99",
  currency: "USD",
  interval: "month",
  paypal: plan,
  polar: PolarEmulator.catalogProductId,
  stripe: StripeEmulator.monthlyPriceId,
}

export interface Opened {
  readonly id: string
  readonly link: string
  readonly provider_session_id: string
}

export interface Subscription {
  readonly id: string
  readonly checkout_id: string
  readonly provider: string
  readonly provider_subscription_id: string
  readonly status: string
  readonly price_id: string | null
  readonly customer_id: string | null
  readonly amount: string | null
  readonly currency: string | null
  readonly cancel_at_period_end: boolean
  readonly cancel_requested: string | null
  readonly current_period_end: string | null
  readonly canceled_at: string | null
  readonly duplicate_of: string | null
  readonly checked_at: string | null
  readonly metadata: object
}

export interface Payment {
  readonly id: string
  readonly kind: string
  readonly status: string
  readonly amount: string
  readonly amount_refunded: string
  readonly tax: string | null
  readonly fee: string | null
  readonly net: string | null
  readonly disputed: boolean
  readonly reversed: boolean
}

export interface Told {
  readonly type: string
  readonly object_id: string
  readonly data: string
}

/** A server on a database of its own, and stand-ins that know the price `gold`; webhooks come unless `silent`. */
export const start = Effect.fnUntraced(function* (environment: { readonly [name: string]: string } = {}) {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "subscriber-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true })),
  )
  const catalog = join(folder, "catalog.json")
  const file = join(folder, "payments.db")
  writeFileSync(catalog, JSON.stringify({ gold, silver: gold }))
  const house = yield* House.start(
    {
      PAYMENT_CATALOG: catalog,
      DATABASE_URL: `sqlite:${file}`,
      PAYMENT_MAX_RETRIES: "0",
      PAYMENT_RATE_LIMIT: "0",
      ...environment,
    },
    { plans: [{ id: plan, price: { currency_code: "USD", value: "9.99" } }] },
  )

  const sql = <A>(statement: (sql: SqlClient.SqlClient) => Effect.Effect<A, SqlError.SqlError>) =>
    Effect.orDie(
      Effect.provide(Effect.flatMap(SqlClient.SqlClient, statement), Database.layerSqlite(file, { exclusive: false }), {
        local: true,
      }),
    )

  const get = (path: string) =>
    Effect.map(house.send("GET", path), ({ json, status, text }) => {
      assert.strictEqual(status, 200, text)
      return json
    })

  const ask = (provider: Provider, body: object = {}) =>
    house.send("POST", "/v1/checkouts", {
      body: { mode: "subscription", price_id: "gold", preferred_provider: provider, ...body },
    })

  const open = (provider: Provider, body: object = {}) =>
    Effect.map(ask(provider, body), ({ json, status, text }) => {
      assert.strictEqual(status, 201, text)
      assert.deepInclude(json as object, { provider })
      return json as Opened
    })

  /** The buyer agrees on the page. */
  const approve = (provider: Provider, { provider_session_id: session }: Opened) => {
    switch (provider) {
      case "paypal":
        return Effect.asVoid(house.paypal.buyer.approve(session))
      case "polar":
        return Effect.asVoid(house.polar.buyer.pay(session))
      case "stripe":
        return Effect.asVoid(house.stripe.buyer.pay(session))
    }
  }

  /** The buyer's way back. */
  const back = ({ link }: Opened) => house.send("GET", `${new URL(link).pathname}/return`, { key: null })

  const checkout = ({ id }: Opened) =>
    Effect.map(
      get(`/v1/checkouts/${id}`),
      (json) => json as { status: string; late: boolean; subscription_id: string | null; payment_id: string | null },
    )
  const subscription = (id: string) => Effect.map(get(`/v1/subscriptions/${id}`), (json) => json as Subscription)
  const subscriptions = (query: string) =>
    Effect.map(get(`/v1/subscriptions?${query}`), (json) => (json as { data: ReadonlyArray<Subscription> }).data)
  const payments = ({ id }: Opened) =>
    Effect.map(get(`/v1/payments?checkout_id=${id}`), (json) => (json as { data: ReadonlyArray<Payment> }).data)
  const refunds = (paymentId: string) =>
    Effect.map(
      get(`/v1/refunds?payment_id=${paymentId}`),
      (json) =>
        (
          json as {
            data: ReadonlyArray<{ id: string; status: string; amount: string; origin: string; reason: string | null }>
          }
        ).data,
    )

  /** Waits until the subscription has been looked at for the first time, and nobody looks at it now. */
  const followed = Effect.fnUntraced(function* ({ id }: Opened) {
    const looks = sql((db) => db<{ readonly looks: number }>`select looks from subscriptions where checkout_id = ${id}`)
    yield* until(looks, ([row]) => row !== undefined && row.looks > 0)
    return yield* Effect.fromNullishOr((yield* subscriptions(`checkout_id=${id}`))[0])
  })

  /** A checkout that was approved there, and the subscription that runs behind it. */
  const subscribe = Effect.fnUntraced(function* (provider: Provider, body: object = {}) {
    const order = yield* open(provider, body)
    yield* approve(provider, order)
    yield* back(order)
    const running = yield* followed(order)
    assert.strictEqual(running.status, "active")
    assert.deepInclude(yield* checkout(order), { status: "paid", subscription_id: running.id })
    return { order, running }
  })

  /** The next period begins, and is charged. */
  const renew = (provider: Provider, { provider_subscription_id: id }: Subscription) => {
    switch (provider) {
      case "paypal":
        return Effect.asVoid(house.paypal.simulate.renew(id))
      case "polar":
        return Effect.asVoid(house.polar.renew(id))
      case "stripe":
        return Effect.asVoid(house.stripe.renew(id))
    }
  }

  const cancel = (id: string, body: object = {}) => house.send("POST", `/v1/subscriptions/${id}/cancel`, { body })
  const canceled = (id: string, body: object = {}) =>
    Effect.map(cancel(id, body), ({ json, status, text }) => {
      assert.strictEqual(status, 200, text)
      return json as Subscription
    })

  /** The provider's own word for how a subscription is. */
  const there = (provider: Provider, { provider_subscription_id: id }: Subscription) => {
    switch (provider) {
      case "paypal":
        return Effect.map(house.paypal.subscriptions, (all) => all.find((one) => one.id === id)?.status)
      case "polar":
        return Effect.map(house.polar.subscriptions, (all) => all.find((one) => one.id === id)?.status)
      case "stripe":
        return Effect.map(house.stripe.subscriptions, (all) => all.find((one) => one.id === id)?.status)
    }
  }

  /** What the merchant was told, oldest first: all of it, or about one object. */
  const told = (objectId?: string) =>
    sql((db) => db<Told>`select type, object_id, data from events order by created_at, sequence, id`).pipe(
      Effect.map((all) => all.filter(({ object_id }) => objectId === undefined || object_id === objectId)),
    )
  const types = (objectId?: string) => Effect.map(told(objectId), (all) => all.map(({ type }) => type))

  const silent = Effect.forEach([house.paypal, house.polar, house.stripe], (emulator) =>
    emulator.webhooks.setFault({ drop: true }),
  )

  return {
    house,
    sql,
    ask,
    open,
    approve,
    back,
    checkout,
    subscription,
    subscriptions,
    payments,
    refunds,
    followed,
    subscribe,
    renew,
    cancel,
    canceled,
    there,
    told,
    types,
    silent,
  }
})

export type Shop = Effect.Success<ReturnType<typeof start>>
