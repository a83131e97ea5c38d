/** The money of a checkout as rows: read with its row held, and written as one step changed it. */
import { Capabilities, Currency, Id, Ledger, Money, ProviderName, Timestamp } from "@payment-orchestrator/domain"
import { Effect, Option, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as Dialect from "../Dialect.ts"
import * as EventRows from "./EventRows.ts"
import * as PaymentRows from "./PaymentRows.ts"
import * as SessionRows from "./SessionRows.ts"
import * as SubscriptionRecording from "./SubscriptionRecording.ts"

const Flag = Schema.Literals([0, 1])
export const SessionStatus = Schema.Literals(["payable", "completing", "completed", "withdrawn"])

const CheckoutRow = Schema.Struct({
  tenant_id: Schema.String,
  mode: Schema.Literals(["payment", "subscription"]),
  status: Schema.Literals(["open", "processing", "paid", "expired", "failed"]),
  amount: Schema.NullOr(Money.MinorUnits),
  currency: Currency.Currency,
  livemode: Flag,
  late: Flag,
  paid_by: Schema.NullOr(Schema.String),
})

const SessionRow = Schema.Struct({
  attempt_id: Id.AttemptId,
  provider: ProviderName.ProviderName,
  session_id: Schema.String,
  state: SessionStatus,
  fence: Capabilities.Fence,
  approvals: Schema.Int,
  seen_at: Schema.Int,
  hinted_at: Schema.Int,
  refused: Flag,
})

const decode = <S extends Schema.Codec<unknown, unknown>>(row: S) => Schema.decodeUnknownEffect(Schema.Array(row))
const checkoutRows = decode(CheckoutRow)
const sessionRows = decode(SessionRow)

type Sql = SqlClient.SqlClient

/** Clocks of machines that work together differ by less. */
const skewMillis = 60_000

/** A time that was written by a clock which has been set back since is no longer compared with. */
const believed = (at: number, now: number): number => (at > now + skewMillis ? 0 : at)

/** Whether a verified webhook said that the buyer had acted, and nobody has looked since. */
export const isHinted = (row: { readonly seen_at: number; readonly hinted_at: number }, now: number): boolean =>
  believed(row.hinted_at, now) > believed(row.seen_at, now)

const part = (units: number | null, currency: Currency.Currency) =>
  Option.map(Option.fromNullOr(units), (amount) => Money.make(amount, currency))

const unitsOf = (part: Option.Option<Money.Money>): number | null =>
  Option.getOrNull(Option.map(part, ({ amount }) => amount))

/** What was read of a checkout. */
export interface Held {
  readonly row: typeof CheckoutRow.Type
  readonly payments: ReadonlyArray<typeof PaymentRows.PaymentRow.Type>
  readonly state: Ledger.State
}

/** A checkout's ledger, its row held to the end of the transaction. */
export const read = Effect.fnUntraced(function* (sql: Sql, checkoutId: Id.CheckoutId) {
  const [row] = yield* sql`
    select tenant_id, mode, status, amount, currency, livemode, late, paid_by
    from checkouts where id = ${checkoutId} ${Dialect.forUpdate(sql)}`.pipe(Effect.flatMap(checkoutRows))
  if (row === undefined) return Option.none<Held>()
  const now = yield* Timestamp.now
  const sessions = yield* sql`
    select attempt_id, provider, session_id, state, fence, approvals, seen_at, hinted_at, refused
    from sessions where checkout_id = ${checkoutId} and state <> 'unexposed'
    order by ${sql.literal(SessionRows.inOrder)}`.pipe(Effect.flatMap(sessionRows))
  const payments = yield* sql`select * from payments where checkout_id = ${checkoutId} order by id`.pipe(
    Effect.flatMap(PaymentRows.decode),
  )
  const reported = yield* sql<{ readonly key: string }>`select key from events where scope = ${checkoutId}`
  const state: Ledger.State = {
    mode: row.mode,
    status: row.status,
    asked: Option.map(Option.fromNullOr(row.amount), (amount) => Money.make(amount, row.currency)),
    late: row.late === 1,
    sessions: sessions.map(({ approvals, attempt_id, fence, provider, session_id, state, ...row }) => ({
      attemptId: attempt_id,
      provider,
      sessionId: session_id,
      status: state,
      fence,
      approvals,
      seenAt: believed(row.seen_at, now),
      hintedAt: believed(row.hinted_at, now),
      refused: row.refused === 1,
    })),
    payments: payments.map(({ amount, currency, fee, kind, money_id, net, provider, session_id, state, tax }) => ({
      moneyId: money_id,
      provider,
      sessionId: session_id,
      state,
      gross: Money.make(amount, currency),
      kind: Option.fromNullOr(kind),
      tax: part(tax, currency),
      fee: part(fee, currency),
      net: part(net, currency),
    })),
    paidBy: Option.fromNullOr(row.paid_by),
    reported: reported.map(({ key }) => key),
  }
  return Option.some<Held>({ row, payments, state })
})

const taken: ReadonlySet<string> = new Set(["completed", "partially_refunded", "refunded"])

/** What the merchant sees of the checkout's money. */
const summary = (state: Ledger.State, ids: ReadonlyMap<string, Id.PaymentId>) => {
  const counting = state.payments.find(({ kind, state }) => Option.contains(kind, "initial") && taken.has(state))
  return {
    paid: counting?.gross.amount ?? 0,
    paymentId: counting === undefined ? null : (ids.get(counting.moneyId) ?? null),
  }
}

/** The checkout bears the page that stands for it. */
const show = Effect.fnUntraced(function* (
  sql: Sql,
  checkoutId: Id.CheckoutId,
  before: Ledger.State,
  after: Ledger.State,
) {
  const [was, is] = [Ledger.current(before), Ledger.current(after)]
  if (Option.isNone(is) || Option.exists(was, ({ attemptId }) => attemptId === is.value.attemptId)) return
  const { attemptId, provider, sessionId } = is.value
  yield* sql`
    update checkouts set provider = ${provider}, provider_session_id = ${sessionId},
      url = (select url from sessions where attempt_id = ${attemptId})
    where id = ${checkoutId}`
})

export const write = Effect.fnUntraced(function* (
  sql: Sql,
  checkoutId: Id.CheckoutId,
  before: Held,
  { commands, events, state }: Ledger.Step,
) {
  const now = yield* Timestamp.now
  const { row } = before
  for (const session of state.sessions) {
    const was = before.state.sessions.find(({ attemptId }) => attemptId === session.attemptId)
    if (was === session) continue
    const fresh = was?.status !== session.status
    yield* sql`
      update sessions set state = ${session.status}, approvals = ${session.approvals}, seen_at = ${session.seenAt},
        refused = ${session.refused ? 1 : 0}, looks = ${fresh ? 0 : sql.literal("looks")},
        state_at = ${fresh ? now : sql.literal("state_at")}
      where attempt_id = ${session.attemptId}`
  }
  const ids = new Map(before.payments.map(({ id, money_id }) => [money_id, id]))
  for (const payment of state.payments) {
    if (before.state.payments.includes(payment)) continue
    const id = ids.get(payment.moneyId) ?? (yield* Id.makePaymentId)
    ids.set(payment.moneyId, id)
    yield* sql`
      insert into payments ${sql.insert({
        id,
        checkout_id: checkoutId,
        tenant_id: row.tenant_id,
        provider: payment.provider,
        money_id: payment.moneyId,
        session_id: payment.sessionId,
        kind: Option.getOrNull(payment.kind),
        state: payment.state,
        amount: payment.gross.amount,
        tax: unitsOf(payment.tax),
        fee: unitsOf(payment.fee),
        net: unitsOf(payment.net),
        currency: payment.gross.currency,
        livemode: row.livemode,
        created_at: now,
      })}
      on conflict (provider, money_id) do update set
        kind = excluded.kind, state = excluded.state, amount = excluded.amount, currency = excluded.currency,
        tax = excluded.tax, fee = excluded.fee, net = excluded.net`
  }
  for (const command of commands) {
    if (command._tag === "Follow") yield* SubscriptionRecording.follow(sql, checkoutId, command, state.paidBy)
  }
  const { paid, paymentId } = summary(state, ids)
  const paidBy = Option.getOrNull(state.paidBy)
  yield* sql`
    update checkouts set status = ${state.status}, late = ${state.late ? 1 : 0},
      paid_by = ${paidBy}, amount_paid = ${paid}, payment_id = ${paymentId},
      subscription_id = (select id from subscriptions where checkout_id = ${checkoutId} and session_id = ${paidBy})
    where id = ${checkoutId}`
  yield* show(sql, checkoutId, before.state, state)
  yield* EventRows.tellLedger(
    sql,
    checkoutId,
    events.map((event, index) => [state.reported[before.state.reported.length + index] ?? event.type, event]),
  )
})
