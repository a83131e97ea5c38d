import { assert, describe, it } from "@effect/vitest"
import { Id, PaymentError, ProviderName } from "@payment-orchestrator/domain"
import { Effect, Option } from "effect"
import { OrchestratorLog } from "@payment-orchestrator/core"
import * as Handover from "../src/Handover.ts"

const [paypal, polar, stripe] = (["paypal", "polar", "stripe"] as const).map((name) =>
  ProviderName.ProviderName.make(name),
) as [ProviderName.ProviderName, ProviderName.ProviderName, ProviderName.ProviderName]

const outage = (provider: ProviderName.ProviderName, requestId?: string) =>
  new PaymentError.TransientPaymentError({
    provider,
    operation: "createCheckoutSession",
    reason: "http",
    outcome: "unknown",
    status: 503,
    ...(requestId === undefined ? {} : { requestId }),
  })

const subject = { checkoutId: Id.CheckoutId.make("co_00000000000000000000000000"), tenantId: "default" }

const handover = (before?: PaymentError.TransientPaymentError) =>
  Effect.map(OrchestratorLog.OrchestratorLog, (log) =>
    Handover.make(log, subject, Option.fromUndefinedOr(before)),
  ).pipe(Effect.provide(OrchestratorLog.layerMemory))

const moves = ({ failovers }: Handover.Handover) => failovers().map(({ from, to }) => `${from} to ${to}`)

describe("a checkout that goes from one provider to the next", () => {
  it.effect("has an outage before it where one before its place failed, not at its own or after it", () =>
    Effect.gen(function* () {
      const { failed, hadOutageBefore } = yield* handover()
      assert.isFalse(hadOutageBefore(2))
      yield* failed(1, outage(polar))
      assert.deepStrictEqual([0, 1, 2].map(hadOutageBefore), [false, false, true])
    }),
  )

  it.effect("has one before everything when the page before failed, and goes on from there", () =>
    Effect.gen(function* () {
      const moving = yield* handover(outage(paypal))
      assert.isTrue(moving.hadOutageBefore(0))
      yield* moving.asked(0, polar)
      assert.deepStrictEqual(moves(moving), ["paypal to polar"])
    }),
  )

  it.effect("is handed over once for each that failed: to who is asked already, else to who is asked next", () =>
    Effect.gen(function* () {
      const hedged = yield* handover()
      yield* hedged.asked(0, paypal)
      yield* hedged.asked(1, polar)
      yield* hedged.failed(0, outage(paypal, "req_1"))
      assert.deepStrictEqual(moves(hedged), ["paypal to polar"])
      assert.deepStrictEqual(
        hedged.failovers().map(({ requestId }) => requestId),
        ["req_1"],
      )
      yield* hedged.failed(1, outage(polar))
      assert.deepStrictEqual(moves(hedged), ["paypal to polar"])
      yield* hedged.asked(2, stripe)
      assert.deepStrictEqual(moves(hedged), ["paypal to polar", "polar to stripe"])
      assert.strictEqual(hedged.failovers()[1]?.requestId, null)
    }),
  )
})
