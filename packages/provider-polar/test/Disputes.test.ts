import { describe, expect, it } from "@effect/vitest"
import { Money } from "@payment-orchestrator/domain"
import { Sample } from "@payment-orchestrator/provider-kit"
import { Effect, Option } from "effect"
import { world } from "./Harness.ts"

describe("F37: a dispute as Polar tells it", () => {
  it.live("is of an order, gross with the tax in it, and closed by the bank", () =>
    Effect.gen(function* () {
      const { emulator, polar } = yield* world({}, { taxRate: 0.19, buyerCountry: "DE" })
      const session = yield* Effect.flatMap(Sample.sessionRequest(), polar.createCheckoutSession)
      const order = yield* emulator.buyer.pay(session.sessionId)
      const { id } = yield* emulator.dispute(order.id)
      const found = yield* polar.findDispute(id)
      expect(Option.getOrThrow(found)).toMatchObject({
        disputeId: id,
        state: "open",
        moneyId: Option.some(order.id),
        amount: Option.some(Money.make(2499, "USD")),
        reason: Option.some("fraudulent"),
      })
      yield* emulator.closeDispute(id, "lost")
      expect(Option.getOrThrow(yield* polar.findDispute(id))).toMatchObject({ state: "lost", respondBy: Option.none() })
    }),
  )

  it.live("is none under an id that is none of Polar's, without a call", () =>
    Effect.gen(function* () {
      const { emulator, polar } = yield* world()
      expect(yield* polar.findDispute("PP-D-1")).toEqual(Option.none())
      expect(yield* emulator.journal.count()).toBe(0)
    }),
  )
})
