/** The SDK's own habits end here: one request per call, the caller's deadline, no success that is none. */
import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Option, Redacted, Result } from "effect"
import { PaymentProvider, ProviderClock } from "@payment-orchestrator/domain"
import { Sample } from "@payment-orchestrator/provider-kit"
import * as Stripe from "@payment-orchestrator/provider-stripe"
import { type Behaviour, provider, refusal, session } from "./Server.ts"

const create = (behaviour: Behaviour, headers?: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    const answer = headers === undefined || typeof behaviour === "string" ? behaviour : { ...behaviour, headers }
    const { server, stripe } = yield* provider(() => answer)
    const result = yield* Effect.result(Effect.flatMap(Sample.sessionRequest(), stripe.createCheckoutSession))
    return { server, error: Result.isFailure(result) ? result.failure : undefined }
  })

describe("an answer that the SDK takes for a success", () => {
  const cases: ReadonlyArray<readonly [name: string, behaviour: Behaviour, expected: object]> = [
    ["a 404 without the key error", { status: 404, body: { message: "gone" } }, { reason: "http", status: 404 }],
    ["a 503 without the key error", { status: 503, body: { message: "upstream" } }, { reason: "http", status: 503 }],
    ["a 500 with an empty object", { status: 500, body: {} }, { reason: "http", status: 500, outcome: "unknown" }],
    ["a 302 with an object", { status: 302, headers: { location: "/" }, body: {} }, { reason: "bad_response" }],
    ["a 200 of another object", { body: { id: "cus_1", object: "customer" } }, { reason: "bad_response" }],
  ]
  for (const [name, behaviour, expected] of cases) {
    it.live(`is a failure: ${name}`, () =>
      Effect.gen(function* () {
        const { error, server } = yield* create(behaviour)
        expect(error).toMatchObject({ ...expected, requestId: "req_123" })
        expect(server.asked).toHaveLength(1)
      }),
    )
  }

  it.live("or never settles on is a failure at once: a JSON scalar", () =>
    Effect.gen(function* () {
      for (const body of ["3", "true", '"x"', "null"]) {
        const { error } = yield* create({ body })
        expect(error).toMatchObject({ reason: "bad_response", outcome: "unknown" })
      }
    }),
  )
})

describe("a request", () => {
  it.live("is sent once when the connection is reset, though the SDK would repeat it", () =>
    Effect.gen(function* () {
      const { error, server } = yield* create("reset")
      expect(error).toMatchObject({ reason: "network", outcome: "unknown" })
      expect(server.asked).toHaveLength(1)
    }),
  )

  it.live("is sent once even when Stripe asks the SDK to repeat it, and on a 409", () =>
    Effect.gen(function* () {
      for (const status of [400, 409, 500, 503]) {
        const { server } = yield* create(refusal(status, { type: "api_error" }), { "stripe-should-retry": "true" })
        expect(server.asked).toHaveLength(1)
      }
    }),
  )

  it.live("follows no redirect with its credentials", () =>
    Effect.gen(function* () {
      const { stripe, server } = yield* provider((asked) =>
        asked.path === "/elsewhere"
          ? { body: session() }
          : { status: 307, headers: { location: "/elsewhere" }, body: "" },
      )
      const error = yield* Effect.flip(Effect.flatMap(Sample.sessionRequest(), stripe.createCheckoutSession))
      expect(error).toMatchObject({ reason: "bad_response", outcome: "unknown", status: 307 })
      expect(server.asked.map(({ path }) => path)).toEqual(["/v1/checkout/sessions"])
    }),
  )

  it.live("F4: that is cut in the middle of its answer is lost, with the id of the request", () =>
    Effect.gen(function* () {
      const { error } = yield* create("cut")
      expect(error).toMatchObject({ reason: "network", outcome: "unknown", requestId: "req_half" })
    }),
  )

  it.live("F2: ends at the caller's deadline, which is told, and its connection is closed", () =>
    Effect.gen(function* () {
      for (const behaviour of ["hang", "stall"] as const) {
        const { error, server } = yield* Effect.provideService(
          create(behaviour),
          PaymentProvider.CallTimeout,
          Duration.millis(200),
        )
        expect(error).toMatchObject({ reason: "timeout", outcome: "unknown", timeoutMillis: 200 })
        yield* Effect.sleep("50 millis")
        expect(server.aborted()).toBe(1)
      }
    }),
  )

  it.live("is cut off when its fiber is interrupted", () =>
    Effect.gen(function* () {
      const { server, stripe } = yield* provider(() => "hang")
      const fiber = yield* Effect.forkChild(
        stripe.findSession({ _tag: "BySessionId", sessionId: "cs_1", mode: "payment" }),
      )
      yield* Effect.sleep("100 millis")
      expect(server.asked).toHaveLength(1)
      yield* Fiber.interrupt(fiber)
      yield* Effect.sleep("50 millis")
      expect(server.aborted()).toBe(1)
    }),
  )

  it.live("carries no telemetry, pins the API version and says who asks", () =>
    Effect.gen(function* () {
      const { server, stripe } = yield* provider(() => ({ body: { object: "balance" } }))
      yield* stripe.checkAvailability
      yield* stripe.checkAvailability
      const [, second] = server.asked
      expect(second?.headers["x-stripe-client-telemetry"]).toBeUndefined()
      expect(String(second?.headers["x-stripe-client-user-agent"])).not.toContain("platform")
      expect(second?.headers["stripe-version"]).toBe("2026-10-28.endive")
      expect(second?.headers.authorization).toMatch(/^Bearer sk_test_/)
    }),
  )

  it.live("with text that cannot be written is refused before it is sent", () =>
    Effect.gen(function* () {
      const { server, stripe } = yield* provider(() => ({ body: session() }))
      const request = yield* Sample.sessionRequest({ successUrl: "https://shop.example/\ud800" })
      const error = yield* Effect.flip(stripe.createCheckoutSession(request))
      expect(error).toMatchObject({ reason: "invalid_arguments", outcome: "not_sent" })
      expect(server.asked).toHaveLength(0)
    }),
  )
})

const ask = (behaviour: Behaviour) =>
  Effect.flatMap(
    provider(() => behaviour),
    ({ stripe }) => stripe.checkAvailability,
  )

describe("checkAvailability", () => {
  it.live("tells refused credentials from a provider that does not work", () =>
    Effect.gen(function* () {
      expect(yield* ask(refusal(401, {}))).toMatchObject({ reachable: true, credentials: "refused" })
      expect(yield* ask(refusal(500, {}))).toMatchObject({ reachable: false, credentials: "unknown" })
      expect(yield* ask(refusal(429, {}))).toMatchObject({ reachable: true, credentials: "unknown" })
      expect(yield* ask("reset")).toMatchObject({ reachable: false, credentials: "unknown" })
    }),
  )

  it.live("accepts a restricted key that may not read the balance", () =>
    Effect.gen(function* () {
      const answer = yield* ask(refusal(403, { type: "invalid_request_error", message: "permissions" }))
      expect(answer).toEqual({ configured: true, reachable: true, credentials: "accepted", reason: Option.none() })
    }),
  )
})

it.live("F47: the clock is told of every answer, also of a refusal, and of nothing when nothing was answered", () =>
  Effect.gen(function* () {
    const heard: Array<string | undefined> = []
    const date = "Tue, 14 Nov 2023 22:14:20 GMT"
    const answers: ReadonlyArray<Behaviour> = [{ ...refusal(503, {}), headers: { date } }, "reset"]
    const { stripe } = yield* Effect.provideService(
      provider((_, before) => answers[before] ?? { body: session() }),
      ProviderClock.DateHeard,
      (_, said) => Effect.sync(() => void heard.push(said)),
    )
    yield* stripe.checkAvailability
    yield* stripe.checkAvailability
    expect(heard).toEqual([date])
    yield* Effect.flatMap(Sample.sessionRequest(), stripe.createCheckoutSession).pipe(Effect.result)
    expect(heard).toEqual([date, expect.stringMatching(/ GMT$/)])
  }),
)

const livemodeOf = (key: string) =>
  Effect.map(
    Stripe.make({ apiKey: Redacted.make(key), webhookSecrets: [] }),
    ({ capabilities }) => capabilities.livemode,
  )

it.effect("livemode is told by the key's prefix", () =>
  Effect.gen(function* () {
    expect(yield* Effect.forEach(["sk_live_1", "rk_live_1", "sk_test_1", "rk_test_1"], livemodeOf)).toEqual([
      true,
      true,
      false,
      false,
    ])
  }),
)
