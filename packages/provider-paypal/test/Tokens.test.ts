import { PaymentProvider } from "@payment-orchestrator/domain"
import { Fault } from "@payment-orchestrator/emulators"
import { Sample } from "@payment-orchestrator/provider-kit"
import { describe, expect, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Redacted, Result } from "effect"
import { TestClock } from "effect/testing"
import type { Transport } from "@payment-orchestrator/transport"
import type { Failure } from "../src/internal/errors.ts"
import * as Tokens from "../src/internal/Tokens.ts"
import * as Stage from "./support/Stage.ts"

const reply = (token: string, expiresIn: number | string = 32_400): Transport.Reply => ({
  _tag: "Reply",
  status: 200,
  headers: {},
  body: JSON.stringify({ access_token: token, token_type: "Bearer", expires_in: expiresIn }),
})

/** A token endpoint that counts, and gives out `t1`, `t2`, …. */
const counting = (expiresIn?: number) => {
  const seen = { asked: 0 }
  const ask = Effect.sync(() => {
    seen.asked += 1
    return reply(`t${seen.asked}`, expiresIn)
  })
  return { seen, ask }
}

const textOf = (tokens: Tokens.Tokens) => Effect.map(tokens.get, ({ token }) => Redacted.value(token.value))

describe("the access token", () => {
  it.effect("is asked for once by fifty calls at the same time", () =>
    Effect.gen(function* () {
      let asked = 0
      const gate = yield* Deferred.make<void>()
      const tokens = yield* Tokens.make(
        Effect.suspend(() => {
          asked += 1
          return Effect.as(Deferred.await(gate), reply("t"))
        }),
      )
      const callers = yield* Effect.forkChild(
        Effect.all(
          Array.from({ length: 50 }, () => textOf(tokens)),
          { concurrency: "unbounded" },
        ),
      )
      yield* Effect.yieldNow
      yield* Deferred.succeed(gate, undefined)
      expect(yield* Fiber.join(callers)).toEqual(Array.from({ length: 50 }, () => "t"))
      expect(asked).toBe(1)
    }),
  )

  it.effect("is replaced one to three minutes before its end", () =>
    Effect.gen(function* () {
      const { ask, seen } = counting(3_600)
      const tokens = yield* Tokens.make(ask)
      expect(yield* tokens.isHeld).toBe(false)
      yield* tokens.get
      yield* TestClock.adjust("56 minutes")
      yield* tokens.get
      expect(seen.asked).toBe(1)
      expect(yield* tokens.isHeld).toBe(true)
      yield* TestClock.adjust("3 minutes")
      expect(yield* tokens.isHeld).toBe(false)
      expect(yield* textOf(tokens)).toBe("t2")
    }),
  )

  it.effect("that lives shorter than the margin is still used for half of its life", () =>
    Effect.gen(function* () {
      const { ask, seen } = counting(20)
      const tokens = yield* Tokens.make(ask)
      yield* tokens.get
      yield* TestClock.adjust("9 seconds")
      yield* tokens.get
      expect(seen.asked).toBe(1)
      yield* TestClock.adjust("2 seconds")
      yield* tokens.get
      expect(seen.asked).toBe(2)
    }),
  )

  it.effect("that could not be had is not remembered: the next call asks again", () =>
    Effect.gen(function* () {
      let asked = 0
      const tokens = yield* Tokens.make(
        Effect.suspend(() => {
          asked += 1
          return asked === 1
            ? Effect.fail<Failure>({ _tag: "Network", code: "ECONNREFUSED", sent: false })
            : Effect.succeed(reply("t"))
        }),
      )
      expect(Result.isFailure(yield* Effect.result(tokens.get))).toBe(true)
      expect(yield* textOf(tokens)).toBe("t")
    }),
  )

  it.effect("is given up when all who wait for it leave, and not before", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const tokens = yield* Tokens.make(
        Effect.onInterrupt(
          Effect.andThen(
            Effect.sync(() => log.push("asked")),
            Effect.never,
          ),
          () => Effect.sync(() => log.push("aborted")),
        ),
      )
      const first = yield* Effect.forkChild(tokens.get)
      const second = yield* Effect.forkChild(tokens.get)
      yield* Effect.yieldNow
      yield* Fiber.interrupt(first)
      expect(log).toEqual(["asked"])
      yield* Fiber.interrupt(second)
      expect(log).toEqual(["asked", "aborted"])
      yield* Effect.forkChild(tokens.get)
      yield* Effect.yieldNow
      expect(log).toEqual(["asked", "aborted", "asked"])
    }),
  )

  it.effect("whose request hangs is not joined for ever by the calls that come later", () =>
    Effect.gen(function* () {
      let asked = 0
      const tokens = yield* Tokens.make(
        Effect.suspend(() => {
          asked += 1
          return asked === 1 ? Effect.never : Effect.succeed(reply("t"))
        }),
      )
      const early = yield* Effect.forkChild(Effect.result(tokens.get))
      yield* TestClock.adjust("29 seconds")
      const late = yield* Effect.forkChild(Effect.result(tokens.get))
      yield* TestClock.adjust("1 second")
      for (const fiber of [early, late]) {
        expect(yield* Fiber.join(fiber)).toEqual(Result.fail({ _tag: "Late", millis: 30_000 }))
      }
      expect(yield* textOf(tokens)).toBe("t")
    }),
  )

  it.effect("is forgotten only while it is the one that is held", () =>
    Effect.gen(function* () {
      const { ask } = counting()
      const tokens = yield* Tokens.make(ask)
      const { token: first } = yield* tokens.get
      yield* tokens.forget(first)
      expect(yield* textOf(tokens)).toBe("t2")
      yield* tokens.forget(first)
      expect(yield* tokens.get).toMatchObject({ cached: true })
      expect(yield* textOf(tokens)).toBe("t2")
    }),
  )

  it.effect.each(["", "null", "{}", '{"access_token":""}', "<html>"])("is not read out of the answer %j", (body) =>
    Effect.gen(function* () {
      const tokens = yield* Tokens.make(Effect.succeed({ _tag: "Reply", status: 200, headers: {}, body }))
      expect(yield* Effect.result(tokens.get)).toMatchObject({ failure: { _tag: "Senseless" } })
    }),
  )
})

const open = (stage: Stage.Stage) =>
  Effect.flatMap(Sample.sessionRequest(), (request) => stage.provider.createCheckoutSession(request))

describe("PayPal's token endpoint", () => {
  it.live("is asked once by fifty cold calls", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      yield* stage.emulator.faults.add({ route: Stage.token, fault: Fault.latency(50) })
      const sessions = yield* Effect.all(
        Array.from({ length: 50 }, () => open(stage)),
        { concurrency: "unbounded" },
      )
      expect(new Set(sessions.map(({ sessionId }) => sessionId)).size).toBe(50)
      expect(yield* stage.emulator.tokens.issued).toBe(1)
    }),
  )

  it.live("F10: may fail for one call without poisoning the next", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      yield* stage.emulator.faults.add({ route: Stage.token, fault: Fault.status(503), times: 1 })
      expect(yield* Effect.flip(open(stage))).toMatchObject({ reason: "http", status: 503, outcome: "not_sent" })
      yield* open(stage)
      expect(yield* stage.emulator.journal.count(Stage.createOrder)).toBe(1)
    }),
  )

  it.live("F10: that hangs past the deadline is a time-out of a call that was never sent", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      yield* stage.emulator.faults.add({ route: Stage.token, fault: Fault.hang() })
      const error = yield* open(stage).pipe(
        Effect.provideService(PaymentProvider.CallTimeout, Duration.millis(150)),
        Effect.flip,
      )
      expect(error).toMatchObject({ reason: "timeout", outcome: "not_sent", timeoutMillis: 150 })
    }),
  )

  it.live("F10: that hangs for somebody else's call too sent nothing for the one whose deadline passes first", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      yield* stage.emulator.faults.add({ route: Stage.token, fault: Fault.hang() })
      const patient = yield* Effect.forkChild(open(stage))
      yield* Effect.sleep("50 millis")
      const error = yield* open(stage).pipe(
        Effect.provideService(PaymentProvider.CallTimeout, Duration.millis(150)),
        Effect.flip,
      )
      expect(error).toMatchObject({ reason: "timeout", outcome: "not_sent", timeoutMillis: 150 })
      expect(yield* stage.emulator.journal.count(Stage.token)).toBe(1)
      yield* Fiber.interrupt(patient)
    }),
  )

  it.live("F10: is what a call says it is busy with until it has the token, and again when that was refused", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      const phaseAfter = Effect.gen(function* () {
        const phase: { current: "token" | "operation" } = { current: "operation" }
        yield* Effect.result(open(stage)).pipe(
          Effect.provideService(PaymentProvider.CallPhase, phase),
          Effect.provideService(PaymentProvider.CallTimeout, Duration.millis(150)),
        )
        return phase.current
      })
      yield* stage.emulator.faults.add({ route: Stage.token, fault: Fault.hang(), times: 1 })
      expect(yield* phaseAfter).toBe("token")
      expect(yield* phaseAfter).toBe("operation")
      yield* stage.emulator.faults.add({ route: Stage.createOrder, fault: Fault.hang(), times: 1 })
      expect(yield* phaseAfter).toBe("operation")
      yield* stage.emulator.tokens.revokeAll
      yield* stage.emulator.faults.add({ route: Stage.token, fault: Fault.status(503), times: 1 })
      expect(yield* phaseAfter).toBe("token")
    }),
  )

  it.live("F2: that answered leaves the outcome of a hanging call unknown", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      yield* stage.emulator.faults.add({ route: Stage.createOrder, fault: Fault.hang() })
      const error = yield* open(stage).pipe(
        Effect.provideService(PaymentProvider.CallTimeout, Duration.millis(150)),
        Effect.flip,
      )
      expect(error).toMatchObject({ reason: "timeout", outcome: "unknown" })
    }),
  )

  it.live("F9: that refuses new credentials makes the provider refuse, and says so when asked", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      yield* open(stage)
      yield* stage.emulator.tokens.rotate({ clientId: "another", clientSecret: "another" })
      yield* stage.emulator.tokens.revokeAll
      expect(yield* Effect.flip(open(stage))).toMatchObject({ reason: "credentials_refused" })
      expect(yield* stage.provider.checkAvailability).toMatchObject({ reachable: true, credentials: "refused" })
    }),
  )

  it.live("F10: is asked once more by any number of calls whose token has become stale", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      yield* open(stage)
      yield* stage.emulator.tokens.revokeAll
      yield* Effect.all(
        Array.from({ length: 10 }, () => open(stage)),
        { concurrency: "unbounded" },
      )
      expect(yield* stage.emulator.tokens.issued).toBe(2)
    }),
  )
})
