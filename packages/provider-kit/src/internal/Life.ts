/** The steps of a checkout's life at one provider, as checks walk through them. */
import { Clock, Effect, Option } from "effect"
import type { CheckoutRequest, Money, Session } from "@payment-orchestrator/domain"
import * as Check from "../Check.ts"
import type { Harness, Made } from "../Harness.ts"
import * as Sample from "../Sample.ts"

/** A session that was opened, with the order it was opened by. */
export interface Opened extends Made {
  readonly request: Session.SessionRequest
  readonly session: Session.ProviderSession
}

/** A session that was paid (or subscribed) and completed. */
export interface Completed extends Opened {
  readonly snapshot: Session.SessionSnapshot
}

/** Skips the check where the provider does not offer a mode. */
export const needsMode = (made: Made, mode: CheckoutRequest.Mode) =>
  made.provider.capabilities.modes.includes(mode) ? Effect.void : Check.skip(`mode ${mode} is not offered`)

/** The price that subscriptions are sold by. */
export const price = (harness: Harness) =>
  harness.subscriptionPrice === undefined
    ? Check.fail("the harness must name a subscriptionPrice, because mode subscription is offered")
    : Effect.succeed(harness.subscriptionPrice)

/** An order in the mode that the provider can serve. */
export const order = (
  harness: Harness,
  made: Made,
  mode: CheckoutRequest.Mode,
  overrides: Partial<Session.SessionRequest> = {},
) =>
  Effect.gen(function* () {
    if (mode === "subscription") {
      return yield* Sample.sessionRequest({
        mode,
        money: Option.none(),
        priceId: Option.some((yield* price(harness)).id),
        ...overrides,
      })
    }
    const money = Sample.money(made.provider.capabilities)
    yield* Check.that(Option.isSome(money), "a provider of mode payment must take an everyday amount")
    return yield* Sample.sessionRequest({ mode, money, ...overrides })
  })

/** The mode for checks to which it does not matter: `payment` where it is offered. */
export const anyMode = (made: Made): CheckoutRequest.Mode =>
  made.provider.capabilities.modes.includes("payment") ? "payment" : "subscription"

/** The order for checks to which the mode does not matter. */
export const anyOrder = (harness: Harness, made: Made, overrides: Partial<Session.SessionRequest> = {}) =>
  order(harness, made, anyMode(made), overrides)

export const open = (
  harness: Harness,
  made: Made,
  mode: CheckoutRequest.Mode,
  overrides: Partial<Session.SessionRequest> = {},
): Effect.Effect<Opened, Check.CheckFailed> =>
  Effect.gen(function* () {
    const request = yield* order(harness, made, mode, overrides)
    const session = yield* Check.succeeds(made.provider.createCheckoutSession(request), "createCheckoutSession")
    return { ...made, request, session }
  })

/** Looks once, as the buyer's return or a webhook makes us look. */
export const complete = (opened: Opened) =>
  Check.succeeds(
    opened.provider.complete({ sessionId: opened.session.sessionId, mode: opened.request.mode, approval: 1 }),
    "complete",
  )

/** The buyer approves, and we complete until the provider says that it is done. */
export const settle = (opened: Opened): Effect.Effect<Completed, Check.CheckFailed> =>
  Effect.gen(function* () {
    yield* opened.backend.approve(opened.session.sessionId)
    const snapshot = yield* Check.eventually(
      complete(opened),
      (seen) => seen.state === "completed",
      "a session that the buyer approved must be completed",
    )
    return { ...opened, snapshot }
  })

/** A session of the mode on a fresh back end, opened, approved and completed; skips where the mode is not offered. */
export const live = (harness: Harness, mode: CheckoutRequest.Mode, overrides: Partial<Session.SessionRequest> = {}) =>
  Effect.gen(function* () {
    const made = yield* harness.make()
    yield* needsMode(made, mode)
    return yield* Effect.flatMap(open(harness, made, mode, overrides), settle)
  })

/** The one payment of a completed session in mode `payment`. */
export const payment = (completed: Completed) =>
  Effect.gen(function* () {
    const [first, second] = completed.snapshot.payments
    if (first === undefined || second !== undefined) {
      return yield* Check.fail("a paid session must have exactly one payment", completed.snapshot.payments)
    }
    return first
  })

/** A paid session whose money the buyer disputes; skips where the back end cannot show that. */
export const disputed = (harness: Harness) =>
  Effect.gen(function* () {
    const completed = yield* live(harness, "payment")
    const { dispute } = completed.backend
    if (dispute === undefined) return yield* Check.skip("the back end cannot dispute a payment")
    const { moneyId } = yield* payment(completed)
    return { ...completed, moneyId, disputeId: yield* dispute(moneyId) }
  })

export const find = (opened: Opened) =>
  Effect.gen(function* () {
    const { request, session } = opened
    const found = yield* Check.succeeds(
      opened.provider.findSession({ _tag: "BySessionId", sessionId: session.sessionId, mode: request.mode }),
      "findSession",
    )
    if (Option.isNone(found)) return yield* Check.fail("findSession must know a session that was opened")
    return found.value
  })

/** Looks a session up by its attempt, as after a lost answer. */
export const byAttempt = (made: Made, request: Session.SessionRequest) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) =>
    made.provider.findSession({ _tag: "ByAttempt", request, startedAt: now - 5_000 }),
  )

/** The subscription's id of a completed session in mode `subscription`. */
export const subscriptionId = (completed: Completed) =>
  Option.match(completed.snapshot.subscriptionId, {
    onNone: () => Check.fail("a completed subscription session must name its subscription", completed.snapshot),
    onSome: (id) => Effect.succeed(id),
  })

/** The sum of what was given back may be short of what was asked by rounding of a tax, never above it. */
export const nearly = (asked: Money.Money, given: Money.Money) =>
  given.currency === asked.currency && given.amount <= asked.amount && asked.amount - given.amount <= 2
