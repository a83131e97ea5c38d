/** Events as rows: written in the transaction of the change they tell, so that neither is there without the other. */
import {
  Checkout,
  Event,
  EventCatalogue,
  Id,
  type Ledger,
  Payment,
  ProviderName,
  Timestamp,
  WebhookEndpoint,
} from "@payment-orchestrator/domain"
import type { EventLog } from "@payment-orchestrator/payments"
import { Effect, Option, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as Bell from "./Bell.ts"
import * as DeliveryRows from "./DeliveryRows.ts"
import * as PaymentRows from "./PaymentRows.ts"
import * as Reading from "./Reading.ts"
import * as Sent from "./Sent.ts"
import * as TraceRows from "./TraceRows.ts"

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
  /** The one endpoint that gets it; when not given, every endpoint of the tenant that wants its type. */
  readonly only?: Id.EndpointId
  /** What does not get it, when that is an endpoint. */
  readonly except?: string
}

const HeadRow = Schema.Struct({ sequence: Schema.Int, endpoint_id: Schema.NullOr(Id.EndpointId) })
const decodeHead = Schema.decodeUnknownEffect(Schema.Array(HeadRow))

/**
 * Sends the question for the last number of an object's events and the endpoints that want this type. The caller's
 * transaction has sent before what holds the object's row.
 */
export const askHead = (sql: Sql, { objectId, tenantId, type }: Pick<Fact, "objectId" | "tenantId" | "type">) =>
  Effect.map(
    Sent.ask(
      sql,
      sql`
        select coalesce(max(sequence), 0) as sequence, cast(null as text) as endpoint_id
        from events where object_id = ${objectId}
        union all
        select 0, endpoint_id from endpoint_patterns
        where tenant_id = ${tenantId} and ${sql.in("pattern", WebhookEndpoint.patternsOf(type))}`,
    ),
    Effect.flatMap(decodeHead),
  )

/** What was asked for by `askHead`. */
export type Head = ReadonlyArray<typeof HeadRow.Type>

/** Sends a fact with its deliveries, and answers what waits for the event's id, when it was not told before. */
const sendFact = Effect.fnUntraced(function* (sql: Sql, fact: Fact, rows: Head) {
  const now = yield* Timestamp.now
  const id = yield* Id.makeEventId
  const inserted = yield* Sent.ask(
    sql,
    sql`
      insert into events ${sql.insert({
        id,
        object_id: fact.objectId,
        sequence: Math.max(...rows.map(({ sequence }) => sequence)) + 1,
        type: fact.type,
        tenant_id: fact.tenantId,
        livemode: fact.livemode ? 1 : 0,
        scope: fact.scope,
        key: fact.key,
        provider: fact.provider,
        api_version: EventCatalogue.versionOf(fact.type),
        data: fact.data,
        created_at: now,
      })}
      on conflict (scope, key) do nothing returning id`,
  )
  const wanted = new Set(rows.flatMap(({ endpoint_id }) => endpoint_id ?? []))
  const endpoints = fact.only === undefined ? [...wanted].filter((one) => one !== fact.except) : [fact.only]
  yield* DeliveryRows.insert(sql, id, endpoints, now)
  yield* TraceRows.remember(sql, id)
  yield* Bell.ring(sql, endpoints)
  return Effect.map(inserted, ({ length }) => (length === 0 ? Option.none() : Option.some(id)))
})

/**
 * Tells a fact in the caller's transaction, which holds the object's row, so that the numbers of an object follow each
 * other; its deliveries are made in the same transaction. Answers the event's id, when it was not told before.
 */
export const told = Effect.fnUntraced(function* (sql: Sql, fact: Fact) {
  return yield* Effect.flatten(sendFact(sql, fact, yield* Effect.flatten(askHead(sql, fact))))
})

/** The same, for whoever needs no answer. */
export const tell = Effect.fnUntraced(function* (sql: Sql, fact: Fact, head?: Head) {
  yield* Effect.asVoid(sendFact(sql, fact, head ?? (yield* Effect.flatten(askHead(sql, fact)))))
})

const EventRow = Schema.Struct({
  id: Id.EventId,
  type: Event.EventType,
  api_version: Schema.String,
  livemode: Schema.Literals([0, 1]),
  created_at: Schema.Int,
  tenant_id: Schema.String,
  object_id: Schema.String,
  sequence: Schema.Int,
  provider: Schema.NullOr(ProviderName.ProviderName),
  data: Schema.String,
})

const decode = Schema.decodeUnknownEffect(Schema.Array(EventRow))

const eventOf = (row: typeof EventRow.Type): EventLog.StoredEvent => ({
  id: row.id,
  type: row.type,
  apiVersion: row.api_version,
  livemode: row.livemode === 1,
  createdAt: row.created_at,
  tenantId: row.tenant_id,
  objectId: row.object_id,
  sequence: row.sequence,
  provider: row.provider,
  data: row.data,
})

/** Events out of rows that hold all their columns. */
export const read = (rows: ReadonlyArray<unknown>) => Effect.map(decode(rows), (all) => all.map(eventOf))

const encodePayment = Schema.encodeEffect(Schema.fromJsonString(Payment.PaymentJson))

/** Tells something of a checkout that stands as given. */
export const tellCheckout = Effect.fnUntraced(function* (
  sql: Sql,
  checkout: Checkout.Checkout,
  type: Extract<Event.EventType, `checkout.${string}`>,
  key: string = type,
  head?: Head,
) {
  const fact = {
    type,
    key,
    scope: checkout.id,
    objectId: checkout.id,
    tenantId: checkout.tenantId,
    provider: checkout.provider,
    livemode: checkout.livemode,
    data: yield* Checkout.toText(checkout),
  }
  yield* tell(sql, fact, head)
})

/** Tells something of a payment that stands as given, in the ledger of its checkout. */
export const tellPayment = Effect.fnUntraced(function* (
  sql: Sql,
  payment: Payment.Payment,
  type: Extract<Event.EventType, `payment.${string}`>,
  key: string = `${type}:${payment.moneyId}`,
) {
  yield* tell(sql, {
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
      data: payment === undefined ? yield* Checkout.toText(checkout) : yield* encodePayment(payment),
    })
  }
})
