/** Subscriptions: found, renewed, canceled at once and at the end of the period. */
import { Effect, Option } from "effect"
import type { Session } from "@payment-orchestrator/domain"
import * as Check from "../Check.ts"
import type { Harness } from "../Harness.ts"
import * as Sample from "../Sample.ts"
import * as Life from "./Life.ts"

const group = "subscriptions"

const running: ReadonlyArray<string> = ["active", "trialing"]

const subscribed = (harness: Harness) =>
  Effect.gen(function* () {
    const completed = yield* Life.live(harness, "subscription")
    const subscriptionId = yield* Life.subscriptionId(completed)
    const get = Effect.flatMap(
      Check.succeeds(completed.provider.getSubscription(subscriptionId), "getSubscription"),
      Option.match({
        onNone: () => Check.fail("the subscription must be found"),
        onSome: (found) => Effect.succeed(found),
      }),
    )
    const cancel = (atPeriodEnd: boolean) =>
      Check.succeeds(
        completed.provider.cancelSubscription({ subscriptionId, reason: Option.some("Too expensive"), atPeriodEnd }),
        atPeriodEnd ? "canceling at the end of the period" : "canceling at once",
      )
    return { ...completed, subscriptionId, get, cancel }
  })

const starts = (harness: Harness): Check.Check => ({
  group,
  name: "a completed subscription is active (or on trial), carries our attempt id, and is none under another id",
  run: Effect.gen(function* () {
    const { get, provider, request, subscriptionId } = yield* subscribed(harness)
    const found = yield* Check.eventually(get, (seen) => running.includes(seen.state), "the subscription must run")
    yield* Check.equal(found.subscriptionId, subscriptionId, "its id")
    yield* Check.equal(found.attemptId, Option.some(request.attemptId), "our attempt id")
    yield* Check.equal(found.started, true, "whether it has started")
    yield* Check.equal(found.cancelAtPeriodEnd, false, "cancelAtPeriodEnd")
    const unknown = yield* Check.succeeds(
      provider.getSubscription(Sample.unknownId(subscriptionId)),
      "getSubscription of an unknown id",
    )
    yield* Check.that(Option.isNone(unknown), "there must be no such subscription", unknown)
  }),
})

const atOnce = (harness: Harness): Check.Check => ({
  group,
  name: "F41: canceling at once ends it, and canceling again is a success",
  run: Effect.gen(function* () {
    const { cancel, get } = yield* subscribed(harness)
    yield* Check.equal((yield* cancel(false)).state, "canceled", "the state")
    yield* Check.equal((yield* cancel(false)).state, "canceled", "the state the second time")
    const found = yield* get
    yield* Check.equal(found.state, "canceled", "the state that getSubscription tells")
    yield* Check.equal(found.started, true, "whether it had started")
  }),
})

const atPeriodEnd = (harness: Harness): Check.Check => ({
  group,
  name: "F41: canceling at the end of the period lets it run till then where that is offered, else ends it at once",
  run: Effect.gen(function* () {
    const { cancel, get, provider } = yield* subscribed(harness)
    const offered = provider.capabilities.cancelAtPeriodEnd
    const holds = (seen: { readonly state: string; readonly cancelAtPeriodEnd: boolean }) =>
      offered ? running.includes(seen.state) && seen.cancelAtPeriodEnd : seen.state === "canceled"
    const what = offered ? "it must run on, to be canceled at the end of the period" : "it must be canceled"
    const first = yield* cancel(true)
    yield* Check.that(holds(first), what, first)
    const second = yield* cancel(true)
    yield* Check.that(holds(second), `${what}, the second time too`, second)
    const found = yield* get
    yield* Check.that(holds(found), `${what}, by getSubscription`, found)
    yield* Check.that(
      Option.isSome(first.currentPeriodEnd),
      "the end of the paid period must be told, so that the merchant can honour it",
      first,
    )
    yield* Check.equal((yield* cancel(false)).state, "canceled", "the state after canceling at once as well")
  }),
})

const renewal = (harness: Harness): Check.Check => ({
  group,
  name: "a renewal is a further payment of the same session, and moves the end of the paid period",
  run: Effect.gen(function* () {
    const life = yield* subscribed(harness)
    const { backend, get, subscriptionId } = life
    if (backend.renew === undefined) return yield* Check.skip("the back end cannot renew a subscription")
    const paid = (seen: { readonly payments: ReadonlyArray<Session.MoneySnapshot> }) =>
      new Set(seen.payments.flatMap(({ moneyId, state }) => (state === "completed" ? [moneyId] : [])))
    const first = yield* Check.eventually(Life.find(life), (seen) => paid(seen).size === 1, "there must be one payment")
    const before = yield* get
    yield* backend.renew(subscriptionId)
    const second = yield* Check.eventually(Life.find(life), (seen) => paid(seen).size === 2, "there must be two")
    yield* Check.that(
      [...paid(first)].every((id) => paid(second).has(id)),
      "the first payment must keep its id",
      [first, second],
    )
    const after = yield* get
    yield* Check.that(
      Option.exists(Option.all([before.currentPeriodEnd, after.currentPeriodEnd]), ([was, is]) => is > was),
      "the end of the paid period must have moved",
      [before, after],
    )
  }),
})

const unknownSubscription = (harness: Harness): Check.Check => ({
  group,
  name: "canceling an unknown subscription is refused for good",
  run: Effect.gen(function* () {
    const { provider, subscriptionId } = yield* subscribed(harness)
    const error = yield* Check.fails(
      provider.cancelSubscription({
        subscriptionId: Sample.unknownId(subscriptionId),
        reason: Option.none(),
        atPeriodEnd: false,
      }),
      "canceling an unknown subscription",
    )
    yield* Check.equal(error._tag, "PermanentPaymentError", "the kind of the error")
    yield* Check.equal(error.operation, "cancelSubscription", "the operation")
  }),
})

export const checks = (harness: Harness): ReadonlyArray<Check.Check> => [
  starts(harness),
  renewal(harness),
  atOnce(harness),
  atPeriodEnd(harness),
  unknownSubscription(harness),
]
