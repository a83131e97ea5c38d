/** What clients of HTTP, PayPal's own SDK among them, do of their own accord, and must not do here. */
import { PaymentError, PaymentProvider, ProviderClock } from "@payment-orchestrator/domain"
import { Fault } from "@payment-orchestrator/emulators"
import { Sample } from "@payment-orchestrator/provider-kit"
import { afterEach, describe, expect, it, vi } from "@effect/vitest"
import { Duration, Effect, Fiber, Option } from "effect"
import * as Stage from "./support/Stage.ts"

const look = "GET /v2/checkout/orders/:id"
const finding = (stage: Stage.Stage) =>
  stage.provider.findSession({ _tag: "BySessionId", sessionId: "5O190127TN364715T", mode: "payment" })
const opening = (stage: Stage.Stage) => Effect.flatMap(Sample.sessionRequest(), stage.provider.createCheckoutSession)

const envelope = {
  name: "SOME_NAME",
  message: "Some message.",
  debug_id: "f1",
  details: [{ issue: "SOME_ISSUE", description: "Some words." }],
}

/** Calls that must fail, by what they do and the route they take. */
const calls: ReadonlyArray<
  readonly [what: string, route: string, call: (stage: Stage.Stage) => Effect.Effect<void, PaymentError.PaymentError>]
> = [
  ["opening an order", Stage.createOrder, (stage) => Effect.asVoid(opening(stage))],
  ["looking at an order", look, (stage) => Effect.asVoid(finding(stage))],
  [
    "looking at a subscription",
    "GET /v1/billing/subscriptions/:id",
    ({ provider }) => Effect.asVoid(provider.getSubscription("I-1")),
  ],
  [
    "refunding",
    "POST /v2/payments/captures/:id/refund",
    ({ provider }) => Effect.asVoid(Effect.flatMap(Sample.refundRequest("3C"), provider.refund)),
  ],
]

describe("an answer of any status, documented for the call or not", () => {
  it.live.each(calls)("is told with PayPal's code and words, after one call: %s", ([, route, call]) =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      for (const status of [400, 403, 408, 409, 413, 422, 425, 429, 500, 502, 503, 504, 521]) {
        yield* stage.emulator.faults.clear
        yield* stage.emulator.journal.clear
        yield* stage.emulator.faults.add({
          route,
          fault: Fault.status(status, { body: envelope, headers: { "retry-after": "1" } }),
        })
        expect(yield* Effect.flip(call(stage))).toMatchObject({ status, code: "SOME_ISSUE", detail: "Some words." })
        expect(yield* stage.emulator.journal.count(route)).toBe(1)
      }
    }),
  )
})

describe("a call", () => {
  afterEach(() => {
    vi.unstubAllEnvs()
  })

  it.live("follows no redirect, so that no token goes elsewhere", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      const elsewhere = yield* Stage.make()
      for (const route of [look, Stage.token]) {
        yield* stage.emulator.faults.add({
          route,
          fault: Fault.redirect(`${elsewhere.emulator.url}/v2/checkout/orders/5`),
        })
        expect(yield* Effect.flip(finding(stage))).toMatchObject({ reason: "bad_response" })
      }
      expect(yield* elsewhere.emulator.journal.count()).toBe(0)
    }),
  )

  it.live("obeys no proxy of the environment", () =>
    Effect.gen(function* () {
      for (const name of ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
        vi.stubEnv(name, "http://127.0.0.1:1")
      const stage = yield* Stage.make()
      expect(yield* finding(stage)).toEqual(Option.none())
    }),
  )

  it.live("reads no answer without end", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      yield* stage.emulator.faults.add({
        route: look,
        fault: Fault.status(200, { body: { id: "5O", status: "CREATED", padding: "x".repeat(9_000_000) } }),
      })
      expect(yield* Effect.flip(finding(stage))).toMatchObject({ reason: "bad_response" })
    }),
  )

  it.live("takes an answer that is odd where it does not matter: only what we need must be there", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      const odd = {
        id: "5O",
        status: "CREATED",
        purchase_units: null,
        payer: "not an object",
        create_time: 7,
        links: [],
      }
      yield* stage.emulator.faults.add({ route: look, fault: Fault.status(200, { body: odd }) })
      expect(yield* finding(stage)).toMatchObject({ value: { sessionId: "5O", state: "open" } })
    }),
  )

  it.live("has no timer of its own that ends a call before the deadline, and the deadline ends it", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      yield* finding(stage)
      yield* stage.emulator.faults.add({ route: look, fault: Fault.slowDrip(1) })
      const [took, error] = yield* finding(stage).pipe(
        Effect.provideService(PaymentProvider.CallTimeout, Duration.millis(300)),
        Effect.flip,
        Effect.timed,
      )
      expect(error).toMatchObject({ reason: "timeout", timeoutMillis: 300 })
      expect(Duration.toMillis(took)).toBeGreaterThanOrEqual(295)
      expect(Duration.toMillis(took)).toBeLessThan(1_000)
    }),
  )

  it.live("gives up at once when it is interrupted, while waiting for a token too", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      yield* stage.emulator.faults.add({ route: Stage.token, fault: Fault.hang() })
      const call = yield* Effect.forkChild(finding(stage))
      yield* Effect.sleep("50 millis")
      const [took] = yield* Effect.timed(Fiber.interrupt(call))
      expect(Duration.toMillis(took)).toBeLessThan(100)
      yield* stage.emulator.faults.clear
      expect(yield* finding(stage)).toEqual(Option.none())
      expect(yield* stage.emulator.journal.count(Stage.token)).toBe(2)
    }),
  )
})

describe("asking whether PayPal would answer", () => {
  const route = "GET /v1/notifications/webhooks"
  const asking = (fault?: Fault.Fault) =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      if (fault !== undefined) yield* stage.emulator.faults.add({ route, fault })
      return yield* stage.provider.checkAvailability.pipe(
        Effect.provideService(PaymentProvider.CallTimeout, Duration.millis(300)),
      )
    })

  it.live("is answered by a cheap read with our credentials", () =>
    Effect.gen(function* () {
      expect(yield* asking()).toEqual({
        configured: true,
        reachable: true,
        credentials: "accepted",
        reason: Option.none(),
      })
    }),
  )

  it.live.each([
    ["down", Fault.status(503), { reachable: false, credentials: "unknown", reason: "PayPal 503 Service Unavailable" }],
    ["silent", Fault.hang(), { reachable: false, credentials: "unknown", reason: "PayPal timeout after 0.3 s" }],
    [
      "throttling us",
      Fault.status(429),
      { reachable: true, credentials: "accepted", reason: "PayPal 429 Too Many Requests" },
    ],
    [
      "refusing our token",
      Fault.status(401),
      { reachable: true, credentials: "refused", reason: "PayPal 401 Unauthorized" },
    ],
    [
      "not letting us see webhooks",
      Fault.status(403),
      { reachable: true, credentials: "accepted", reason: "PayPal 403 Forbidden" },
    ],
  ] as const)("tells that it is %s, and in words", ([, fault, expected]) =>
    Effect.gen(function* () {
      const { reason, ...found } = yield* asking(fault)
      expect(found).toEqual({ configured: true, reachable: expected.reachable, credentials: expected.credentials })
      expect(Option.getOrElse(reason, () => "")).toContain(expected.reason)
    }),
  )
})

describe("the clock", () => {
  it.live("F47: is told of every answer, the token's and a refusal too, and of nothing when nothing was answered", () =>
    Effect.gen(function* () {
      const heard: Array<string | undefined> = []
      const stage = yield* Effect.provideService(Stage.make(), ProviderClock.DateHeard, (_, date) =>
        Effect.sync(() => void heard.push(date)),
      )
      yield* opening(stage)
      expect(heard).toEqual([expect.stringMatching(/ GMT$/), expect.stringMatching(/ GMT$/)])
      const date = "Tue, 14 Nov 2023 22:14:20 GMT"
      yield* stage.emulator.faults.add({ route: "*", fault: Fault.status(503, { headers: { date } }) })
      yield* stage.provider.checkAvailability
      expect(heard.at(-1)).toBe(date)
      yield* stage.emulator.refuse(true)
      yield* stage.provider.checkAvailability
      expect(heard).toHaveLength(3)
    }),
  )
})
