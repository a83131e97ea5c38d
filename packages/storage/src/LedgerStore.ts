/** `LedgerStore` on SQL: the money of checkouts, the sessions that are due, and what providers told us. */
import { Timestamp } from "@payment-orchestrator/domain"
import { LedgerStore } from "@payment-orchestrator/payments"
import { Effect, Layer, Option } from "effect"
import { Base64 } from "effect/encoding"
import { SqlClient } from "effect/sql"
import * as Dialect from "./Dialect.ts"
import * as AuditRows from "./internal/AuditRows.ts"
import * as Failure from "./internal/Failure.ts"
import * as Keyset from "./internal/Keyset.ts"
import * as Rows from "./internal/LedgerRows.ts"
import * as PaymentRows from "./internal/PaymentRows.ts"

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  const due = sql.literal(
    "s.checkout_id, s.provider, s.session_id, c.mode, s.state, s.approvals, s.looks, s.expires_at as session_expires_at, " +
      "c.expires_at",
  )

  const transact: LedgerStore.Service["transact"] = (checkoutId, step, askedFor) =>
    Effect.gen(function* () {
      const held = yield* Rows.read(sql, checkoutId)
      if (Option.isNone(held)) return Option.none()
      const done = step(held.value.state)
      if (done.state === held.value.state) return Option.some(done)
      yield* Rows.write(sql, checkoutId, held.value, done)
      if (askedFor !== undefined) {
        yield* AuditRows.insert(sql, {
          action: askedFor,
          target: checkoutId,
          tenantId: Option.some(held.value.row.tenant_id),
          reason: Option.none(),
        })
      }
      return Option.some(done)
    }).pipe(Failure.transaction(sql, "apply what the provider says"))

  const takeDue: LedgerStore.Service["takeDue"] = (limit, leaseMillis) =>
    Effect.gen(function* () {
      const now = yield* Timestamp.now
      const rows = yield* sql`
        select ${due} from sessions s join checkouts c on c.id = s.checkout_id
        where s.look_at is not null and s.look_at <= ${now}
        order by s.look_at limit ${limit} ${Dialect.forUpdateSkipLocked(sql)}`.pipe(Effect.flatMap(Rows.dueRows))
      for (const row of rows) {
        yield* sql`
          update sessions set look_at = ${now + leaseMillis}
          where provider = ${row.provider} and session_id = ${row.session_id}`
      }
      return rows.map(Rows.dueOf)
    }).pipe(Failure.transaction(sql, "take the sessions that are due"))

  /** The sessions a clue may mean: by the provider's id, by our attempt id, or by money that is known. */
  const poke = Effect.fnUntraced(function* (clue: LedgerStore.Clue, now: number) {
    const sessionId = Option.getOrElse(clue.sessionId, () => "")
    const attemptId = Option.getOrElse(clue.attemptId, () => "")
    const moneyId = Option.getOrElse(clue.moneyId, () => "")
    const poked = yield* sql`
      update sessions set look_at = ${now}
      where attempt_id in (
        select attempt_id from sessions where provider = ${clue.provider} and session_id = ${sessionId}
        union select attempt_id from sessions where attempt_id = ${attemptId} and provider = ${clue.provider}
        union select s.attempt_id from payments p
          join sessions s on s.provider = p.provider and s.session_id = p.session_id
          where p.provider = ${clue.provider} and p.money_id = ${moneyId})
      returning attempt_id`
    return poked.length > 0
  })

  const receive: LedgerStore.Service["receive"] = (entry, clues) =>
    Effect.gen(function* () {
      const now = yield* Timestamp.now
      const matches = yield* Effect.forEach(clues, (clue) => poke(clue, now))
      const matched = matches.some(Boolean)
      const inserted = yield* sql`
        insert into inbox ${sql.insert({
          provider: entry.provider,
          event_id: entry.eventId,
          type: entry.type,
          body: Base64.encode(entry.body),
          matched: matched ? 1 : 0,
          received_at: now,
        })}
        on conflict (provider, event_id) do nothing returning event_id`
      return { known: inserted.length > 0, matched }
    }).pipe(Failure.transaction(sql, "keep a webhook"))

  return LedgerStore.LedgerStore.of({
    transact,
    takeDue,
    receive,
    openSessions: (checkoutId) =>
      sql`
        select ${due} from sessions s join checkouts c on c.id = s.checkout_id
        where s.checkout_id = ${checkoutId} and s.state in ('payable', 'completing')
        order by s.created_at, s.attempt_id`.pipe(
        Effect.flatMap(Rows.dueRows),
        Effect.map((rows) => rows.map(Rows.dueOf)),
        Failure.storing("read the sessions of a checkout"),
      ),
    lookAgain: ({ provider, sessionId }, at) =>
      sql`
        update sessions set look_at = ${Option.getOrNull(at)}, looks = looks + 1
        where provider = ${provider} and session_id = ${sessionId}`.pipe(
        Effect.asVoid,
        Failure.storing("put off a look"),
      ),
    postpone: ({ provider, sessionId }, at) =>
      sql`
        update sessions set look_at = ${at}
        where provider = ${provider} and session_id = ${sessionId} and look_at is not null`.pipe(
        Effect.asVoid,
        Failure.storing("put off a look"),
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
