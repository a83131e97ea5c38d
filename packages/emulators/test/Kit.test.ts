import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { connect } from "node:net"
import * as Answer from "../src/Answer.ts"
import * as Emulator from "../src/Emulator.ts"
import * as EmulatorClock from "../src/EmulatorClock.ts"
import * as Fault from "../src/Fault.ts"
import * as Journal from "../src/Journal.ts"
import * as PayPalEmulator from "../src/PayPalEmulator.ts"
import * as WebhookSender from "../src/WebhookSender.ts"
import { failure, request } from "./support/Http.ts"
import * as Receiver from "./support/Receiver.ts"

const entry = (number: number) => ({
  at: number,
  route: "GET /",
  method: "GET",
  path: "/",
  query: "",
  headers: {},
  body: "",
})

const quiet = Effect.gen(function* () {
  const emulator = yield* Emulator.serve({
    name: "quiet",
    routes: [Emulator.route("POST", "/echo", (call) => Effect.succeed(Answer.text(200, call.text)))],
    notFound: () => Effect.succeed(Answer.empty(404)),
    errorAnswer: (status) => Effect.succeed(Answer.empty(status)),
  })
  return emulator
})

/** Writes these bytes and goes away. */
const rudely = (port: number, bytes: string): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(bytes, () => {
        socket.resetAndDestroy()
        resume(Effect.void)
      })
    })
  })

describe("the journal", () => {
  it.effect("keeps the last 10,000 requests and settles the right one", () =>
    Effect.gen(function* () {
      const journal = yield* Journal.make
      const settleFirst = yield* journal.open(entry(0))
      const settleSecond = yield* journal.open(entry(1))
      for (let number = 2; number <= Journal.capacity; number += 1) yield* journal.open(entry(number))
      settleFirst({ status: 500, fault: null })
      settleSecond({ status: 200, fault: null })
      const all = yield* journal.requests
      assert.strictEqual(all.length, Journal.capacity)
      assert.deepStrictEqual([all[0]?.at, all[0]?.status, all[1]?.status], [1, 200, null])
    }),
  )
})

describe("the clock", () => {
  it.effect("runs with the program's clock, ahead by what it was advanced", () =>
    Effect.gen(function* () {
      const clock = yield* EmulatorClock.make
      const before = yield* clock.now
      yield* clock.advance("6 hours")
      yield* clock.advance(500)
      assert.strictEqual((yield* clock.now) - before, 21_600_500)
      assert.strictEqual(yield* clock.offset, 21_600_500)
      yield* clock.reset
      assert.strictEqual(yield* clock.now, before)
    }),
  )
})

describe("the server", () => {
  it.live("survives clients that go away, before, during and after their request", () =>
    Effect.gen(function* () {
      const { port, url, faults } = yield* quiet
      yield* rudely(port, "POST /echo HT")
      yield* rudely(port, "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc")
      yield* faults.add({ route: "*", fault: Fault.slowDrip(10, { apply: true }), times: 1 })
      yield* rudely(port, "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 30\r\n\r\nabcdefghijabcdefghijabcdefghij")
      yield* Effect.sleep("150 millis")
      const answer = yield* request(`${url}/echo`, { body: "still here" })
      assert.strictEqual(answer.text, "still here")
    }),
  )

  it.live("ends with its scope: the port is free and hanging requests are over", () =>
    Effect.gen(function* () {
      const url = yield* Effect.scoped(
        Effect.gen(function* () {
          const emulator = yield* quiet
          yield* emulator.faults.add({ route: "*", fault: Fault.hang() })
          assert.strictEqual(yield* failure(`${emulator.url}/echo`, { body: "x", timeout: 50 }), "TimeoutError")
          return emulator.url
        }),
      )
      assert.strictEqual(yield* failure(url), "ECONNREFUSED")
    }),
  )

  it.live("refuses bodies over five megabytes by closing the connection", () =>
    Effect.gen(function* () {
      const { url } = yield* quiet
      const ended = yield* failure(`${url}/echo`, { body: "x".repeat(5_000_001) })
      assert.notStrictEqual(ended, "none")
      assert.strictEqual((yield* request(`${url}/echo`, { body: "small" })).text, "small")
    }),
  )
})

describe("the webhook sender", () => {
  it.live("gives up after its schedule, and a reset stops what is under way", () =>
    Effect.gen(function* () {
      const merchant = yield* Receiver.make
      yield* merchant.answer(500)
      const clock = yield* EmulatorClock.make
      const retries = Schedule.spaced("20 millis").pipe(Schedule.upTo({ times: 2 }))
      const sender = yield* WebhookSender.make({ clock, retries })
      const attempts: Array<number> = []
      const outgoing = {
        eventId: "evt_1",
        type: "a.b",
        url: merchant.url,
        message: (attempt: number) =>
          Effect.sync(() => {
            attempts.push(attempt)
            return { headers: { "x-attempt": String(attempt) }, body: "{}" }
          }),
      }
      yield* sender.send(outgoing)
      yield* merchant.atLeast(3)
      yield* Effect.sleep("100 millis")
      const [delivery] = yield* sender.deliveries
      assert.deepStrictEqual([delivery?.state, delivery?.attempts, delivery?.lastStatus], ["failed", 3, 500])
      assert.deepStrictEqual(attempts, [1, 2, 3])
      yield* sender.setFault({ delay: 50 })
      yield* sender.send(outgoing)
      yield* sender.reset
      yield* Effect.sleep("100 millis")
      assert.strictEqual((yield* merchant.received).length, 3)
      assert.deepStrictEqual(yield* sender.deliveries, [])
    }),
  )

  it.live("does not follow redirects", () =>
    Effect.gen(function* () {
      const merchant = yield* Receiver.make
      yield* merchant.running.faults.add({ route: "*", fault: Fault.redirect(merchant.url), times: 1 })
      const sender = yield* WebhookSender.make({
        clock: yield* EmulatorClock.make,
        retries: Schedule.recurs(0),
      })
      yield* sender.send({
        eventId: "evt_1",
        type: "a.b",
        url: merchant.url,
        message: () => Effect.succeed({ headers: {}, body: "{}" }),
      })
      yield* merchant.atLeast(1)
      yield* Effect.sleep("100 millis")
      const [delivery] = yield* sender.deliveries
      assert.deepStrictEqual([delivery?.state, delivery?.lastStatus], ["failed", 307])
      assert.strictEqual((yield* merchant.received).length, 1)
    }),
  )
})

describe("as a layer", () => {
  it.live("an emulator is there for what needs it", () =>
    Effect.gen(function* () {
      const paypal = yield* PayPalEmulator.PayPal
      assert.strictEqual((yield* request(`${paypal.url}/v1/oauth2/token`, { method: "POST" })).status, 401)
    }).pipe(Effect.provide(PayPalEmulator.layer())),
  )
})
