/** Events as rows: written in the transaction of the change they tell, so that neither is there without the other. */
import {
  Checkout,
  type Event,
  Id,
  type Ledger,
  Payment,
  type ProviderName,
  Timestamp,
} from "@payment-orchestrator/domain"
import { Effect, Option, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as PaymentRows from "./PaymentRows.ts"
import * as Reading from "./Reading.ts"

type Sql = SqlClient.SqlClient

/** One fact to be told. */
export interface Fact {
  readonly type: Event.EventType
  /** Whose ledger tells it, and under which key it is told once there. */
  readonly scope: string
  readonly key: string
  /** What it is about; its events are numbered from 1. */
  readonly objectId: string
  readonly tenantId: string
  readonly provider: ProviderName.ProviderName | null
  readonly livemode: boolean
  /** The object as the HTTP contract writes it, as JSON text. */
  readonly data: string
}

/**
 * Tells a fact in the caller's transaction, which holds the object's row, so that the numbers of an object follow each
 * other. False when it was told before.
 */
export const tell = Effect.fnUntraced(function* (sql: Sql, fact: Fact) {
  const [last] = yield* sql<{ readonly sequence: number }>`
    select coalesce(max(sequence), 0) as sequence from events where object_id = ${fact.objectId}`
  const told = yield* sql`
    insert into events ${sql.insert({
      id: yield* Id.makeEventId,
      scope: fact.scope,
      key: fact.key,
      object_id: fact.objectId,
      sequence: (last?.sequence ?? 0) + 1,
      type: fact.type,
      tenant_id: fact.tenantId,
      provider: fact.provider,
      livemode: fact.livemode ? 1 : 0,
      data: fact.data,
      created_at: yield* Timestamp.now,
    })}
    on conflict (scope, key) do nothing returning id`
  return told.length > 0
})

const encodeCheckout = Schema.encodeEffect(Schema.fromJsonString(Checkout.CheckoutJson))
const encodePayment = Schema.encodeEffect(Schema.fromJsonString(Payment.PaymentJson))

/** Tells something of a checkout that stands as given. */
export const tellCheckout = Effect.fnUntraced(function* (
  sql: Sql,
  checkout: Checkout.Checkout,
  type: Extract<Event.EventType, `checkout.${string}`>,
  key: string = type,
) {
  return yield* tell(sql, {
    type,
    key,
    scope: checkout.id,
    objectId: checkout.id,
    tenantId: checkout.tenantId,
    provider: checkout.provider,
    livemode: checkout.livemode,
    data: yield* encodeCheckout(checkout),
  })
})

/** Tells something of a payment that stands as given, in the ledger of its checkout. */
export const tellPayment = Effect.fnUntraced(function* (
  sql: Sql,
  payment: Payment.Payment,
  type: Extract<Event.EventType, `payment.${string}`>,
  key: string = `${type}:${payment.moneyId}`,
) {
  return yield* tell(sql, {
    type,
    key,
    scope: payment.checkoutId,
    objectId: payment.id,
    tenantId: payment.tenantId,
    provider: payment.provider,
    livemode: payment.livemode,
    data: yield* encodePayment(payment),
  })
})

/** Tells what one step of a checkout's ledger has to tell, after its rows were written. */
export const tellLedger = Effect.fnUntraced(function* (
  sql: Sql,
  checkoutId: Id.CheckoutId,
  events: ReadonlyArray<readonly [key: string, event: Ledger.Event]>,
) {
  if (events.length === 0) return
  const found = yield* Reading.byId(sql, checkoutId)
  if (Option.isNone(found)) return
  const { checkout } = found.value
  const payments = yield* PaymentRows.ofCheckout(sql, checkoutId)
  for (const [key, event] of events) {
    const { provider, type } = event
    const payment = "moneyId" in event ? payments.find(({ moneyId }) => moneyId === event.moneyId) : undefined
    const { id: objectId } = payment ?? checkout
    yield* tell(sql, {
      type,
      key,
      scope: checkoutId,
      objectId,
      tenantId: checkout.tenantId,
      provider,
      livemode: checkout.livemode,
      data: payment === undefined ? yield* encodeCheckout(checkout) : yield* encodePayment(payment),
    })
  }
})
