import { describe, expect, it } from "@effect/vitest"
import { Money } from "@payment-orchestrator/domain"
import { Effect, Option } from "effect"
import { intent, provider, some } from "./Server.ts"

const dispute = (overrides: object = {}) => ({
  id: "du_1",
  object: "dispute",
  status: "needs_response",
  amount: 2499,
  currency: "usd",
  reason: "fraudulent",
  evidence_details: { due_by: 1_800_000_000 },
  charge: "ch_1",
  payment_intent: "pi_1",
  ...overrides,
})

const invoicePayments = { object: "list", data: [{ status: "paid", invoice: "in_1" }], has_more: false }

/** Looks at a dispute whose intent carries this metadata. */
const look = (overrides: object, metadata: object = {}) =>
  Effect.gen(function* () {
    const { stripe } = yield* provider(({ path }) => {
      if (path.startsWith("/v1/disputes/")) return { body: dispute(overrides) }
      return { body: path.startsWith("/v1/invoice_payments") ? invoicePayments : intent({ metadata }) }
    })
    return yield* some(yield* stripe.findDispute("du_1"))
  })

describe("F37: a dispute as Stripe tells it", () => {
  it.live("names the money it is about: the intent of a session, or the invoice of a subscription", () =>
    Effect.gen(function* () {
      const ofSession = yield* look({}, { attempt_id: `att_${"0".repeat(26)}` })
      expect(ofSession).toMatchObject({
        disputeId: "du_1",
        state: "open",
        amount: Option.some(Money.make(2499, "USD")),
        moneyId: Option.some("pi_1"),
        reason: Option.some("fraudulent"),
        respondBy: Option.some(1_800_000_000_000),
        rawState: "needs_response",
      })
      expect(yield* look({})).toMatchObject({ moneyId: Option.some("in_1") })
      expect(yield* look({ payment_intent: null })).toMatchObject({ moneyId: Option.some("ch_1") })
    }),
  )

  it.live("is open until Stripe names a verdict, on a new status too (F52)", () =>
    Effect.gen(function* () {
      const statuses = ["warning_needs_response", "under_review", "won", "lost", "warning_closed", "prevented", "new"]
      const states = yield* Effect.forEach(statuses, (status) => Effect.map(look({ status }), ({ state }) => state))
      expect(states).toEqual(["open", "open", "won", "lost", "closed", "closed", "open"])
    }),
  )

  it.live("is none under an id that Stripe cannot have given out, without asking", () =>
    Effect.gen(function* () {
      const { server, stripe } = yield* provider(() => ({ body: {} }))
      expect(yield* stripe.findDispute("../charges")).toEqual(Option.none())
      expect(server.asked).toEqual([])
    }),
  )
})
