import { describe, expect, it } from "@effect/vitest"
import { Money, type Session } from "@payment-orchestrator/domain"
import { Fault, PolarEmulator } from "@payment-orchestrator/emulators"
import { Sample } from "@payment-orchestrator/provider-kit"
import { Clock, Effect, Option } from "effect"
import { createRoute, type World, world } from "./Harness.ts"

const listRoute = "GET /v1/checkouts/"

const open = (made: World, overrides: Partial<Session.SessionRequest> = {}) =>
  Effect.flatMap(Sample.sessionRequest(overrides), made.polar.createCheckoutSession)

const find = (made: World, sessionId: string, mode: Session.SessionSnapshot["mode"] = "payment") =>
  Effect.flatMap(made.polar.findSession({ _tag: "BySessionId", sessionId, mode }), Effect.fromOption)

/** Opens a session whose answer is lost. */
const lost = (made: World, overrides: Partial<Session.SessionRequest> = {}) =>
  Effect.gen(function* () {
    const startedAt = yield* Clock.currentTimeMillis
    const request = yield* Sample.sessionRequest(overrides)
    const id = yield* made.emulator.faults.add({ route: createRoute, fault: Fault.reset({ apply: true }), times: 1 })
    yield* Effect.flip(made.polar.createCheckoutSession(request))
    yield* made.emulator.faults.remove(id)
    return { _tag: "ByAttempt", request, startedAt } as const
  })

describe("a session", () => {
  it.live("that was confirmed is processing, and open again after a decline", () =>
    Effect.gen(function* () {
      const made = yield* world()
      const { sessionId } = yield* open(made)
      yield* made.emulator.buyer.confirm(sessionId)
      expect(yield* find(made, sessionId)).toMatchObject({ state: "processing", rawState: "confirmed", payments: [] })
      yield* made.emulator.buyer.decline(sessionId)
      expect(yield* find(made, sessionId)).toMatchObject({ state: "open" })
    }),
  )

  it.live("that was paid has its order as money: gross with the tax in it", () =>
    Effect.gen(function* () {
      const made = yield* world({}, { taxRate: 0.19, buyerCountry: "DE" })
      const { sessionId } = yield* open(made)
      const order = yield* made.emulator.buyer.pay(sessionId)
      const snapshot = yield* find(made, sessionId)
      expect(snapshot.state).toBe("completed")
      expect(snapshot.payments).toMatchObject([
        {
          moneyId: order.id,
          state: "completed",
          gross: Money.make(2499, "USD"),
          tax: Option.some(Money.make(399, "USD")),
        },
      ])
    }),
  )

  it.live("nobody paid in time is expired", () =>
    Effect.gen(function* () {
      const made = yield* world()
      const { sessionId } = yield* open(made)
      yield* made.emulator.clock.advance("25 hours")
      yield* made.emulator.tick
      expect(yield* find(made, sessionId)).toMatchObject({ state: "expired" })
    }),
  )

  it.live("of a subscription names it and each of its charges", () =>
    Effect.gen(function* () {
      const made = yield* world()
      const { sessionId } = yield* open(made, {
        mode: "subscription",
        priceId: Option.some(PolarEmulator.catalogProductId),
        money: Option.none(),
      })
      yield* made.emulator.buyer.pay(sessionId)
      const [subscription] = yield* made.emulator.subscriptions
      yield* made.emulator.renew(subscription?.id ?? "")
      const snapshot = yield* find(made, sessionId, "subscription")
      expect(snapshot.subscriptionId).toEqual(Option.fromUndefinedOr(subscription?.id))
      expect(snapshot.payments).toHaveLength(2)
    }),
  )

  it.live("of a trial without any order is found with its subscription all the same", () =>
    Effect.gen(function* () {
      const made = yield* world()
      const { sessionId } = yield* open(made, {
        mode: "subscription",
        priceId: Option.some(PolarEmulator.catalogProductId),
        money: Option.none(),
      })
      yield* made.emulator.buyer.pay(sessionId)
      yield* made.emulator.faults.add({
        route: "GET /v1/orders/",
        fault: Fault.status(200, { body: { items: [], pagination: { total_count: 0, max_page: 0 } } }),
      })
      const [subscription] = yield* made.emulator.subscriptions
      expect(yield* find(made, sessionId, "subscription")).toMatchObject({
        payments: [],
        subscriptionId: Option.fromUndefinedOr(subscription?.id),
      })
    }),
  )

  it.live("of an id that is none of Polar's is none, without a call; a wrong path is an error, not none", () =>
    Effect.gen(function* () {
      const made = yield* world()
      for (const sessionId of ["", "../orders", "cs_test_1"]) {
        expect(yield* made.polar.findSession({ _tag: "BySessionId", sessionId, mode: "payment" })).toEqual(
          Option.none(),
        )
      }
      expect(yield* made.emulator.journal.count()).toBe(0)
      const astray = yield* world({ baseUrl: `${made.emulator.url}/v9` })
      const error = yield* Effect.flip(
        astray.polar.findSession({ _tag: "BySessionId", sessionId: PolarEmulator.organizationId, mode: "payment" }),
      )
      expect(error).toMatchObject({ _tag: "PermanentPaymentError", reason: "http", status: 404 })
    }),
  )
})

describe("F2: a session whose answer was lost", () => {
  it.live("is found by our attempt id, with or without an e-mail address, also one that Polar refused", () =>
    Effect.gen(function* () {
      const made = yield* world()
      for (const address of [Option.none(), Option.some("buyer_1@shop.de")]) {
        const by = yield* lost(made, { customerEmail: address })
        const found = yield* Effect.flatMap(made.polar.findSession(by), Effect.fromOption)
        expect(found.attemptId).toEqual(Option.some(by.request.attemptId))
      }
      const request = yield* Sample.sessionRequest({ customerEmail: Option.some("a@undeliverable.example") })
      yield* made.polar.createCheckoutSession(request)
      const startedAt = yield* Clock.currentTimeMillis
      expect(Option.isSome(yield* made.polar.findSession({ _tag: "ByAttempt", request, startedAt }))).toBe(true)
    }),
  )

  it.live("is found behind a page of newer ones", () =>
    Effect.gen(function* () {
      const made = yield* world()
      const by = yield* lost(made)
      yield* Effect.forEach(Array.from({ length: 120 }), () => open(made), { concurrency: 20, discard: true })
      expect(Option.isSome(yield* made.polar.findSession(by))).toBe(true)
      expect(yield* made.emulator.journal.count(listRoute)).toBe(2)
    }),
  )

  it.live("that never came to be is none, and what is older than the attempt is not looked through", () =>
    Effect.gen(function* () {
      const made = yield* world()
      yield* Effect.forEach(Array.from({ length: 120 }), () => open(made), { concurrency: 20, discard: true })
      const request = yield* Sample.sessionRequest()
      const startedAt = (yield* Clock.currentTimeMillis) + 600_000
      expect(yield* made.polar.findSession({ _tag: "ByAttempt", request, startedAt })).toEqual(Option.none())
      expect(yield* made.emulator.journal.count(listRoute)).toBe(1)
    }),
  )

  it.live("is not called missing when there are too many newer ones to look through", () =>
    Effect.gen(function* () {
      const made = yield* world()
      yield* made.emulator.faults.add({
        route: listRoute,
        fault: Fault.status(200, {
          body: {
            items: [
              {
                id: "c",
                status: "open",
                url: "https://polar.sh/c",
                amount: 1,
                total_amount: 1,
                currency: "usd",
                created_at: "2999-01-01T00:00:00Z",
              },
            ],
            pagination: { total_count: 9000, max_page: 90 },
          },
        }),
      })
      const request = yield* Sample.sessionRequest()
      const error = yield* Effect.flip(made.polar.findSession({ _tag: "ByAttempt", request, startedAt: 0 }))
      expect(error).toMatchObject({ reason: "not_supported", operation: "findSession" })
      expect(yield* made.emulator.journal.count(listRoute)).toBe(5)
    }),
  )
})

const withdraw = (made: World, sessionId: string, mode: Session.SessionSnapshot["mode"] = "payment") =>
  made.polar.withdraw({ sessionId, mode })

describe("withdrawing", () => {
  const full = { withdrawDiscountId: PolarEmulator.fullDiscountId }

  it.live("cannot be done without the discount, but says what a look shows", () =>
    Effect.gen(function* () {
      const made = yield* world()
      const { sessionId } = yield* open(made)
      expect(yield* withdraw(made, sessionId)).toBe("cannot")
      yield* made.emulator.buyer.confirm(sessionId)
      expect(yield* withdraw(made, sessionId)).toBe("being_paid")
      yield* made.emulator.buyer.decline(sessionId)
      yield* made.emulator.clock.advance("25 hours")
      expect(yield* withdraw(made, sessionId)).toBe("withdrawn")
    }),
  )

  it.live("with the discount makes the checkout cost nothing, and the order of nothing is no money", () =>
    Effect.gen(function* () {
      const made = yield* world(full)
      const { sessionId } = yield* open(made)
      expect(yield* withdraw(made, sessionId)).toBe("withdrawn")
      expect(yield* withdraw(made, sessionId)).toBe("withdrawn")
      yield* made.emulator.buyer.pay(sessionId)
      expect(yield* find(made, sessionId)).toMatchObject({ state: "completed", payments: [] })
    }),
  )

  it.live("F26: of a checkout that is being paid or is paid says so", () =>
    Effect.gen(function* () {
      const made = yield* world(full)
      const { sessionId } = yield* open(made)
      yield* made.emulator.buyer.confirm(sessionId)
      expect(yield* withdraw(made, sessionId)).toBe("being_paid")
      yield* made.emulator.buyer.settle(sessionId)
      expect(yield* withdraw(made, sessionId)).toBe("being_paid")
      const other = yield* open(made)
      yield* made.emulator.faults.add({
        route: "PATCH /v1/checkouts/:id",
        fault: Fault.status(409, { body: { error: "CheckoutLocked", detail: "" } }),
      })
      expect(yield* withdraw(made, other.sessionId)).toBe("being_paid")
    }),
  )

  it.live("by a discount of less than everything is taken back, and cannot be done", () =>
    Effect.gen(function* () {
      const half = "88888888-8888-4888-8888-888888888888"
      const made = yield* world({ withdrawDiscountId: half }, { discounts: [{ id: half, name: "Half", percent: 50 }] })
      const { sessionId } = yield* open(made)
      expect(yield* withdraw(made, sessionId)).toBe("cannot")
      const [checkout] = yield* made.emulator.checkouts
      expect([checkout?.discount_id, checkout?.net_amount]).toEqual([null, 2499])
    }),
  )

  it.live("never makes a subscription start for nothing", () =>
    Effect.gen(function* () {
      const made = yield* world(full)
      const { sessionId } = yield* open(made, {
        mode: "subscription",
        priceId: Option.some(PolarEmulator.catalogProductId),
        money: Option.none(),
      })
      expect(yield* withdraw(made, sessionId, "subscription")).toBe("cannot")
      expect(yield* made.emulator.journal.count("PATCH /v1/checkouts/:id")).toBe(0)
    }),
  )

  it.live("F27: that gets no answer is unknown, and an unknown checkout is not found", () =>
    Effect.gen(function* () {
      const made = yield* world(full)
      const { sessionId } = yield* open(made)
      expect(yield* Effect.flip(withdraw(made, PolarEmulator.organizationId))).toMatchObject({ reason: "not_found" })
      yield* made.emulator.faults.add({ route: "PATCH /v1/checkouts/:id", fault: Fault.reset() })
      expect(yield* Effect.flip(withdraw(made, sessionId))).toMatchObject({ operation: "withdraw", outcome: "unknown" })
    }),
  )
})
