/** Everything that is recorded of one checkout. Long because each kind of record is a statement and the schema of its rows. */
import {
  Attempt,
  Checkout,
  CheckoutRequest,
  Currency,
  Delivery,
  Event,
  type Explanation,
  Id,
  Money,
  Payment,
  ProviderName,
  Refund,
  Timestamp,
} from "@payment-orchestrator/domain"
import { Effect, Option, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as CheckoutRow from "./CheckoutRow.ts"
import * as InboxRows from "./InboxRows.ts"
import * as SessionRows from "./SessionRows.ts"

type Sql = SqlClient.SqlClient

const Text = Schema.NullOr(Schema.String)
const provider = ProviderName.ProviderName
const decoder = <S extends Schema.Codec<unknown, unknown>>(row: S) => Schema.decodeUnknownEffect(Schema.Array(row))

const checkoutRows = decoder(
  Schema.Struct({
    tenant_id: Schema.String,
    status: Checkout.CheckoutStatus,
    mode: CheckoutRequest.Mode,
    amount: Schema.NullOr(Money.MinorUnits),
    currency: Currency.Currency,
    request: CheckoutRow.Request,
    created_at: Timestamp.Millis,
    expires_at: Timestamp.Millis,
  }),
)

const attemptRows = decoder(
  Schema.Struct({
    round: Schema.Int,
    position: Schema.Int,
    attempt_id: Schema.NullOr(Id.AttemptId),
    state: Schema.Literals(["planned", "closed", "quarantined"]),
    provider,
    result: Schema.NullOr(Attempt.AttemptResult),
  }),
)

const candidates = Effect.fnUntraced(function* (sql: Sql, id: Id.CheckoutId) {
  const rows = yield* sql`select * from attempts where checkout_id = ${id} order by round, position`
  const places = yield* attemptRows(rows)
  return yield* Effect.forEach(places, ({ attempt_id, position, provider, result, round, state }, index) =>
    Effect.map(
      result === null ? Effect.succeedNone : Effect.asSome(CheckoutRow.decodeAttempt(rows[index] ?? {})),
      (attempt): Explanation.Candidate => ({ round, position, provider, attemptId: attempt_id, state, attempt }),
    ),
  )
})

const failoverRows = decoder(
  Schema.Struct({
    at: Timestamp.Millis,
    id: Id.FailoverId,
    from_provider: provider,
    to_provider: provider,
    reason: Schema.String,
    message: Schema.String,
    request_id: Text,
  }),
)

const failovers = (sql: Sql, id: Id.CheckoutId) =>
  sql`select * from failovers where checkout_id = ${id} order by id`.pipe(
    Effect.flatMap(failoverRows),
    Effect.map((rows) =>
      rows.map(({ from_provider, request_id, to_provider, ...rest }) => ({
        ...rest,
        from: from_provider,
        to: to_provider,
        requestId: request_id,
      })),
    ),
  )

const sessionRows = decoder(
  Schema.Struct({
    attempt_id: Id.AttemptId,
    provider,
    session_id: Schema.String,
    state: Schema.Literals(["unexposed", "payable", "completing", "completed", "withdrawn"]),
    expires_at: Schema.NullOr(Timestamp.Millis),
    created_at: Timestamp.Millis,
    state_at: Schema.NullOr(Timestamp.Millis),
  }),
)

const sessions = (sql: Sql, id: Id.CheckoutId) =>
  sql`
    select attempt_id, provider, session_id, state, expires_at, created_at, state_at
    from sessions where checkout_id = ${id} order by ${sql.literal(SessionRows.inOrder)}`.pipe(
    Effect.flatMap(sessionRows),
    Effect.map((rows) =>
      rows.map(({ attempt_id, created_at, expires_at, provider, session_id, state, state_at }) => ({
        at: created_at,
        attemptId: attempt_id,
        provider,
        sessionId: session_id,
        expiresAt: expires_at,
        state,
        stateAt: state_at ?? created_at,
      })),
    ),
  )

const webhooks = (sql: Sql, id: Id.CheckoutId) =>
  sql`
    select ${sql.literal(InboxRows.columns)} from inbox where checkout_id = ${id} order by received_at, id`.pipe(
    Effect.flatMap(InboxRows.read),
    Effect.map((entries) =>
      entries.map(({ eventId, provider, receivedAt, state, type }) => ({
        at: receivedAt,
        provider,
        eventId,
        type,
        state,
      })),
    ),
  )

const paymentRows = decoder(
  Schema.Struct({
    id: Id.PaymentId,
    provider,
    money_id: Schema.String,
    kind: Schema.NullOr(Payment.PaymentKind),
    state: Payment.MoneyState,
    amount: Money.MinorUnits,
    currency: Currency.Currency,
    created_at: Timestamp.Millis,
  }),
)

const payments = (sql: Sql, id: Id.CheckoutId) =>
  sql`select * from payments where checkout_id = ${id} order by id`.pipe(
    Effect.flatMap(paymentRows),
    Effect.map((rows) =>
      rows.map(({ amount, created_at, currency, id, kind, money_id, provider, state }) => ({
        at: created_at,
        id,
        provider,
        moneyId: money_id,
        paymentKind: kind,
        state,
        amount: Money.toDecimal(Money.make(amount, currency)),
        currency,
      })),
    ),
  )

const refundRows = decoder(
  Schema.Struct({
    id: Id.RefundId,
    payment_id: Id.PaymentId,
    provider,
    status: Refund.RefundStatus,
    amount: Money.MinorUnits,
    currency: Currency.Currency,
    reason: Text,
    message: Text,
    created_at: Timestamp.Millis,
  }),
)

const refunds = (sql: Sql, id: Id.CheckoutId) =>
  sql`
    select r.* from payments p join refunds r on r.payment_id = p.id where p.checkout_id = ${id} and r.unseen = 0
    order by r.id`.pipe(
    Effect.flatMap(refundRows),
    Effect.map((rows) =>
      rows.map(({ amount, created_at, currency, id, message, payment_id, provider, reason, status }) => ({
        at: created_at,
        id,
        paymentId: payment_id,
        provider,
        status,
        amount: Money.toDecimal(Money.make(amount, currency)),
        currency,
        reason,
        message,
      })),
    ),
  )

const eventRows = decoder(
  Schema.Struct({
    id: Id.EventId,
    type: Event.EventType,
    object_id: Schema.String,
    sequence: Schema.Int,
    provider: Schema.NullOr(provider),
    created_at: Timestamp.Millis,
  }),
)

/** Those its own ledger tells, and those of its subscriptions, each of which tells its own. */
const events = (sql: Sql, id: Id.CheckoutId) =>
  sql`
    select id, type, object_id, sequence, provider, created_at from events where scope = ${id}
    union
    select e.id, e.type, e.object_id, e.sequence, e.provider, e.created_at from subscriptions s
      join events e on e.scope = s.id
      where s.checkout_id = ${id}
    order by id`.pipe(
    Effect.flatMap(eventRows),
    Effect.map((rows) =>
      rows.map(({ created_at, id, object_id, provider, sequence, type }) => ({
        at: created_at,
        id,
        type,
        objectId: object_id,
        sequence,
        provider,
      })),
    ),
  )

const deliveryRows = decoder(
  Schema.Struct({
    id: Id.DeliveryId,
    event_id: Id.EventId,
    event_type: Event.EventType,
    endpoint_id: Id.EndpointId,
    url: Text,
    status: Delivery.DeliveryStatus,
    tries: Schema.Int,
    due_at: Schema.NullOr(Timestamp.Millis),
    last_try_at: Schema.NullOr(Timestamp.Millis),
    last_status: Schema.NullOr(Schema.Int),
    last_error: Text,
    created_at: Timestamp.Millis,
  }),
)

/** How its events were sent, in the order in which they were told. */
const deliveries = Effect.fnUntraced(function* (sql: Sql, events: ReadonlyArray<Id.EventId>) {
  if (events.length === 0) return []
  const rows = yield* sql`
    select d.id, d.event_id, d.event_type, d.endpoint_id, e.url, d.status, d.tries, d.due_at, d.last_try_at,
      d.last_status, d.last_error, d.created_at
    from deliveries d left join endpoints e on e.id = d.endpoint_id
    where ${sql.in("d.event_id", events)} order by d.event_id, d.id`.pipe(Effect.flatMap(deliveryRows))
  return rows.map((row) => ({
    at: row.last_try_at ?? row.created_at,
    id: row.id,
    eventId: row.event_id,
    eventType: row.event_type,
    endpointId: row.endpoint_id,
    url: row.url,
    status: row.status,
    tries: row.tries,
    lastStatus: row.last_status,
    lastError: row.last_error,
    nextTryAt: row.due_at,
  }))
})

const actionRows = decoder(
  Schema.Struct({
    at: Timestamp.Millis,
    action: Schema.String,
    actor: Schema.String,
    target: Schema.String,
    reason: Text,
  }),
)

/** What somebody did to it, to its payments or their refunds, to its subscriptions or to its events. */
const actions = (sql: Sql, targets: ReadonlyArray<string>) =>
  Effect.flatMap(
    sql`
      select at, action, actor, target, reason from audit_log where ${sql.in("target", targets)} order by at, id`,
    actionRows,
  )

export const read = Effect.fnUntraced(function* (sql: Sql, id: Id.CheckoutId, tenantId: string | undefined) {
  const [row] = yield* sql`
    select tenant_id, status, mode, amount, currency, request, created_at, expires_at
    from checkouts where id = ${id}`.pipe(Effect.flatMap(checkoutRows))
  if (row === undefined || (tenantId !== undefined && row.tenant_id !== tenantId)) return Option.none()
  const { amount, created_at, currency, expires_at, mode, request, status } = row
  const paid = yield* payments(sql, id)
  const returned = yield* refunds(sql, id)
  const told = yield* events(sql, id)
  const subscribed = yield* sql<{ readonly id: string }>`select id from subscriptions where checkout_id = ${id}`
  const records: Explanation.Records = {
    checkout: {
      id,
      status,
      mode,
      currency,
      asked: Option.map(Option.fromNullOr(amount), (units) => Money.make(units, currency)),
      createdAt: created_at,
      expiresAt: expires_at,
    },
    wish: { priceId: request.priceId ?? null, preferredProvider: request.preferredProvider ?? null },
    candidates: yield* candidates(sql, id),
    failovers: yield* failovers(sql, id),
    sessions: yield* sessions(sql, id),
    webhooks: yield* webhooks(sql, id),
    payments: paid,
    refunds: returned,
    events: told,
    deliveries: yield* deliveries(
      sql,
      told.map((event) => event.id),
    ),
    actions: yield* actions(sql, [id, ...[...paid, ...returned, ...subscribed, ...told].map((object) => object.id)]),
  }
  return Option.some(records)
})
