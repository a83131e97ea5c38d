import { describe, expect, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { Id, Money } from "@payment-orchestrator/domain"
import { Sample } from "@payment-orchestrator/provider-kit"
import {
  type Asked,
  type Behaviour,
  charge,
  intent,
  list,
  missing,
  provider,
  refusal,
  session,
  some,
} from "./Server.ts"

const id = "cs_test_1"
const payment = { sessionId: id, mode: "payment" } as const

/** What is seen of a session that Stripe answers so; further paths by `others`. */
const look = (overrides: object, others: (asked: Asked) => Behaviour = () => missing("thing")) =>
  Effect.gen(function* () {
    const { server, stripe } = yield* provider((asked) =>
      asked.path === `/v1/checkout/sessions/${id}` ? { body: session(overrides) } : others(asked),
    )
    const found = yield* stripe.findSession({ _tag: "BySessionId", ...payment })
    return { server, found: yield* some(found) }
  })

const open = (overrides: object) =>
  Effect.gen(function* () {
    const { server, stripe } = yield* provider(() => ({ body: session(overrides) }))
    const request = yield* Sample.sessionRequest()
    return { server, request, result: yield* Effect.result(stripe.createCheckoutSession(request)) }
  })

const fault = (overrides: object) =>
  Effect.flatMap(open(overrides), ({ result }) => Effect.flip(Effect.fromResult(result)))

describe("opening a session", () => {
  it.live("sends the attempt id as idempotency key and gives back the page", () =>
    Effect.gen(function* () {
      const { request, result, server } = yield* open({})
      expect(yield* Effect.fromResult(result)).toEqual({
        provider: "stripe",
        sessionId: id,
        url: "https://checkout.stripe.com/c/pay/cs_test_1",
        expiresAt: Option.some(1_800_000_000_000),
        livemode: false,
        requestId: Option.some("req_123"),
        adjusted: [],
      })
      const [asked] = server.asked
      expect(asked?.headers["idempotency-key"]).toBe(request.attemptId)
      expect(asked?.form.get("client_reference_id")).toBe(request.checkoutId)
      expect(asked?.form.get("payment_intent_data[metadata][attempt_id]")).toBe(request.attemptId)
    }),
  )

  it.live("F12: never hands out a page that charges another amount, another currency, or does not say", () =>
    Effect.gen(function* () {
      for (const wrong of [
        { amount_total: 249_900 },
        { amount_total: 24 },
        { currency: "eur" },
        { currency: "jpy" },
        { amount_total: null },
      ]) {
        expect(yield* fault(wrong)).toMatchObject({ reason: "bad_response", outcome: "unknown" })
      }
      expect((yield* fault({ amount_total: 249_900 })).detail).toBe(
        "asked for 2499 USD, the session charges 249900 USD (minor units)",
      )
    }),
  )

  it.live("F5: never hands out a session without an id or a page", () =>
    Effect.gen(function* () {
      for (const wrong of [{ url: null }, { url: "" }, { url: "nowhere" }, { id: "" }, { id: 7 }]) {
        expect(yield* fault(wrong)).toMatchObject({ reason: "bad_response", outcome: "unknown" })
      }
    }),
  )
})

const stateOf = (overrides: object) => Effect.map(look(overrides), ({ found }) => found.state)

const moneyState = (refunded: number) =>
  Effect.map(
    look({
      status: "complete",
      payment_status: "paid",
      payment_intent: intent({ latest_charge: charge({ amount_refunded: refunded }) }),
    }),
    ({ found }) => found.payments[0]?.state,
  )

describe("a session as Stripe tells it", () => {
  it.live("is open, completed, expired or, complete and unpaid, still processing (F31)", () =>
    Effect.gen(function* () {
      expect(yield* stateOf({})).toBe("open")
      expect(yield* stateOf({ status: "complete", payment_status: "paid" })).toBe("completed")
      expect(yield* stateOf({ status: "complete", payment_status: "no_payment_required" })).toBe("completed")
      expect(yield* stateOf({ status: "complete", payment_status: "unpaid" })).toBe("processing")
      expect(yield* stateOf({ status: "expired" })).toBe("expired")
    }),
  )

  it.live("F52: is open, and may still be paid, when its status is a new one", () =>
    Effect.gen(function* () {
      expect(yield* stateOf({ status: "paused_for_review", payment_status: "new" })).toBe("open")
      expect(yield* stateOf({ status: "complete", payment_status: "new" })).toBe("processing")
    }),
  )

  it.live("has the money of its intent: gross, Stripe's fee, tax, and what is left", () =>
    Effect.gen(function* () {
      const { found } = yield* look({ status: "complete", payment_status: "paid", payment_intent: intent() })
      expect(found.payments).toEqual([
        {
          moneyId: "pi_1",
          state: "completed",
          gross: Money.make(2499, "USD"),
          fee: Option.some(Money.make(102, "USD")),
          tax: Option.some(Money.make(0, "USD")),
          net: Option.some(Money.make(2397, "USD")),
        },
      ])
      expect(found.rawState).toBe("complete/paid")
    }),
  )

  it.live("asks for what was not expanded", () =>
    Effect.gen(function* () {
      const { found, server } = yield* look(
        { status: "complete", payment_status: "paid", payment_intent: "pi_1" },
        (asked) =>
          asked.path === "/v1/payment_intents/pi_1"
            ? { body: intent({ latest_charge: "ch_1" }) }
            : { body: charge({ amount_refunded: 499, balance_transaction: "txn_1" }) },
      )
      expect(found.payments).toMatchObject([{ state: "partially_refunded", fee: Option.none() }])
      expect(server.asked.map(({ path }) => path).slice(1)).toEqual(["/v1/payment_intents/pi_1", "/v1/charges/ch_1"])
    }),
  )

  it.live("tells money that went back, in part and whole", () =>
    Effect.gen(function* () {
      expect(yield* Effect.forEach([0, 1, 2498, 2499], moneyState)).toEqual([
        "completed",
        "partially_refunded",
        "partially_refunded",
        "refunded",
      ])
    }),
  )

  it.live("F31: is over when its asynchronous payment failed, and its money is declined", () =>
    Effect.gen(function* () {
      const { found } = yield* look({
        status: "complete",
        payment_status: "unpaid",
        payment_intent: intent({ status: "requires_payment_method", amount_received: 0, latest_charge: null }),
      })
      expect(found.state).toBe("expired")
      expect(found.payments).toMatchObject([{ state: "declined" }])
    }),
  )

  it.live("has no money while it is open and a card was declined: the buyer may try another", () =>
    Effect.gen(function* () {
      const { found } = yield* look({
        payment_intent: intent({ status: "requires_payment_method", latest_charge: null }),
      })
      expect(found.state).toBe("open")
      expect(found.payments).toEqual([])
    }),
  )

  it.live("is none when Stripe has none, and when the id is none of Stripe's, without asking", () =>
    Effect.gen(function* () {
      const { server, stripe } = yield* provider(() => missing("checkout.session"))
      const find = (sessionId: string) => stripe.findSession({ _tag: "BySessionId", sessionId, mode: "payment" })
      expect(yield* find("cs_gone")).toEqual(Option.none())
      expect(yield* find("../balance")).toEqual(Option.none())
      expect(yield* find("")).toEqual(Option.none())
      expect(server.asked).toHaveLength(1)
      const error = yield* Effect.flip(stripe.complete({ ...payment, approval: 1 }))
      expect(error).toMatchObject({ reason: "not_found", operation: "complete" })
    }),
  )
})

const invoice = (number: number, overrides: object = {}) => ({
  id: `in_${number}`,
  object: "invoice",
  status: "paid",
  currency: "usd",
  amount_due: 999,
  amount_paid: 999,
  total_taxes: [{ amount: 99 }],
  payments: {
    object: "list",
    data: [{ status: "paid", payment: { type: "payment_intent", payment_intent: `pi_${number}` } }],
  },
  ...overrides,
})

describe("a subscription's session", () => {
  const subscribed = {
    mode: "subscription",
    status: "complete",
    payment_status: "paid",
    subscription: "sub_1",
    invoice: "in_1",
  }

  it.live("has the money of its invoices, the first one among them, with what went back", () =>
    Effect.gen(function* () {
      const { found } = yield* look(subscribed, ({ path }) => {
        if (path === "/v1/invoices") {
          return {
            body: list([invoice(3, { status: "open", amount_paid: 0 }), invoice(2), invoice(9, { status: "draft" })]),
          }
        }
        if (path === "/v1/invoices/in_1") return { body: invoice(1) }
        const refunded = path.endsWith("pi_2") ? 999 : 0
        return {
          body: intent({ id: path.slice(-4), latest_charge: charge({ amount: 999, amount_refunded: refunded }) }),
        }
      })
      expect(found).toMatchObject({ mode: "subscription", state: "completed", subscriptionId: Option.some("sub_1") })
      expect(found.payments.map(({ moneyId, state }) => [moneyId, state])).toEqual([
        ["in_3", "pending"],
        ["in_2", "refunded"],
        ["in_1", "completed"],
      ])
      expect(found.payments[2]).toMatchObject({
        gross: Money.make(999, "USD"),
        fee: Option.some(Money.make(102, "USD")),
        tax: Option.some(Money.make(99, "USD")),
      })
    }),
  )

  it.live("has no money when nothing was due", () =>
    Effect.gen(function* () {
      const { found } = yield* look({ ...subscribed, payment_status: "no_payment_required" }, () => ({
        body: list([invoice(1, { amount_due: 0, amount_paid: 0, payments: { data: [] } })]),
      }))
      expect(found).toMatchObject({ state: "completed", payments: [] })
    }),
  )
})

const attemptSetting = (pages: (request: { readonly attemptId: string }, before: number) => Behaviour) =>
  Effect.gen(function* () {
    const request = yield* Sample.sessionRequest()
    const { server, stripe } = yield* provider((asked, before) =>
      asked.path === "/v1/checkout/sessions"
        ? pages(request, before)
        : { body: session({ id: "cs_ours", metadata: { attempt_id: request.attemptId } }) },
    )
    return { server, find: stripe.findSession({ _tag: "ByAttempt", request, startedAt: 1_780_000_000_000 }) }
  })

describe("finding a session by its attempt (F2)", () => {
  it.live("reads the list of that time page by page, and creates nothing", () =>
    Effect.gen(function* () {
      const other = yield* Id.makeAttemptId
      const { find, server } = yield* attemptSetting(({ attemptId }, before) =>
        before === 0
          ? { body: list([session({ id: "cs_other", metadata: { attempt_id: other } })], true) }
          : { body: list([session({ id: "cs_ours", metadata: { attempt_id: attemptId } })]) },
      )
      expect((yield* some(yield* find)).sessionId).toBe("cs_ours")
      const [first, second] = server.asked
      expect(server.asked.map(({ method }) => method)).toEqual(["GET", "GET", "GET"])
      expect(first?.query.get("created[gte]")).toBe(String(1_780_000_000 - 300))
      expect(second?.query.get("starting_after")).toBe("cs_other")
    }),
  )

  it.live("finds none in a list that was read to its end", () =>
    Effect.gen(function* () {
      const { find } = yield* attemptSetting(() => ({ body: list([session()]) }))
      expect(yield* find).toEqual(Option.none())
    }),
  )

  it.live("does not call a session absent when the list was too long to read", () =>
    Effect.gen(function* () {
      const { find, server } = yield* attemptSetting(() => ({ body: list([session()], true) }))
      expect(yield* Effect.flip(find)).toMatchObject({ _tag: "TransientPaymentError", reason: "bad_response" })
      expect(server.asked).toHaveLength(5)
    }),
  )
})

const withdraw = (expire: Behaviour, now: Behaviour = missing("checkout.session")) =>
  Effect.flatMap(
    provider(({ path }) => (path.endsWith("/expire") ? expire : now)),
    ({ stripe }) => stripe.withdraw(payment),
  )

describe("withdrawing a session", () => {
  const notOpen = refusal(400, {
    type: "invalid_request_error",
    message: 'Only Checkout Sessions with a status in ["open"] can be expired.',
  })

  it.live("is done when Stripe calls it expired", () =>
    Effect.gen(function* () {
      expect(yield* withdraw({ body: session({ status: "expired", url: null }) })).toBe("withdrawn")
      expect(yield* withdraw(notOpen, { body: session({ status: "expired" }) })).toBe("withdrawn")
    }),
  )

  it.live("F26: is too late when it is complete, paid or on its way", () =>
    Effect.gen(function* () {
      const complete = { status: "complete", payment_intent: intent() }
      expect(yield* withdraw(notOpen, { body: session({ ...complete, payment_status: "paid" }) })).toBe("being_paid")
      expect(yield* withdraw(notOpen, { body: session({ status: "complete" }) })).toBe("being_paid")
    }),
  )

  it.live("F27: is not done when nobody knows: time-out, 5xx, a session that is open all the same", () =>
    Effect.gen(function* () {
      expect(yield* Effect.flip(withdraw("reset"))).toMatchObject({ reason: "network", outcome: "unknown" })
      expect(yield* Effect.flip(withdraw(refusal(500, {})))).toMatchObject({ reason: "http", outcome: "unknown" })
      expect(yield* Effect.flip(withdraw({ body: session() }))).toMatchObject({ reason: "bad_response" })
      expect(yield* Effect.flip(withdraw(notOpen, { body: session() }))).toMatchObject({ reason: "http", status: 400 })
      expect(yield* Effect.flip(withdraw(notOpen, "reset"))).toMatchObject({ reason: "network" })
    }),
  )

  it.live("sends no key of ours, so that a 5xx which Stripe keeps is not all that ever comes", () =>
    Effect.gen(function* () {
      const { server, stripe } = yield* provider(() => ({ body: session({ status: "expired" }) }))
      yield* stripe.withdraw(payment)
      yield* stripe.withdraw(payment)
      const keys = server.asked.map(({ headers }) => headers["idempotency-key"])
      expect(new Set(keys).size).toBe(2)
    }),
  )
})
