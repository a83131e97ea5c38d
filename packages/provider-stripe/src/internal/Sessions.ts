/** Checkout Sessions: opening, looking, withdrawing. */
import { Effect, Option, Result } from "effect"
import type { Operation, PaymentError, Session } from "@payment-orchestrator/domain"
import type { Answer, Client } from "../StripeClient.ts"
import { noSuchObject, permanent, provider } from "./errors.ts"
import * as Objects from "./Objects.ts"
import * as Payments from "./Payments.ts"
import * as SessionParams from "./SessionParams.ts"

const expected = { name: "a checkout session", schema: Objects.CheckoutSession }

/** What the session would charge must be what was asked for, in the same currency (F12). */
const echoFault = (request: Session.SessionRequest, session: Objects.CheckoutSession): string | undefined => {
  if (Option.isNone(request.money)) return undefined
  const { amount, currency } = request.money.value
  const echo = Payments.money(session.amount_total ?? -1, session.currency ?? "")
  if (Result.isFailure(echo)) return "the session does not say what it charges"
  return echo.success.amount === amount && echo.success.currency === currency
    ? undefined
    : `asked for ${amount} ${currency}, the session charges ${echo.success.amount} ${echo.success.currency} (minor units)`
}

/** Opens a session under the attempt id as key; its page is handed out only when the amount is right. */
export const create = Effect.fnUntraced(function* (
  client: Client,
  livemode: boolean,
  request: Session.SessionRequest,
): Effect.fn.Return<Session.ProviderSession, PaymentError.PaymentError> {
  const operation = "createCheckoutSession"
  const built = SessionParams.make(request)
  if (Result.isFailure(built)) {
    return yield* permanent(operation, { reason: built.failure, outcome: "not_sent" })
  }
  const { adjusted, params } = built.success
  const { requestId, value } = yield* client.request(operation, expected, (sdk) =>
    sdk.checkout.sessions.create(params, { idempotencyKey: request.attemptId }),
  )
  const fault = echoFault(request, value)
  if (fault !== undefined) return yield* Payments.senseless(operation, fault)
  const url = value.url ?? ""
  if (!Objects.isId(value.id) || !URL.canParse(url)) {
    return yield* Payments.senseless(operation, "the session has no page")
  }
  return {
    provider,
    sessionId: value.id,
    url,
    expiresAt: Objects.millis(value.expires_at),
    livemode: value.livemode ?? livemode,
    requestId,
    adjusted,
  }
})

const isOver = (payments: ReadonlyArray<Session.MoneySnapshot>): boolean =>
  payments.length > 0 && payments.every(({ state }) => state === "declined")

/**
 * `complete` and unpaid is an asynchronous means of payment on its way (F31), or one that failed for good. A status
 * that is not known is read as `open`: the buyer may still pay.
 */
export const stateOf = (
  session: Pick<Objects.CheckoutSession, "status" | "payment_status">,
  payments: ReadonlyArray<Session.MoneySnapshot> = [],
): Session.SessionState => {
  switch (session.status) {
    case "complete":
      if (session.payment_status === "paid" || session.payment_status === "no_payment_required") return "completed"
      return isOver(payments) ? "expired" : "processing"
    case "expired":
      return "expired"
    default:
      return "open"
  }
}

const snapshot = Effect.fnUntraced(function* (
  client: Client,
  operation: Operation.Operation,
  answer: Answer<Objects.CheckoutSession>,
  mode: Session.SessionSnapshot["mode"],
): Effect.fn.Return<Session.SessionSnapshot, PaymentError.PaymentError> {
  const session = answer.value
  const payments = yield* Payments.ofSession(client, operation, session)
  return {
    provider,
    sessionId: session.id,
    mode: session.mode === "payment" || session.mode === "subscription" ? session.mode : mode,
    state: stateOf(session, payments),
    url: Option.fromNullishOr(session.url),
    attemptId: Objects.attemptIdOf(session.metadata),
    payments,
    subscriptionId: Objects.idOf(session.subscription),
    expiresAt: Objects.millis(session.expires_at),
    fetchStartedAt: answer.fetchStartedAt,
    requestId: answer.requestId,
    rawState: `${session.status ?? "unknown"}/${session.payment_status ?? "unknown"}`,
  }
})

interface Known {
  readonly sessionId: string
  readonly mode: Session.SessionSnapshot["mode"]
}

/** A session as it is now; fails with `not_found` when Stripe has none by that id. */
export const get = Effect.fnUntraced(function* (
  client: Client,
  operation: Operation.Operation,
  { mode, sessionId }: Known,
): Effect.fn.Return<Session.SessionSnapshot, PaymentError.PaymentError> {
  if (!Objects.isId(sessionId)) return yield* noSuchObject(operation)
  const answer = yield* client.request(operation, expected, (sdk) =>
    sdk.checkout.sessions.retrieve(sessionId, { expand: ["payment_intent.latest_charge.balance_transaction"] }),
  )
  return yield* snapshot(client, operation, answer, mode)
})

/** Turns `not_found` into none. */
export const orNone = <A>(
  found: Effect.Effect<A, PaymentError.PaymentError>,
): Effect.Effect<Option.Option<A>, PaymentError.PaymentError> =>
  found.pipe(
    Effect.asSome,
    Effect.catchTag("PermanentPaymentError", (error) =>
      error.reason === "not_found" ? Effect.succeed(Option.none<A>()) : Effect.fail(error),
    ),
  )

/** The window around the start of an attempt in which its session was created: clocks differ, calls take time. */
const windowSeconds = { before: 300, after: 600 }

/** At most 5 pages of 100. */
const page = 100
const pages = 5

/**
 * A session by our attempt id after a lost answer: the list of sessions of that time, matched by metadata (Stripe has
 * no filter for it). Creates nothing. A list too long to be read to its end is no proof of absence, and fails.
 */
const idByAttempt = Effect.fnUntraced(function* (
  client: Client,
  attemptId: string,
  startedAt: number,
): Effect.fn.Return<Option.Option<string>, PaymentError.PaymentError> {
  const at = Math.floor(startedAt / 1000)
  const created = { gte: at - windowSeconds.before, lte: at + windowSeconds.after }
  let after: string | undefined
  for (let read = 0; read < pages; read++) {
    const from = after
    const { value } = yield* client.request(
      "findSession",
      { name: "a list of checkout sessions", schema: Objects.listOf(Objects.CheckoutSession) },
      (sdk) =>
        sdk.checkout.sessions.list({
          created,
          limit: page,
          ...(from === undefined ? {} : { starting_after: from }),
        }),
    )
    const found = value.data.find(({ metadata }) => Option.contains(Objects.attemptIdOf(metadata), attemptId))
    if (found !== undefined) return Option.some(found.id)
    after = value.data.at(-1)?.id
    if (value.has_more !== true || after === undefined) return Option.none()
  }
  return yield* Payments.senseless("findSession", `more than ${pages * page} sessions were opened in that time`)
})

/** A session by its id, or by our attempt id. */
export const find = Effect.fnUntraced(function* (
  client: Client,
  by: Session.SessionRef,
): Effect.fn.Return<Option.Option<Session.SessionSnapshot>, PaymentError.PaymentError> {
  if (by._tag === "BySessionId") return yield* orNone(get(client, "findSession", by))
  const sessionId = yield* idByAttempt(client, by.request.attemptId, by.startedAt)
  if (Option.isNone(sessionId)) return Option.none()
  return yield* orNone(get(client, "findSession", { sessionId: sessionId.value, mode: by.request.mode }))
})

const withdrawResult = (state: Session.SessionState): Option.Option<Session.WithdrawResult> => {
  if (state === "open") return Option.none()
  return Option.some(state === "expired" ? "withdrawn" : "being_paid")
}

/**
 * Expires a session. Stripe refuses unless it is open, so a refusal is read back: only a session that Stripe calls
 * over is withdrawn (F26). No key of ours: the call is idempotent by itself, and a kept 5xx would come again for a day.
 */
export const withdraw = Effect.fnUntraced(function* (
  client: Client,
  session: Known,
): Effect.fn.Return<Session.WithdrawResult, PaymentError.PaymentError> {
  const operation = "withdraw"
  if (!Objects.isId(session.sessionId)) return yield* noSuchObject(operation)
  return yield* client
    .request(operation, expected, (sdk) => sdk.checkout.sessions.expire(session.sessionId))
    .pipe(
      Effect.flatMap(({ value }) =>
        Option.match(withdrawResult(stateOf(value)), {
          onNone: () => Payments.senseless(operation, "the session is still open"),
          onSome: (result) => Effect.succeed(result),
        }),
      ),
      Effect.catchTag("PermanentPaymentError", (refused) =>
        refused.status === 400
          ? Effect.flatMap(get(client, operation, session), ({ state }) =>
              Option.match(withdrawResult(state), {
                onNone: () => Effect.fail(refused),
                onSome: (result) => Effect.succeed(result),
              }),
            )
          : Effect.fail(refused),
      ),
    )
})
