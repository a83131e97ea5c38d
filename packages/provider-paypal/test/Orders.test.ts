import { Money } from "@payment-orchestrator/domain"
import { Fault } from "@payment-orchestrator/emulators"
import { Sample } from "@payment-orchestrator/provider-kit"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as Opening from "../src/internal/Opening.ts"
import * as Stage from "./support/Stage.ts"

const capture = "POST /v2/checkout/orders/:id/capture"
const look = "GET /v2/checkout/orders/:id"

const open = Effect.fnUntraced(function* (
  stage: Stage.Stage,
  overrides: Parameters<typeof Sample.sessionRequest>[0] = {},
) {
  const request = yield* Sample.sessionRequest(overrides)
  return { request, session: yield* stage.provider.createCheckoutSession(request) }
})

/** An order that the buyer has approved. */
const approved = Effect.fnUntraced(function* (stage: Stage.Stage) {
  const { session } = yield* open(stage)
  yield* Effect.orDie(stage.emulator.buyer.approve(session.sessionId))
  return session.sessionId
})

const completing = (stage: Stage.Stage, sessionId: string, approval = 1) =>
  stage.provider.complete({ sessionId, mode: "payment", approval })

const requests = (stage: Stage.Stage, route: string) =>
  Effect.map(stage.emulator.journal.requests, (all) => all.filter((one) => one.route === route))

/** What PayPal would answer to a create, changed. */
const answerOf = (overrides: { readonly [field: string]: unknown }) => ({
  id: "5O190127TN364715T",
  status: "PAYER_ACTION_REQUIRED",
  purchase_units: [{ amount: { currency_code: "USD", value: "24.99" } }],
  links: [{ rel: "payer-action", href: "https://www.sandbox.paypal.com/checkoutnow?token=5O190127TN364715T" }],
  ...overrides,
})

const createAnswers = (stage: Stage.Stage, status: number, body: unknown) =>
  stage.emulator.faults.add({ route: Stage.createOrder, fault: Fault.status(status, { body }), times: 1 })

describe("opening an order", () => {
  it.live("sends the attempt id as key and as custom id, and asks for nothing but a payment", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      const { request } = yield* open(stage, {
        customerEmail: Option.some("buyer@shop.example"),
        successUrl: "https://bücher.example/danke schön",
      })
      const [sent] = yield* requests(stage, Stage.createOrder)
      expect(sent?.headers).toMatchObject({
        "paypal-request-id": request.attemptId,
        prefer: "return=representation",
      })
      expect(JSON.parse(sent?.body ?? "")).toEqual({
        intent: "CAPTURE",
        purchase_units: [
          {
            amount: { currency_code: "USD", value: "24.99" },
            custom_id: request.attemptId,
            description: "A book about failover",
          },
        ],
        payment_source: {
          paypal: {
            email_address: "buyer@shop.example",
            experience_context: {
              return_url: "https://xn--bcher-kva.example/danke%20sch%C3%B6n",
              cancel_url: "https://shop.example/basket",
              user_action: "PAY_NOW",
              shipping_preference: "NO_SHIPPING",
            },
          },
        },
      })
    }),
  )

  it.live("F12: writes currencies without decimals at PayPal without them, though ISO 4217 has two", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      const { session } = yield* open(stage, { money: Option.some(Money.make(100_000, "HUF")) })
      const [order] = yield* stage.emulator.orders
      expect(order?.units[0]?.amount).toEqual({ currency_code: "HUF", value: "1000" })
      yield* Effect.orDie(stage.emulator.buyer.approve(session.sessionId))
      const snapshot = yield* completing(stage, session.sessionId)
      expect(snapshot.payments[0]?.gross).toEqual(Money.make(100_000, "HUF"))
    }),
  )

  it.live("takes any 2xx, and the link approve as well as payer-action", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      yield* createAnswers(
        stage,
        200,
        answerOf({
          status: "CREATED",
          links: [{ rel: "approve", href: "https://www.paypal.com/checkoutnow?token=5" }],
        }),
      )
      const { session } = yield* open(stage)
      expect(session).toMatchObject({
        url: "https://www.paypal.com/checkoutnow?token=5",
        livemode: false,
        adjusted: [],
      })
    }),
  )

  it.live.each([
    ["another amount", { purchase_units: [{ amount: { currency_code: "USD", value: "2499.00" } }] }],
    ["another currency", { purchase_units: [{ amount: { currency_code: "EUR", value: "24.99" } }] }],
    ["an amount that is none", { purchase_units: [{ amount: { currency_code: "USD", value: "24,99" } }] }],
    ["no page to approve on", { links: [{ rel: "self", href: "https://api-m.paypal.com/v2/checkout/orders/5" }] }],
    ["a page that is no address", { links: [{ rel: "payer-action", href: "javascript:alert(1)" }] }],
    ["no id", { id: "" }],
  ] as const)("F5, F12: hands out no page when the answer names %s", ([, change]) =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      yield* createAnswers(stage, 201, answerOf(change))
      expect(yield* Effect.flip(open(stage))).toMatchObject({ reason: "bad_response", outcome: "unknown" })
    }),
  )

  it.effect("hands out a page without TLS only of a test double", () =>
    Effect.gen(function* () {
      const answer = {
        value: { links: [{ rel: "approve", href: "http://127.0.0.1:4010/checkoutnow" }] },
        requestId: Option.none<string>(),
        startedAt: 0,
      }
      const { baseUrl: _, ...real } = Stage.optionsFor("http://127.0.0.1:4010")
      expect(yield* Effect.flip(Opening.urlOf(real, answer))).toMatchObject({ reason: "bad_response" })
      expect(yield* Opening.urlOf({ ...real, baseUrl: "http://127.0.0.1:4010" }, answer)).toContain("/checkoutnow")
    }),
  )

  it.live("F17: cuts a description to 127 bytes by whole letters, and says so", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      const { session } = yield* open(stage, {
        description: Option.some(`line\n\u0007two ${"\u{1F4D7}".repeat(100)}`),
        customerEmail: Option.some("käthe@bücher.example"),
      })
      const [order] = yield* stage.emulator.orders
      expect(order?.units[0]?.description).toBe(`line two ${"\u{1F4D7}".repeat(29)}`)
      expect(session.adjusted).toEqual(["description", "customerEmail"])
    }),
  )
})

describe("finding an order", () => {
  it.live("F2: by its attempt repeats the create with the same key and body, and opens nothing new", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      const { request, session } = yield* open(stage)
      const found = yield* stage.provider.findSession({
        _tag: "ByAttempt",
        request,
        startedAt: request.expiresAt - 3_600_000,
      })
      expect(found).toMatchObject({
        value: { sessionId: session.sessionId, state: "open", attemptId: Option.some(request.attemptId) },
      })
      const [first, second] = yield* requests(stage, Stage.createOrder)
      expect(second?.body).toBe(first?.body)
      expect((yield* stage.emulator.orders).length).toBe(1)
    }),
  )

  it.live("by an attempt older than the key's six hours is not offered, and nothing is asked", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      const request = yield* Sample.sessionRequest()
      const startedAt = request.expiresAt - 3_600_000 - 6 * 3_600_000
      const error = yield* Effect.flip(stage.provider.findSession({ _tag: "ByAttempt", request, startedAt }))
      expect(error).toMatchObject({ reason: "not_supported", outcome: "not_sent" })
      expect(yield* stage.emulator.journal.count()).toBe(0)
    }),
  )

  it.live("by what cannot be an id of PayPal's is none, and no path is made of it", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      for (const sessionId of ["../oauth2/token", "..", "", "a/b", "5O19?x=1", "é"]) {
        expect(yield* stage.provider.findSession({ _tag: "BySessionId", sessionId, mode: "payment" })).toEqual(
          Option.none(),
        )
        expect(yield* Effect.flip(completing(stage, sessionId))).toMatchObject({ reason: "not_found" })
      }
      expect(yield* stage.emulator.journal.count()).toBe(0)
    }),
  )

  it.live("F52: reads a status it does not know as open", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      yield* stage.emulator.faults.add({
        route: look,
        fault: Fault.status(200, { body: answerOf({ status: "ON_HOLD" }) }),
      })
      expect(
        yield* stage.provider.findSession({ _tag: "BySessionId", sessionId: "5O190127TN364715T", mode: "payment" }),
      ).toMatchObject({
        value: { state: "open", rawState: "ON_HOLD", payments: [] },
      })
    }),
  )

  it.live("F63: believes no captured amount that cannot be read", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      const captures = [{ id: "3C", status: "COMPLETED", amount: { currency_code: "USD", value: "1e3" } }]
      const body = answerOf({ status: "COMPLETED", purchase_units: [{ payments: { captures } }] })
      yield* stage.emulator.faults.add({ route: look, fault: Fault.status(200, { body }) })
      const error = yield* Effect.flip(
        stage.provider.findSession({ _tag: "BySessionId", sessionId: "5O", mode: "payment" }),
      )
      expect(error).toMatchObject({ reason: "bad_response" })
    }),
  )
})

describe("capturing an approved order", () => {
  it.live("uses a key of the order and the approval", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      const id = yield* approved(stage)
      const snapshot = yield* completing(stage, id, 3)
      expect(snapshot).toMatchObject({ state: "completed", rawState: "COMPLETED" })
      expect(Option.isSome(snapshot.payments[0]?.fee ?? Option.none())).toBe(true)
      const [sent] = yield* requests(stage, capture)
      expect(sent?.headers["paypal-request-id"]).toBe(`cap_${id}_3`)
    }),
  )

  it.live("is not tried before the buyer has approved", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      const { session } = yield* open(stage)
      expect(yield* completing(stage, session.sessionId)).toMatchObject({ state: "open", payments: [] })
      expect(yield* stage.emulator.journal.count(capture)).toBe(0)
    }),
  )

  it.live.each([
    ["500", Fault.status(500, { apply: true })],
    ["a reset connection", Fault.reset({ apply: true })],
    ["a cut body", Fault.cutBody(10, { apply: true })],
    ["malformed JSON", Fault.malformedJson({ apply: true })],
    ["another shape", Fault.wrongShape({ apply: true })],
    ["an empty body", Fault.emptyBody({ apply: true })],
    ["an answer that names no capture", Fault.status(201, { apply: true, body: { id: "5", status: "COMPLETED" } })],
    [
      "still in progress",
      Fault.status(422, { apply: true, body: { details: [{ issue: "ORDER_COMPLETION_IN_PROGRESS" }] } }),
    ],
    ["already captured", Fault.status(422, { apply: true, body: { details: [{ issue: "ORDER_ALREADY_CAPTURED" }] } })],
  ] as const)("F33: that happened though the answer was %s is read back and is a success", ([, fault]) =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      const id = yield* approved(stage)
      yield* stage.emulator.faults.add({ route: capture, fault })
      expect(yield* completing(stage, id)).toMatchObject({ state: "completed", payments: [{ state: "completed" }] })
      expect((yield* stage.emulator.captures).length).toBe(1)
      expect(yield* stage.emulator.journal.count(capture)).toBe(1)
    }),
  )

  it.live("F33: that did not happen stays an unknown outcome, and the same key works later", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      const id = yield* approved(stage)
      yield* stage.emulator.faults.add({ route: capture, fault: Fault.status(503), times: 1 })
      expect(yield* Effect.flip(completing(stage, id))).toMatchObject({
        reason: "http",
        status: 503,
        outcome: "unknown",
      })
      expect(yield* completing(stage, id)).toMatchObject({ state: "completed" })
    }),
  )

  it.live("F33: whose answer is lost while PayPal cannot be asked either keeps its own error", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      const id = yield* approved(stage)
      yield* stage.emulator.faults.add({ route: capture, fault: Fault.status(500, { apply: true }) })
      yield* stage.emulator.faults.add({ route: look, fault: Fault.status(404), after: 1 })
      expect(yield* Effect.flip(completing(stage, id))).toMatchObject({ status: 500, outcome: "unknown" })
    }),
  )

  it.live("F35: is looked up first once its key is forgotten, and found: no second one is sent", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make({ emulator: { orderLife: "72 hours" } })
      const id = yield* approved(stage)
      yield* stage.emulator.faults.add({ route: capture, fault: Fault.reset({ apply: true }), times: 1 })
      const blind = yield* stage.emulator.faults.add({ route: look, fault: Fault.status(503), after: 1 })
      expect(yield* Effect.flip(completing(stage, id))).toMatchObject({ outcome: "unknown" })
      yield* stage.emulator.clock.advance("7 hours")
      yield* stage.emulator.faults.remove(blind)
      expect(yield* completing(stage, id)).toMatchObject({ state: "completed" })
      expect(yield* stage.emulator.journal.count(capture)).toBe(1)
      expect(yield* stage.emulator.captures).toHaveLength(1)
    }),
  )

  it.live("F35: is sent again once its key is forgotten, when PayPal says that nothing was captured", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make({ emulator: { orderLife: "72 hours" } })
      const id = yield* approved(stage)
      yield* stage.emulator.faults.add({ route: capture, fault: Fault.reset(), times: 1 })
      yield* Effect.flip(completing(stage, id))
      yield* stage.emulator.clock.advance("7 hours")
      expect(yield* completing(stage, id)).toMatchObject({ state: "completed" })
      expect(yield* stage.emulator.captures).toHaveLength(1)
    }),
  )

  it.live("F66: that is declined is final with PayPal's code; after another approval a new key captures", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      const { session } = yield* open(stage)
      yield* Effect.orDie(stage.emulator.buyer.decline(session.sessionId))
      expect(yield* Effect.flip(completing(stage, session.sessionId, 1))).toMatchObject({
        _tag: "PermanentPaymentError",
        code: "INSTRUMENT_DECLINED",
        outcome: "refused",
      })
      yield* Effect.orDie(stage.emulator.buyer.approve(session.sessionId))
      expect(yield* completing(stage, session.sessionId, 2)).toMatchObject({ state: "completed" })
    }),
  )

  it.live("F31: that is pending is processing, and its money is not money yet", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      const id = yield* approved(stage)
      yield* Effect.orDie(stage.emulator.simulate.captureOutcomes(id, { result: "PENDING", reason: "ECHECK" }))
      expect(yield* completing(stage, id)).toMatchObject({ state: "processing", payments: [{ state: "pending" }] })
    }),
  )

  it.live("that was declined for good leaves nobody able to pay, and its money is declined", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      const id = yield* approved(stage)
      yield* Effect.orDie(stage.emulator.simulate.captureOutcomes(id, { result: "DECLINED" }))
      expect(yield* completing(stage, id)).toMatchObject({ state: "expired", payments: [{ state: "declined" }] })
    }),
  )
})

const withdrawing = (stage: Stage.Stage, sessionId: string) => stage.provider.withdraw({ sessionId, mode: "payment" })

describe("withdrawing an order", () => {
  it.live("needs no call that changes anything: what we do not capture is never paid", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      const { session } = yield* open(stage)
      expect(yield* withdrawing(stage, session.sessionId)).toBe("withdrawn")
      yield* Effect.orDie(stage.emulator.buyer.approve(session.sessionId))
      expect(yield* withdrawing(stage, session.sessionId)).toBe("withdrawn")
      expect((yield* stage.emulator.journal.requests).filter(({ method }) => method === "POST").length).toBe(2)
    }),
  )

  it.live("F26: comes too late once there is a capture, pending or done", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      const done = yield* approved(stage)
      yield* completing(stage, done)
      expect(yield* withdrawing(stage, done)).toBe("being_paid")
      const pending = yield* approved(stage)
      yield* Effect.orDie(stage.emulator.simulate.captureOutcomes(pending, { result: "PENDING" }))
      yield* completing(stage, pending)
      expect(yield* withdrawing(stage, pending)).toBe("being_paid")
    }),
  )
})
