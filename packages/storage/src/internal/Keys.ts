/** The row of an `Idempotency-Key`: claimed by an insert, so that of two twins one is first whoever they ask. */
import { Id } from "@payment-orchestrator/domain"
import type { CheckoutStore } from "@payment-orchestrator/payments"
import { Effect, Schema } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import * as Dialect from "../Dialect.ts"
import * as Sent from "./Sent.ts"

type Sql = SqlClient.SqlClient
type Claimant = CheckoutStore.Claimant

/** A key is forgotten after 24 hours. */
export const lifetimeMillis = 24 * 3_600_000

/** `Again`: somebody let it go, or died; with the checkout it was for, when there was one. */
export type KeyClaim =
  | { readonly _tag: "Fresh" }
  | { readonly _tag: "Again"; readonly checkoutId: Id.CheckoutId | null }
  | { readonly _tag: "Replay"; readonly answer: string }
  | { readonly _tag: "Running" }
  | { readonly _tag: "OtherBody" }

export interface Wish {
  readonly claimant: Claimant
  readonly takeOverAfterMillis: number
  readonly now: number
  /** What the key is for when it is fresh. */
  readonly checkoutId: Id.CheckoutId | null
}

const KeyRow = Schema.Struct({
  fingerprint: Schema.String,
  state: Schema.Literals(["running", "released", "answered"]),
  checkout_id: Schema.NullOr(Id.CheckoutId),
  answer: Schema.NullOr(Schema.String),
  claimed_at: Schema.Int,
  created_at: Schema.Int,
})
type KeyRow = typeof KeyRow.Type

const decodeRows = Schema.decodeUnknownEffect(Schema.Array(KeyRow))

const insert = (sql: Sql, { checkoutId, claimant, now }: Wish) =>
  sql`
    insert into idempotency_keys ${sql.insert({
      tenant_id: claimant.tenantId,
      key: claimant.key,
      fingerprint: claimant.fingerprint,
      state: "running",
      checkout_id: checkoutId,
      answer: null,
      claimed_at: now,
      created_at: now,
    })}`

const select = (sql: Sql, { key, tenantId }: Claimant) =>
  Effect.flatMap(
    sql`
      select fingerprint, state, checkout_id, answer, claimed_at, created_at from idempotency_keys
      where tenant_id = ${tenantId} and key = ${key} ${Dialect.forUpdate(sql)}`,
    decodeRows,
  )

/** Takes a row that is held by this transaction. */
const take = (sql: Sql, { claimant, now }: Wish, checkoutId: Id.CheckoutId | null, createdAt: number) =>
  sql`
    update idempotency_keys set ${sql.update({
      fingerprint: claimant.fingerprint,
      state: "running",
      checkout_id: checkoutId,
      answer: null,
      claimed_at: now,
      created_at: createdAt,
    })}
    where tenant_id = ${claimant.tenantId} and key = ${claimant.key}`

const reclaim = Effect.fnUntraced(function* (sql: Sql, wish: Wish, row: KeyRow) {
  const { claimant, now, takeOverAfterMillis } = wish
  if (row.created_at + lifetimeMillis <= now) {
    yield* take(sql, wish, wish.checkoutId, now)
    return { _tag: "Fresh" } as const
  }
  if (row.fingerprint !== claimant.fingerprint) return { _tag: "OtherBody" } as const
  if (row.answer !== null) return { _tag: "Replay", answer: row.answer } as const
  if (row.state === "running" && now - row.claimed_at <= takeOverAfterMillis) return { _tag: "Running" } as const
  yield* take(sql, wish, row.checkout_id ?? wish.checkoutId, row.created_at)
  return { _tag: "Again", checkoutId: row.checkout_id } as const
})

/** Claims a key that nobody has claimed, inside a transaction; one that somebody has fails it with a `UniqueViolation`. */
export const hope = (sql: Sql, wish: Wish) => Effect.as(Sent.send(sql, insert(sql, wish)), { _tag: "Fresh" } as const)

/** Claims a key, inside a transaction. */
export const claim = Effect.fnUntraced(function* (
  sql: Sql,
  wish: Wish,
): Effect.fn.Return<KeyClaim, SqlError.SqlError | Schema.SchemaError> {
  const inserted = yield* sql`${insert(sql, wish)} on conflict (tenant_id, key) do nothing returning key`
  if (inserted.length > 0) return { _tag: "Fresh" }
  const [row] = yield* select(sql, wish.claimant)
  // It was forgotten between the two statements: the next insert meets no row.
  return row === undefined ? yield* claim(sql, wish) : yield* reclaim(sql, wish, row)
})

/** Holds the row of a checkout's key until the transaction ends: every transaction takes the key first, then the checkout. */
export const holdOf = (sql: Sql, checkoutId: Id.CheckoutId) =>
  sql`select key from idempotency_keys where checkout_id = ${checkoutId} ${Dialect.forUpdate(sql)}`

/** Keeps the first final answer. */
export const settle = (sql: Sql, { fingerprint, key, tenantId }: Claimant, answer: string) =>
  sql`
    update idempotency_keys set state = 'answered', answer = ${answer}
    where tenant_id = ${tenantId} and key = ${key} and fingerprint = ${fingerprint} and state <> 'answered'`

/** Lets the same key try again. */
export const release = (sql: Sql, { fingerprint, key, tenantId }: Claimant) =>
  sql`
    update idempotency_keys set state = 'released'
    where tenant_id = ${tenantId} and key = ${key} and fingerprint = ${fingerprint} and state = 'running'`

export const releaseOf = (sql: Sql, checkoutId: Id.CheckoutId) =>
  sql`update idempotency_keys set state = 'released' where checkout_id = ${checkoutId} and state = 'running'`

/** Forgets keys older than this, at most so many; answers how many. */
export const forget = (sql: Sql, before: number, atMost: number) =>
  Effect.map(
    sql`
      with old as materialized (
        select tenant_id, key from idempotency_keys where created_at <= ${before}
        order by created_at limit ${atMost} ${Dialect.forUpdateSkipLocked(sql)}
      )
      delete from idempotency_keys where (tenant_id, key) in (select tenant_id, key from old) returning key`,
    (rows) => rows.length,
  )
