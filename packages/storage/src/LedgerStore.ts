/** `LedgerStore` on SQL: the money of checkouts, and the sessions that are due. */
import { Timestamp } from "@payment-orchestrator/domain"
import { LedgerStore } from "@payment-orchestrator/payments"
import { Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import * as AuditRows from "./internal/AuditRows.ts"
import * as DueSessions from "./internal/DueSessions.ts"
import * as Failure from "./internal/Failure.ts"
import * as InboxApplied from "./internal/InboxApplied.ts"
import * as Keyset from "./internal/Keyset.ts"
import * as Rows from "./internal/LedgerRows.ts"
import * as PaymentRows from "./internal/PaymentRows.ts"

/** Whether the clock was set back is looked for that often, and at once when this process has seen it. */
const restoreEveryMillis = 600_000

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  const transact: LedgerStore.Service["transact"] = Effect.fnUntraced(
    function* (checkoutId, step, { askedFor, look } = {}) {
      const held = yield* Rows.read(sql, checkoutId)
      if (Option.isNone(held)) return Option.none()
      const done = step(held.value.state)
      if (done.state !== held.value.state) yield* Rows.write(sql, checkoutId, held.value, done)
      if (look !== undefined) {
        yield* DueSessions.lookAgain(sql, look.session, look.next(done))
        yield* InboxApplied.mark(sql, checkoutId, "session", look.startedAt)
      }
      if (askedFor !== undefined && done.state !== held.value.state) {
        yield* AuditRows.insert(sql, {
          action: askedFor,
          target: checkoutId,
          tenantId: Option.some(held.value.row.tenant_id),
          reason: Option.none(),
        })
      }
      return Option.some(done)
    },
    Failure.transaction(sql, "apply what the provider says"),
  )

  /** Readers ask often and there is seldom something to take: only then does anybody wait for the right to write. */
  const takeAsked: LedgerStore.Service["takeAsked"] = Effect.fnUntraced(function* (of, everyMillis, leaseMillis) {
    const now = yield* Timestamp.now
    const ask = { of, everyMillis }
    const found = yield* DueSessions.asked(sql, ask, now).pipe(Failure.storing("look for sessions that are asked for"))
    if (found.length === 0) return []
    return yield* DueSessions.takeAsked(sql, ask, leaseMillis).pipe(
      Failure.transaction(sql, "take the sessions that are asked for"),
    )
  })

  let restoredAt = -Infinity
  const takeDue: LedgerStore.Service["takeDue"] = (limit, leaseMillis) =>
    Effect.flatMap(Timestamp.now, (now) => {
      const restoring = now < restoredAt || now - restoredAt > restoreEveryMillis
      if (restoring) restoredAt = now
      return DueSessions.take(sql, limit, leaseMillis, restoring).pipe(
        Failure.transaction(sql, "take the sessions that are due"),
      )
    })

  return LedgerStore.LedgerStore.of({
    transact,
    takeDue,
    takeAsked,
    openSessions: (checkoutId) =>
      Effect.flatMap(Timestamp.now, (now) => DueSessions.ofCheckout(sql, checkoutId, now)).pipe(
        Failure.storing("read the sessions of a checkout"),
      ),
    lookAgain: (session, at) =>
      DueSessions.lookAgain(sql, session, at).pipe(Effect.asVoid, Failure.storing("put off a look")),
    postpone: (session, at) =>
      DueSessions.postpone(sql, session, at).pipe(Effect.asVoid, Failure.storing("put off a look")),
    makeDue: ({ provider, sessionId }) =>
      Effect.flatMap(
        Timestamp.now,
        (now) => sql`update sessions set look_at = ${now} where provider = ${provider} and session_id = ${sessionId}`,
      ).pipe(Effect.asVoid, Failure.storing("make a session due")),
    leave: ({ provider, sessionId }) =>
      sql`
        update sessions set look_at = null
        where provider = ${provider} and session_id = ${sessionId} and not exists (
          select 1 from inbox i
          where i.checkout_id = sessions.checkout_id and i.state = 'due' and i.awaits = 'session')`.pipe(
        Effect.asVoid,
        Failure.storing("leave a session"),
      ),
    hurry: (provider) =>
      Effect.flatMap(
        Timestamp.now,
        (now) => sql`
          update sessions set look_at = ${now}
          where look_at > ${now} and provider = ${provider} and state = 'completing'`,
      ).pipe(Effect.asVoid, Failure.storing("hurry the sessions of a provider")),
    findPayment: (id) =>
      sql`select * from payments where id = ${id}`.pipe(
        Effect.flatMap(PaymentRows.decode),
        Effect.map(PaymentRows.captured),
        Failure.storing("read a payment"),
      ),
    listPayments: ({ checkoutId, tenantId, ...page }) =>
      sql`
        select * from payments ${Keyset.page(
          sql,
          { name: "payments", time: "created_at" },
          page,
          { tenant_id: tenantId, checkout_id: checkoutId },
          [sql`kind is not null`],
        )}`.pipe(
        Effect.flatMap(PaymentRows.decode),
        Effect.map((rows) => rows.map(PaymentRows.paymentOf)),
        Failure.storing("list payments"),
      ),
  })
})

/** Over a database that was migrated. */
export const layer: Layer.Layer<LedgerStore.LedgerStore, never, SqlClient.SqlClient> = Layer.effect(
  LedgerStore.LedgerStore,
  make,
)
