/** Checkouts as the service makes them, for the tests. */
import type { OrchestratorLog } from "@payment-orchestrator/core"
import {
  type Attempt,
  type Checkout,
  CheckoutRequest,
  type Drill,
  Id,
  Ledger,
  Money,
  ProviderName,
  type RejectedWebhook,
  type Session,
  Timestamp,
} from "@payment-orchestrator/domain"
import { CheckoutStore, Clue, InboxStore, LedgerStore } from "@payment-orchestrator/payments"
import { Effect, Option, Schema } from "effect"

export const paypal = ProviderName.ProviderName.make("paypal")
export const polar = ProviderName.ProviderName.make("polar")

export const takeOverAfterMillis = 70_000

export const claimant = (over: Partial<CheckoutStore.Claimant> = {}): CheckoutStore.Claimant => ({
  tenantId: "default",
  key: "order-1",
  fingerprint: "body",
  ...over,
})

const request = Schema.decodeEffect(CheckoutRequest.CheckoutRequest)({
  amount: "99.99",
  currency: "USD",
  customerEmail: "buyer@example.com",
  description: "two\nlines",
  metadata: { cart: "77", ключ: "значение ✓" },
})

/** A checkout of 99.99 USD with two candidates, PayPal and Polar, before anybody is asked. */
export const opening = (over: Partial<Checkout.Checkout> = {}): Effect.Effect<CheckoutStore.Opening> =>
  Effect.gen(function* () {
    const linkToken = yield* Id.makeLinkToken
    const now = yield* Timestamp.now
    const wanted = yield* Effect.orDie(request)
    return {
      checkout: {
        id: yield* Id.makeCheckoutId,
        status: "open",
        late: false,
        livemode: false,
        mode: "payment",
        provider: null,
        url: null,
        link: `https://pay.example.com/pay/${linkToken}`,
        providerSessionId: null,
        amount: 9_999,
        amountPaid: 0,
        amountRefunded: 0,
        currency: "USD",
        paymentId: null,
        subscriptionId: null,
        orderId: null,
        reference: "spring sale",
        customerId: "user_42",
        tenantId: "default",
        metadata: wanted.metadata,
        expiresAt: now + 86_400_000,
        createdAt: now,
        attempts: [],
        ...over,
      },
      linkToken,
      successUrl: Option.some("https://shop.example.com/thanks"),
      cancelUrl: Option.none(),
      request: wanted,
      attempts: [
        { attemptId: yield* Id.makeAttemptId, provider: paypal, position: 0 },
        { attemptId: yield* Id.makeAttemptId, provider: polar, position: 2 },
      ],
    }
  })

/** Polar tells an event that names these things; what it makes due is leased for half a minute. */
export const told = (clue: Partial<Clue.Clue>, over: Partial<InboxStore.Arrival> = {}) =>
  Effect.flatMap(InboxStore.InboxStore, (store) =>
    store.receive(
      {
        provider: polar,
        eventId: "evt_1",
        type: "order.paid",
        subject: "payment",
        origin: "webhook",
        occurredAt: Option.none(),
        body: new Uint8Array([123, 255, 125]),
        clues: [{ ...Clue.none, ...clue }],
        ...over,
      },
      30_000,
    ),
  )

const failedAttempt = (startedAt: number): Attempt.Attempt => ({
  provider: paypal,
  result: "transient_error",
  reason: "http_503",
  message: "PayPal 503 Service Unavailable",
  outcome: "unknown",
  requestId: "debug-1",
  startedAt,
  durationMs: 312,
  tries: 3,
})

const skippedAttempt = (startedAt: number): Attempt.Attempt => ({
  provider: ProviderName.ProviderName.make("stripe"),
  result: "skipped",
  reason: "not_configured",
  message: "has no credentials",
  startedAt,
  durationMs: 0,
  tries: 0,
})

/** What came of an opening. */
export interface Ended {
  readonly claimant?: CheckoutStore.Claimant
  readonly answer?: string
}

const keyOf = ({ answer, claimant }: Ended) =>
  Option.map(Option.fromUndefinedOr(claimant), (of) => ({ claimant: of, answer: Option.fromUndefinedOr(answer) }))

const failoverOf = Effect.fnUntraced(function* ({ checkout }: CheckoutStore.Opening) {
  const row: OrchestratorLog.Failover = {
    id: yield* Id.makeFailoverId,
    at: yield* Timestamp.now,
    checkoutId: checkout.id,
    tenantId: checkout.tenantId,
    from: paypal,
    to: polar,
    reason: "http_503",
    message: "PayPal 503 Service Unavailable",
    requestId: "debug-1",
  }
  return row
})

/** PayPal failed, Stripe was skipped, Polar opened a session. */
export const failedOver = Effect.fnUntraced(function* (claimed: CheckoutStore.Opening, ended: Ended = {}) {
  const now = yield* Timestamp.now
  const { checkout } = claimed
  const sessionId = `cs_${checkout.id}`
  const url = `https://polar.example.com/${sessionId}`
  const opened: Attempt.Attempt = { provider: polar, result: "opened", startedAt: now, durationMs: 120, tries: 1 }
  const outcome: CheckoutStore.Outcome = {
    checkout: {
      ...checkout,
      provider: polar,
      url,
      providerSessionId: sessionId,
      attempts: [failedAttempt(now), skippedAttempt(now), opened],
    },
    planned: claimed.attempts,
    session: Option.fromUndefinedOr(claimed.attempts[1]).pipe(
      Option.map(({ attemptId }) => ({
        attemptId,
        provider: polar,
        sessionId,
        url,
        fence: "none",
        expiresAt: Option.some(now + 3_600_000),
      })),
    ),
    failovers: [yield* failoverOf(claimed)],
    claimant: keyOf(ended),
  }
  return outcome
})

/** Every provider failed. */
export const failed = Effect.fnUntraced(function* (claimed: CheckoutStore.Opening, ended: Ended = {}) {
  const now = yield* Timestamp.now
  const outcome: CheckoutStore.Outcome = {
    checkout: { ...claimed.checkout, status: "failed", attempts: [failedAttempt(now)] },
    planned: claimed.attempts,
    session: Option.none(),
    failovers: [],
    claimant: keyOf(ended),
  }
  return outcome
})

/** Claims an opening without a key. */
export const claim = Effect.fnUntraced(function* (over: Partial<Checkout.Checkout> = {}) {
  const store = yield* CheckoutStore.CheckoutStore
  const claimed = yield* opening(over)
  yield* store.claim(claimed, Option.none(), takeOverAfterMillis)
  return claimed
})

/** A checkout that failed over to Polar and is shown there. */
export const shown = Effect.fnUntraced(function* (over: Partial<Checkout.Checkout> = {}) {
  const store = yield* CheckoutStore.CheckoutStore
  const outcome = yield* failedOver(yield* claim(over))
  yield* store.commit(outcome)
  return outcome.checkout
})

const snapshot = (sessionId: string, state: Session.MoneyState, fetchStartedAt: number): Session.SessionSnapshot => ({
  provider: polar,
  sessionId,
  mode: "payment",
  state: "completed",
  url: Option.none(),
  attemptId: Option.none(),
  payments: [
    {
      moneyId: "ord_1",
      state,
      gross: Money.make(9_999, "USD"),
      fee: Option.none(),
      tax: Option.none(),
      net: Option.none(),
    },
  ],
  subscriptionId: Option.none(),
  expiresAt: Option.none(),
  fetchStartedAt,
  requestId: Option.none(),
  rawState: "succeeded",
})

/** PayPal opened it at once. */
export const firstTry = Effect.fnUntraced(function* () {
  const store = yield* CheckoutStore.CheckoutStore
  const claimed = yield* claim()
  const now = yield* Timestamp.now
  const opened: Attempt.Attempt = { provider: paypal, result: "opened", startedAt: now, durationMs: 90, tries: 1 }
  const outcome = yield* failedOver(claimed)
  yield* store.commit({
    ...outcome,
    checkout: { ...outcome.checkout, provider: paypal, attempts: [opened] },
    session: Option.map(outcome.session, (session) => ({ ...session, provider: paypal })),
    failovers: [],
  })
  return outcome.checkout
})

/** PayPal was passed over, and Polar opened it. */
export const skippedFirst = Effect.fnUntraced(function* (reason: Attempt.SkipReason) {
  const store = yield* CheckoutStore.CheckoutStore
  const outcome = yield* failedOver(yield* claim())
  const { attempts } = outcome.checkout
  const now = yield* Timestamp.now
  const skipped: Attempt.Attempt = { ...skippedAttempt(now), provider: paypal, reason }
  yield* store.commit({
    ...outcome,
    checkout: { ...outcome.checkout, attempts: [skipped, ...attempts.slice(2)] },
    failovers: [],
  })
})

/** A checkout of 99.99 USD that is paid, and its payment. */
export const paid = Effect.gen(function* () {
  const ledger = yield* LedgerStore.LedgerStore
  const checkout = yield* shown()
  const sessionId = checkout.providerSessionId ?? ""
  const see = (state: Session.MoneyState, at: number) =>
    ledger.transact(checkout.id, (before) => Ledger.apply(before, snapshot(sessionId, state, at)))
  yield* see("completed", 5)
  const [payment] = yield* ledger.listPayments({ checkoutId: checkout.id, limit: 1 })
  return { checkoutId: checkout.id, payment: yield* Effect.fromNullishOr(payment), see }
})
/** A page of Stripe's. */
export const page = Effect.map(Id.makeAttemptId, (attemptId): Option.Option<CheckoutStore.ShownSession> =>
  Option.some({
    attemptId,
    provider: ProviderName.ProviderName.make("stripe"),
    sessionId: `cs_${attemptId}`,
    url: `https://stripe.example.com/${attemptId}`,
    fence: "remote",
    expiresAt: Option.none(),
  }),
)

/** A drill that begins. */
export const drill: Effect.Effect<Drill.Drill> = Effect.gen(function* () {
  return {
    id: yield* Id.makeDrillId,
    provider: paypal,
    fault: "down",
    checkouts: 5,
    status: "running",
    actor: "key_1",
    livemode: false,
    startedAt: yield* Timestamp.now,
    endedAt: null,
    report: null,
  }
})

/** A delivery that was refused. */
export const rejected = (more: Partial<RejectedWebhook.RejectedWebhook> = {}) =>
  Effect.map(Id.makeRejectionId, (id): RejectedWebhook.RejectedWebhook => ({
    id,
    provider: paypal,
    reason: "bad_signature",
    detail: "first",
    address: "192.0.2.7",
    count: 2,
    headers: ["a", "b"],
    deliveryId: "d-1",
    bodyBytes: 12,
    bodySha256: "0".repeat(64),
    firstAt: 1_000,
    lastAt: 1_000,
    ...more,
  }))
