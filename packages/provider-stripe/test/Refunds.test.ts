import { describe, expect, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { Money } from "@payment-orchestrator/domain"
import { Sample } from "@payment-orchestrator/provider-kit"
import { type Asked, type Behaviour, charge, intent, list, missing, provider, refusal } from "./Server.ts"

const refund = (overrides: object = {}) => ({
  id: "re_stripe",
  object: "refund",
  status: "succeeded",
  amount: 2499,
  currency: "usd",
  payment_intent: "pi_1",
  charge: "ch_1",
  metadata: {},
  ...overrides,
})

interface Back {
  readonly create?: Behaviour
  /** The refunds that are listed, by how often the list was read before. */
  readonly listed?: (before: number) => ReadonlyArray<object>
  readonly others?: (asked: Asked) => Behaviour
}

const setting = ({ create = { body: refund() }, listed = () => [], others = () => ({ body: intent() }) }: Back) =>
  Effect.gen(function* () {
    let lists = 0
    const { server, stripe } = yield* provider((asked) => {
      if (asked.path !== "/v1/refunds") return others(asked)
      if (asked.method === "POST") return create
      lists += 1
      return { body: list(listed(lists - 1)) }
    })
    return { stripe, posts: () => server.asked.filter(({ method }) => method === "POST"), server }
  })

const stateOf = (status: string) =>
  Effect.gen(function* () {
    const { stripe } = yield* setting({ create: { body: refund({ status }) } })
    return (yield* Effect.flatMap(Sample.refundRequest("pi_1"), stripe.refund)).state
  })

describe("a refund", () => {
  it.live("of all that is left is asked for without an amount, under our refund id as key and metadata", () =>
    Effect.gen(function* () {
      const { posts, stripe } = yield* setting({})
      const request = yield* Sample.refundRequest("pi_1")
      const made = yield* stripe.refund(request)
      expect(made).toMatchObject({ providerRefundId: "re_stripe", state: "succeeded", amount: Money.make(2499, "USD") })
      const [post] = posts()
      expect(post?.headers["idempotency-key"]).toBe(request.refundId)
      expect(Object.fromEntries(post?.form ?? [])).toEqual({
        payment_intent: "pi_1",
        "metadata[refund_id]": request.refundId,
        "metadata[money_id]": "pi_1",
        "metadata[reason]": "The customer asked for it",
      })
    }),
  )

  it.live("F36: that Stripe has already is found and not asked for again, even when its key is forgotten", () =>
    Effect.gen(function* () {
      const request = yield* Sample.refundRequest("pi_1")
      const { posts, stripe } = yield* setting({
        listed: () => [refund({ metadata: { refund_id: request.refundId } })],
      })
      expect((yield* stripe.refund(request)).refundId).toEqual(Option.some(request.refundId))
      expect(posts()).toHaveLength(0)
    }),
  )

  it.live("of another currency than the payment's is refused before it is sent: Stripe would not ask", () =>
    Effect.gen(function* () {
      const { posts, stripe } = yield* setting({})
      const request = yield* Sample.refundRequest("pi_1", { amount: Option.some(Money.make(500, "EUR")) })
      expect(yield* Effect.flip(stripe.refund(request))).toMatchObject({
        _tag: "PermanentPaymentError",
        reason: "currency_unsupported",
        outcome: "not_sent",
      })
      expect(posts()).toHaveLength(0)
    }),
  )

  it.live("F12: of a part is counted in Stripe's units", () =>
    Effect.gen(function* () {
      const { posts, stripe } = yield* setting({
        others: () => ({ body: intent({ currency: "isk" }) }),
        create: { body: refund({ amount: 50_000, currency: "isk" }) },
      })
      const amount = Money.make(500, "ISK")
      const made = yield* stripe.refund(yield* Sample.refundRequest("pi_1", { amount: Option.some(amount) }))
      expect(posts()[0]?.form.get("amount")).toBe("50000")
      expect(made.amount).toEqual(amount)
    }),
  )

  it.live("of an invoice goes to the intent that paid it", () =>
    Effect.gen(function* () {
      const { posts, server, stripe } = yield* setting({
        others: () => ({
          body: {
            id: "in_1",
            object: "invoice",
            status: "paid",
            currency: "usd",
            payments: {
              data: [
                { status: "canceled", payment: { payment_intent: "pi_0" } },
                { status: "paid", payment: { payment_intent: "pi_7" } },
              ],
            },
          },
        }),
      })
      yield* stripe.refund(yield* Sample.refundRequest("in_1"))
      expect(posts()[0]?.form.get("payment_intent")).toBe("pi_7")
      expect(posts()[0]?.form.get("metadata[money_id]")).toBe("in_1")
      expect(server.asked[0]?.query.get("expand[0]")).toBe("payments")
    }),
  )

  it.live("of an invoice that nobody paid is refused before it is sent", () =>
    Effect.gen(function* () {
      const { stripe } = yield* setting({
        others: () => ({
          body: { id: "in_1", object: "invoice", status: "open", currency: "usd", payments: { data: [] } },
        }),
      })
      const error = yield* Effect.flip(Effect.flatMap(Sample.refundRequest("in_1"), stripe.refund))
      expect(error).toMatchObject({ reason: "not_found", outcome: "not_sent" })
    }),
  )

  it.live("of a charge names the charge, and counts in the charge's currency", () =>
    Effect.gen(function* () {
      const { posts, stripe } = yield* setting({ others: () => ({ body: charge({ currency: "jpy" }) }) })
      yield* stripe.refund(yield* Sample.refundRequest("ch_1", { amount: Option.some(Money.make(300, "JPY")) }))
      expect(posts()[0]?.form.get("charge")).toBe("ch_1")
      expect(posts()[0]?.form.get("amount")).toBe("300")
    }),
  )

  it.live("of something that is no payment of Stripe's is not_found, without asking", () =>
    Effect.gen(function* () {
      const { server, stripe } = yield* setting({})
      for (const moneyId of ["", "../x", "5O190127TN364715T", "sub_1"]) {
        const error = yield* Effect.flip(Effect.flatMap(Sample.refundRequest(moneyId), stripe.refund))
        expect(error).toMatchObject({ reason: "not_found", outcome: "not_sent" })
      }
      expect(server.asked).toHaveLength(0)
    }),
  )

  it.live("F33: whose answer is lost has an unknown outcome", () =>
    Effect.gen(function* () {
      const { stripe } = yield* setting({ create: "reset" })
      const error = yield* Effect.flip(Effect.flatMap(Sample.refundRequest("pi_1"), stripe.refund))
      expect(error).toMatchObject({ reason: "network", outcome: "unknown", operation: "refund" })
    }),
  )

  it.live("is pending, succeeded or failed, and pending when its status is a new one", () =>
    Effect.gen(function* () {
      expect(
        yield* Effect.forEach(["pending", "requires_action", "succeeded", "failed", "canceled", "new"], stateOf),
      ).toEqual(["pending", "pending", "succeeded", "failed", "failed", "pending"])
    }),
  )
})

describe("charge_already_refunded", () => {
  const already = refusal(400, {
    type: "invalid_request_error",
    code: "charge_already_refunded",
    message: "Charge ch_1 has already been refunded.",
  })
  const readBack = (found: ReadonlyArray<object>, amount: Option.Option<Money.Money> = Option.none()) =>
    Effect.gen(function* () {
      const { stripe } = yield* setting({ create: already, listed: (before) => (before === 0 ? [] : found) })
      return yield* Effect.flatMap(Sample.refundRequest("pi_1", { amount }), stripe.refund)
    })

  it.live("is a success when somebody gave it back elsewhere: all of it, or the amount that was asked for", () =>
    Effect.gen(function* () {
      expect((yield* readBack([refund({ id: "re_dash" })])).providerRefundId).toBe("re_dash")
      const part = yield* readBack(
        [refund({ id: "re_a", amount: 100 }), refund({ id: "re_b", amount: 700 })],
        Option.some(Money.make(700, "USD")),
      )
      expect(part.providerRefundId).toBe("re_b")
    }),
  )

  it.live("stays a refusal when what went back is another refund of ours, failed, or of another amount", () =>
    Effect.gen(function* () {
      const other = yield* Sample.refundRequest("pi_1")
      const amount = Option.some(Money.make(700, "USD"))
      for (const found of [[], [refund({ metadata: { refund_id: other.refundId } })], [refund({ status: "failed" })]]) {
        expect(yield* Effect.flip(readBack(found))).toMatchObject({
          code: "charge_already_refunded",
          outcome: "refused",
        })
      }
      expect(yield* Effect.flip(readBack([refund()], amount))).toMatchObject({ code: "charge_already_refunded" })
    }),
  )
})

describe("looking for a refund", () => {
  it.live("by Stripe's id or by ours, and none when there is none", () =>
    Effect.gen(function* () {
      const request = yield* Sample.refundRequest("pi_1")
      const ours = refund({ metadata: { refund_id: request.refundId } })
      const { stripe } = yield* setting({
        listed: () => [refund({ id: "re_other" }), ours],
        others: ({ path }) => (path === "/v1/refunds/re_stripe" ? { body: ours } : missing("refund")),
      })
      const find = (providerRefundId: Option.Option<string>) => stripe.findRefund({ ...request, providerRefundId })
      const idOf = (id: Option.Option<string>) =>
        Effect.map(
          find(id),
          Option.map((found) => found.providerRefundId),
        )
      expect(yield* idOf(Option.none())).toEqual(Option.some("re_stripe"))
      expect(yield* idOf(Option.some("re_stripe"))).toEqual(Option.some("re_stripe"))
      expect(yield* idOf(Option.some("re_gone"))).toEqual(Option.none())
      expect(yield* idOf(Option.some("../balance"))).toEqual(Option.none())
    }),
  )

  it.live("reads every page of the list", () =>
    Effect.gen(function* () {
      const request = yield* Sample.refundRequest("pi_1")
      const { server, stripe } = yield* provider((_, before) => ({
        body:
          before < 2
            ? list([refund({ id: `re_${before}` })], true)
            : list([refund({ metadata: { refund_id: request.refundId } })]),
      }))
      const found = yield* stripe.findRefund({ ...request, providerRefundId: Option.none() })
      expect(Option.isSome(found)).toBe(true)
      expect(server.asked.map(({ query }) => query.get("starting_after"))).toEqual([null, "re_0", "re_1"])
    }),
  )

  it.live("of a payment that Stripe does not know is none", () =>
    Effect.gen(function* () {
      const { stripe } = yield* provider(() => missing("payment_intent"))
      const request = yield* Sample.refundRequest("pi_gone")
      expect(yield* stripe.findRefund({ ...request, providerRefundId: Option.none() })).toEqual(Option.none())
    }),
  )
})
