/** `SubscriptionStore` on SQL. Whoever changes a subscription holds its checkout's row first, then its own. */
import { SubscriptionStore } from "@payment-orchestrator/payments"
import { Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import * as Failure from "./internal/Failure.ts"
import * as Keyset from "./internal/Keyset.ts"
import * as Recording from "./internal/SubscriptionRecording.ts"
import * as Rows from "./internal/SubscriptionRows.ts"
import * as Taking from "./internal/SubscriptionTaking.ts"

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  const transact: SubscriptionStore.Service["transact"] = Effect.fnUntraced(
    function* (id, step) {
      const held = yield* Recording.hold(sql, id)
      if (Option.isNone(held)) return Option.none<SubscriptionStore.Changed>()
      const { row, state } = held.value
      const done = step(state, yield* Recording.charges(sql, row))
      const subscription =
        done.state === state ? Rows.subscriptionOf(row) : yield* Recording.write(sql, held.value, done)
      return Option.some<SubscriptionStore.Changed>({ subscription, step: done })
    },
    Failure.transaction(sql, "apply what the provider says of a subscription"),
  )

  return SubscriptionStore.SubscriptionStore.of({
    transact,
    takeDue: (limit, leaseMillis) =>
      Taking.due(sql, limit, leaseMillis).pipe(Failure.transaction(sql, "take the subscriptions that are due")),
    take: (id, leaseMillis) => Taking.one(sql, id, leaseMillis).pipe(Failure.transaction(sql, "take a subscription")),
    lookAgain: ({ id, leasedUntil }, at) =>
      sql`
        update subscriptions set looks = looks + 1,
          look_at = case when look_at = ${leasedUntil} then ${Option.getOrNull(at)} else look_at end
        where id = ${id}`.pipe(Effect.asVoid, Failure.storing("put off a look at a subscription")),
    rivals: (id, since) => Recording.rivals(sql, id, since).pipe(Failure.storing("look for second subscriptions")),
    endSecond: ({ ends, stays }) =>
      Recording.endSecond(sql, ends, stays).pipe(Failure.transaction(sql, "end a second subscription")),
    find: (id) =>
      sql`select * from subscriptions where id = ${id}`.pipe(
        Effect.flatMap(Rows.first),
        Effect.map(Option.map(Rows.subscriptionOf)),
        Failure.storing("read a subscription"),
      ),
    findAt: (provider, subscriptionId) =>
      sql`
        select * from subscriptions
        where provider = ${provider} and provider_subscription_id = ${subscriptionId}`.pipe(
        Effect.flatMap(Rows.first),
        Effect.map(Option.map(Rows.subscriptionOf)),
        Failure.storing("read a subscription by its provider's id"),
      ),
    list: ({ checkoutId, customerId, provider, status, tenantId, ...page }) =>
      sql`
        select * from subscriptions ${Keyset.page(sql, { name: "subscriptions", time: "created_at" }, page, {
          tenant_id: tenantId,
          status,
          provider,
          customer_id: customerId,
          checkout_id: checkoutId,
        })}`.pipe(
        Effect.flatMap(Rows.read),
        Effect.map((rows) => rows.map(Rows.subscriptionOf)),
        Failure.storing("list subscriptions"),
      ),
  })
})

/** Over a database that was migrated. */
export const layer: Layer.Layer<SubscriptionStore.SubscriptionStore, never, SqlClient.SqlClient> = Layer.effect(
  SubscriptionStore.SubscriptionStore,
  make,
)
