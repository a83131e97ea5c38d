import { describe, expect, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { Id } from "@payment-orchestrator/domain"
import { type Behaviour, missing, provider, refusal, some } from "./Server.ts"

const subscription = (overrides: object = {}) => ({
  id: "sub_1",
  object: "subscription",
  status: "active",
  cancel_at_period_end: false,
  cancel_at: null,
  pause_collection: null,
  items: { data: [{ current_period_end: 1_800_000_000 }, { current_period_end: 1_810_000_000 }] },
  customer: { id: "cus_1", object: "customer", email: "buyer@shop.example" },
  metadata: {},
  ...overrides,
})

const look = (overrides: object) =>
  Effect.gen(function* () {
    const { stripe } = yield* provider(() => ({ body: subscription(overrides) }))
    return yield* some(yield* stripe.getSubscription("sub_1"))
  })

describe("a subscription as Stripe tells it", () => {
  it.live("has a state, the end of its paid period, its customer's address and our attempt id", () =>
    Effect.gen(function* () {
      const attemptId = yield* Id.makeAttemptId
      expect(yield* look({ metadata: { attempt_id: attemptId } })).toMatchObject({
        subscriptionId: "sub_1",
        state: "active",
        cancelAtPeriodEnd: false,
        currentPeriodEnd: Option.some(1_810_000_000_000),
        customerEmail: Option.some("buyer@shop.example"),
        attemptId: Option.some(attemptId),
        rawState: "active",
      })
    }),
  )

  it.live("has started unless its first payment never came, and says when it ended", () =>
    Effect.gen(function* () {
      const statuses = ["incomplete", "incomplete_expired", "trialing", "past_due", "canceled"]
      const started = yield* Effect.forEach(statuses, (status) => Effect.map(look({ status }), (seen) => seen.started))
      expect(started).toEqual([false, false, true, true, true])
      expect(yield* look({ status: "canceled", ended_at: 1_800_000_000 })).toMatchObject({
        endedAt: Option.some(1_800_000_000_000),
      })
    }),
  )

  it.live("takes every status of Stripe's, and neither ends nor confirms on a new one (F52)", () =>
    Effect.gen(function* () {
      const statuses = [
        "incomplete",
        "incomplete_expired",
        "trialing",
        "active",
        "past_due",
        "unpaid",
        "paused",
        "canceled",
        "new",
      ]
      const states = yield* Effect.forEach(statuses, (status) => Effect.map(look({ status }), ({ state }) => state))
      expect(states).toEqual([
        "incomplete",
        "expired",
        "trialing",
        "active",
        "past_due",
        "past_due",
        "paused",
        "canceled",
        "past_due",
      ])
    }),
  )

  it.live("is paused when its collection is", () =>
    Effect.gen(function* () {
      expect((yield* look({ pause_collection: { behavior: "void" } })).state).toBe("paused")
      expect((yield* look({ status: "canceled", pause_collection: { behavior: "void" } })).state).toBe("canceled")
    }),
  )

  it.live("ends by itself when Stripe says so by a flag or by a date", () =>
    Effect.gen(function* () {
      expect((yield* look({ cancel_at_period_end: true })).cancelAtPeriodEnd).toBe(true)
      expect((yield* look({ cancel_at: 1_810_000_000 })).cancelAtPeriodEnd).toBe(true)
      expect((yield* look({ cancel_at: 1_900_000_000 })).cancelAtPeriodEnd).toBe(false)
    }),
  )

  it.live("is read in the shape of older API versions too", () =>
    Effect.gen(function* () {
      const old = yield* look({ items: null, current_period_end: 1_805_000_000, customer: "cus_1" })
      expect(old).toMatchObject({ currentPeriodEnd: Option.some(1_805_000_000_000), customerEmail: Option.none() })
    }),
  )

  it.live("is none when there is none", () =>
    Effect.gen(function* () {
      const { stripe } = yield* provider(() => missing("subscription"))
      expect(yield* stripe.getSubscription("sub_gone")).toEqual(Option.none())
      expect(yield* stripe.getSubscription("I-ABC/../x")).toEqual(Option.none())
    }),
  )
})

const cancel = (answer: Behaviour, now: Behaviour, atPeriodEnd = false) =>
  Effect.gen(function* () {
    const { server, stripe } = yield* provider(({ method }) => (method === "GET" ? now : answer))
    const result = yield* Effect.result(
      stripe.cancelSubscription({ subscriptionId: "sub_1", reason: Option.some("Customer request"), atPeriodEnd }),
    )
    return { asked: server.asked, snapshot: Effect.fromResult(result) }
  })

describe("canceling", () => {
  it.live("at once deletes it, with the reason as a comment", () =>
    Effect.gen(function* () {
      const { asked, snapshot } = yield* cancel({ body: subscription({ status: "canceled" }) }, "reset")
      expect((yield* snapshot).state).toBe("canceled")
      expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual(["DELETE /v1/subscriptions/sub_1"])
      const sent = new URLSearchParams([...(asked[0]?.query ?? []), ...(asked[0]?.form ?? [])])
      expect(sent.get("cancellation_details[comment]")).toBe("Customer request")
    }),
  )

  it.live("at the end of the period says so to Stripe and lets it run", () =>
    Effect.gen(function* () {
      const { asked, snapshot } = yield* cancel({ body: subscription({ cancel_at_period_end: true }) }, "reset", true)
      expect(yield* snapshot).toMatchObject({ state: "active", cancelAtPeriodEnd: true })
      expect(asked[0]?.form.get("cancel_at_period_end")).toBe("true")
      expect(asked[0]?.form.get("cancellation_details[comment]")).toBe("Customer request")
    }),
  )

  it.live("F41: one that is over is a success, whichever way Stripe refuses", () =>
    Effect.gen(function* () {
      const over = { body: subscription({ status: "canceled" }) }
      for (const refused of [
        missing("subscription"),
        refusal(400, {
          type: "invalid_request_error",
          message: "A canceled subscription can only update its cancellation_details and metadata.",
        }),
      ]) {
        for (const atPeriodEnd of [false, true]) {
          const { snapshot } = yield* cancel(refused, over, atPeriodEnd)
          expect((yield* snapshot).state).toBe("canceled")
        }
      }
    }),
  )

  it.live("stays a refusal when it is not over, or is not there", () =>
    Effect.gen(function* () {
      const refused = refusal(400, { type: "invalid_request_error", code: "parameter_invalid", message: "no" })
      const { snapshot } = yield* cancel(refused, { body: subscription() })
      expect(yield* Effect.flip(snapshot)).toMatchObject({ code: "parameter_invalid", outcome: "refused" })
      const gone = yield* cancel(missing("subscription"), missing("subscription"))
      expect(yield* Effect.flip(gone.snapshot)).toMatchObject({ reason: "not_found" })
    }),
  )

  it.live("of unknown outcome is not looked away", () =>
    Effect.gen(function* () {
      const { asked, snapshot } = yield* cancel("reset", { body: subscription() })
      expect(yield* Effect.flip(snapshot)).toMatchObject({ reason: "network", outcome: "unknown" })
      expect(asked).toHaveLength(1)
    }),
  )
})
