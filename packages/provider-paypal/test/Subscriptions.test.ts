import { Fault } from "@payment-orchestrator/emulators"
import { Sample } from "@payment-orchestrator/provider-kit"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import type * as PayPal from "../src/index.ts"
import * as SubscriptionSnapshots from "../src/internal/SubscriptionSnapshots.ts"
import * as Stage from "./support/Stage.ts"

const activate = "POST /v1/billing/subscriptions/:id/activate"
const cancel = "POST /v1/billing/subscriptions/:id/cancel"

const opened = Effect.fnUntraced(function* (options: Partial<PayPal.Options> = {}) {
  const stage = yield* Stage.make({ options })
  const request = yield* Sample.sessionRequest({
    mode: "subscription",
    money: Option.none(),
    priceId: Option.some(Stage.monthlyPlan),
    customerEmail: Option.some("buyer@shop.example"),
  })
  const session = yield* stage.provider.createCheckoutSession(request)
  return { stage, request, id: session.sessionId, session }
})

const completing = (stage: Stage.Stage, sessionId: string) =>
  stage.provider.complete({ sessionId, mode: "subscription", approval: 1 })

const withdrawing = (stage: Stage.Stage, sessionId: string) =>
  stage.provider.withdraw({ sessionId, mode: "subscription" })

describe("a subscription", () => {
  it.live("is opened with our attempt id as key and custom id, and tells that it has no text of its own", () =>
    Effect.gen(function* () {
      const { request, session, stage } = yield* opened()
      const sent = (yield* stage.emulator.journal.requests).find(({ route }) => route === Stage.createSubscription)
      expect(sent?.headers["paypal-request-id"]).toBe(request.attemptId)
      expect(JSON.parse(sent?.body ?? "")).toEqual({
        plan_id: Stage.monthlyPlan,
        custom_id: request.attemptId,
        subscriber: { email_address: "buyer@shop.example" },
        application_context: {
          return_url: "https://shop.example/thanks?order=17",
          cancel_url: "https://shop.example/basket",
          user_action: "SUBSCRIBE_NOW",
          shipping_preference: "NO_SHIPPING",
        },
      })
      expect(session.adjusted).toEqual(["description"])
    }),
  )

  it.live("without a plan is refused before anything is sent", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      const request = yield* Sample.sessionRequest({ mode: "subscription", money: Option.none() })
      expect(yield* Effect.flip(stage.provider.createCheckoutSession(request))).toMatchObject({
        reason: "price_unmapped",
        outcome: "not_sent",
      })
      expect(yield* stage.emulator.journal.count()).toBe(0)
    }),
  )

  it.live("with subscribe_now is active after approval, with its first charge; completing only looks", () =>
    Effect.gen(function* () {
      const { id, request, stage } = yield* opened()
      expect(yield* completing(stage, id)).toMatchObject({ state: "open", subscriptionId: Option.none() })
      yield* Effect.orDie(stage.emulator.buyer.approve(id))
      const snapshot = yield* completing(stage, id)
      expect(snapshot).toMatchObject({
        state: "completed",
        subscriptionId: Option.some(id),
        attemptId: Option.some(request.attemptId),
        payments: [{ state: "completed", gross: { amount: 1000, currency: "EUR" } }],
      })
      const [sale] = yield* stage.emulator.sales
      expect(snapshot.payments[0]?.moneyId).toBe(sale?.id)
      expect(yield* stage.emulator.journal.count(activate)).toBe(0)
    }),
  )

  it.live("whose charges cannot be read is not told as one without charges", () =>
    Effect.gen(function* () {
      const { id, stage } = yield* opened()
      yield* Effect.orDie(stage.emulator.buyer.approve(id))
      for (const fault of [
        Fault.wrongShape(),
        Fault.status(200, { body: { transactions: [{ id: "8S" }] } }),
        Fault.status(503),
      ]) {
        yield* stage.emulator.faults.clear
        yield* stage.emulator.faults.add({ route: "GET /v1/billing/subscriptions/:id/transactions", fault })
        expect(yield* Effect.flip(completing(stage, id))).toMatchObject({
          _tag: "TransientPaymentError",
          operation: "complete",
        })
      }
    }),
  )

  it.live("with continue waits for us after approval, and is then activated once", () =>
    Effect.gen(function* () {
      const { id, stage } = yield* opened({ subscriptionAction: "continue" })
      yield* Effect.orDie(stage.emulator.buyer.approve(id))
      expect(
        yield* stage.provider.findSession({ _tag: "BySessionId", sessionId: id, mode: "subscription" }),
      ).toMatchObject({
        value: { state: "approved", payments: [] },
      })
      expect(yield* completing(stage, id)).toMatchObject({ state: "completed", payments: [{ state: "completed" }] })
      expect(yield* completing(stage, id)).toMatchObject({ state: "completed" })
      expect(yield* stage.emulator.journal.count(activate)).toBe(1)
    }),
  )

  it.live.each([
    ["500", Fault.status(500, { apply: true })],
    ["a reset connection", Fault.reset({ apply: true })],
    ["422, not to be activated any more", Fault.status(422, { apply: true })],
  ] as const)("whose activation happened though the answer was %s is read back", ([, fault]) =>
    Effect.gen(function* () {
      const { id, stage } = yield* opened({ subscriptionAction: "continue" })
      yield* Effect.orDie(stage.emulator.buyer.approve(id))
      yield* stage.emulator.faults.add({ route: activate, fault })
      expect(yield* completing(stage, id)).toMatchObject({ state: "completed" })
    }),
  )

  it.live("whose activation failed stays approved, and the error tells", () =>
    Effect.gen(function* () {
      const { id, stage } = yield* opened({ subscriptionAction: "continue" })
      yield* Effect.orDie(stage.emulator.buyer.approve(id))
      yield* stage.emulator.faults.add({ route: activate, fault: Fault.status(500), times: 1 })
      expect(yield* Effect.flip(completing(stage, id))).toMatchObject({ status: 500, outcome: "unknown" })
      expect(yield* completing(stage, id)).toMatchObject({ state: "completed" })
    }),
  )

  it.live(
    "can be withdrawn with continue, where we activate; with subscribe_now approval alone charges, so it cannot",
    () =>
      Effect.gen(function* () {
        const ours = yield* opened({ subscriptionAction: "continue" })
        expect(ours.stage.provider.capabilities.fence.subscription).toBe("local")
        expect(yield* withdrawing(ours.stage, ours.id)).toBe("withdrawn")
        yield* Effect.orDie(ours.stage.emulator.buyer.approve(ours.id))
        expect(yield* withdrawing(ours.stage, ours.id)).toBe("withdrawn")
        yield* completing(ours.stage, ours.id)
        expect(yield* withdrawing(ours.stage, ours.id)).toBe("being_paid")
        const theirs = yield* opened()
        expect(theirs.stage.provider.capabilities.fence.subscription).toBe("none")
        expect(yield* withdrawing(theirs.stage, theirs.id)).toBe("cannot")
        yield* Effect.orDie(theirs.stage.emulator.buyer.approve(theirs.id))
        expect(yield* withdrawing(theirs.stage, theirs.id)).toBe("being_paid")
      }),
  )
})

const canceling = (stage: Stage.Stage, subscriptionId: string, reason: Option.Option<string> = Option.none()) =>
  stage.provider.cancelSubscription({ subscriptionId, reason, atPeriodEnd: true })

describe("canceling a subscription", () => {
  const active = Effect.fnUntraced(function* () {
    const { id, stage } = yield* opened()
    yield* Effect.orDie(stage.emulator.buyer.approve(id))
    return { id, stage }
  })
  it.live("asked for at the end of the period ends it at once, and tells when the paid period ends", () =>
    Effect.gen(function* () {
      const { id, stage } = yield* active()
      const before = Option.getOrThrow(yield* stage.provider.getSubscription(id))
      expect(before).toMatchObject({ state: "active", customerEmail: Option.some("buyer@example.com") })
      expect(Option.isSome(before.currentPeriodEnd)).toBe(true)
      const canceled = yield* canceling(stage, id)
      expect(canceled).toMatchObject({ state: "canceled", cancelAtPeriodEnd: false, rawState: "CANCELLED" })
      expect(canceled.currentPeriodEnd).toEqual(before.currentPeriodEnd)
      const after = Option.getOrThrow(yield* stage.provider.getSubscription(id))
      expect(after).toMatchObject({ state: "canceled", currentPeriodEnd: Option.none() })
    }),
  )

  it.live("gives PayPal a reason of 1 to 128 bytes, also when there is none", () =>
    Effect.gen(function* () {
      const { id, stage } = yield* active()
      yield* canceling(stage, id, Option.some("\u{1F4D7}".repeat(200)))
      const sent = (yield* stage.emulator.journal.requests).find(({ route }) => route === cancel)
      expect(JSON.parse(sent?.body ?? "")).toEqual({ reason: "\u{1F4D7}".repeat(32) })
      const other = yield* active()
      yield* canceling(other.stage, other.id)
      const plain = (yield* other.stage.emulator.journal.requests).find(({ route }) => route === cancel)
      expect(JSON.parse(plain?.body ?? "")).toEqual({ reason: "Cancelled" })
    }),
  )

  it.live.each([
    ["500", Fault.status(500, { apply: true })],
    ["a reset connection", Fault.reset({ apply: true })],
    ["422", Fault.status(422, { apply: true })],
  ] as const)("F41: that happened though the answer was %s is read back and is a success", ([, fault]) =>
    Effect.gen(function* () {
      const { id, stage } = yield* active()
      yield* stage.emulator.faults.add({ route: cancel, fault })
      const canceled = yield* canceling(stage, id)
      expect(canceled).toMatchObject({ state: "canceled" })
      expect(Option.isSome(canceled.currentPeriodEnd)).toBe(true)
    }),
  )

  it.live("F41: twice is a success, and sends nothing the second time", () =>
    Effect.gen(function* () {
      const { id, stage } = yield* active()
      yield* canceling(stage, id)
      expect(yield* canceling(stage, id)).toMatchObject({ state: "canceled" })
      expect(yield* stage.emulator.journal.count(cancel)).toBe(1)
    }),
  )

  it.live("that nobody has approved yet is refused by PayPal, with its code", () =>
    Effect.gen(function* () {
      const { id, stage } = yield* opened()
      expect(yield* Effect.flip(canceling(stage, id))).toMatchObject({
        _tag: "PermanentPaymentError",
        code: "SUBSCRIPTION_STATUS_INVALID",
      })
    }),
  )
})

const cycles = (regular: number) => ({
  cycle_executions: [
    { tenure_type: "TRIAL", cycles_completed: 1 },
    { tenure_type: "REGULAR", cycles_completed: regular },
  ],
})

const state = (status: string, billing: Parameters<typeof SubscriptionSnapshots.stateOf>[0]["billing_info"] = null) =>
  SubscriptionSnapshots.stateOf({ id: "I-1", status, billing_info: billing })

describe("the state of a subscription", () => {
  it("follows PayPal's status; an unknown one is incomplete", () => {
    expect(
      ["APPROVAL_PENDING", "APPROVED", "ACTIVE", "SUSPENDED", "CANCELLED", "EXPIRED", "NEW"].map((status) =>
        state(status),
      ),
    ).toEqual(["incomplete", "incomplete", "active", "paused", "canceled", "expired", "incomplete"])
  })

  it("is past_due while PayPal counts failed charges, though it still says ACTIVE", () => {
    expect(state("ACTIVE", { failed_payments_count: 1 })).toBe("past_due")
    expect(state("ACTIVE", { failed_payments_count: 0 })).toBe("active")
  })

  it("is trialing until the first regular cycle", () => {
    expect(state("ACTIVE", cycles(0))).toBe("trialing")
    expect(state("ACTIVE", cycles(1))).toBe("active")
  })
})
