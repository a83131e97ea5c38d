import { createServer } from "node:http"
import { describe, expect, it } from "@effect/vitest"
import { PaymentProvider, ProviderClock } from "@payment-orchestrator/domain"
import { Fault } from "@payment-orchestrator/emulators"
import { Sample } from "@payment-orchestrator/provider-kit"
import { Duration, Effect, Fiber, type Scope } from "effect"
import { largestAnswer } from "../src/PolarClient.ts"
import { createRoute, type World, world } from "./Harness.ts"

const open = (made: World) => Effect.flatMap(Sample.sessionRequest(), made.polar.createCheckoutSession)

const within = (duration: Duration.Input) =>
  Effect.provideService(PaymentProvider.CallTimeout, Duration.fromInputUnsafe(duration))

/** A server that answers by `play`, and how many sockets it saw and lost. */
const server = (
  play: (socket: import("node:net").Socket, response: import("node:http").ServerResponse) => void,
): Effect.Effect<{ readonly url: string; readonly closed: () => number }, never, Scope.Scope> => {
  let closed = 0
  const listening = createServer((request, response) => {
    request.socket.once("close", () => {
      closed += 1
    })
    request.resume().once("end", () => play(request.socket, response))
  })
  return Effect.acquireRelease(
    Effect.callback<{ readonly url: string; readonly closed: () => number }>((resume) => {
      listening.listen(0, "127.0.0.1", () => {
        const address = listening.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, closed: () => closed }))
      })
    }),
    () =>
      Effect.callback<void>((resume) => {
        listening.close(() => resume(Effect.void))
        listening.closeAllConnections()
      }),
  )
}

describe("a call to Polar", () => {
  it.live(
    "is ended by the deadline and by nothing before it, neither the SDK's 5 s nor the idle time of a socket",
    () =>
      Effect.gen(function* () {
        const made = yield* world()
        yield* made.emulator.faults.add({ route: createRoute, fault: Fault.latency(5_600) })
        expect(yield* open(made)).toMatchObject({ provider: "polar" })
      }),
  )

  it.live("F14: is given up at the deadline, over headers and body", () =>
    Effect.gen(function* () {
      const made = yield* world()
      yield* made.emulator.faults.add({ route: createRoute, fault: Fault.slowDrip(1) })
      const [took, error] = yield* Effect.timed(Effect.flip(open(made).pipe(within("200 millis"))))
      expect(error).toMatchObject({ reason: "timeout", outcome: "unknown", timeoutMillis: 200 })
      expect(Duration.toMillis(took)).toBeLessThan(2_000)
    }),
  )

  it.live("that is interrupted closes its connection", () =>
    Effect.gen(function* () {
      const silent = yield* server(() => undefined)
      const made = yield* world({ baseUrl: silent.url })
      const fiber = yield* Effect.forkChild(open(made))
      yield* Effect.sleep("100 millis")
      expect(silent.closed()).toBe(0)
      yield* Fiber.interrupt(fiber)
      yield* Effect.sleep("100 millis")
      expect(silent.closed()).toBe(1)
    }),
  )

  it.live("F5: is not led elsewhere: a redirect is no answer, and its target is not asked", () =>
    Effect.gen(function* () {
      const target = yield* world()
      const redirecting = yield* server((_, response) => {
        response.writeHead(307, { location: `${target.emulator.url}/v1/checkouts/` }).end()
      })
      const made = yield* world({ baseUrl: redirecting.url })
      expect(yield* Effect.flip(open(made))).toMatchObject({ reason: "bad_response", status: 307 })
      expect(yield* target.emulator.journal.count()).toBe(0)
    }),
  )

  it.live("F1: whose TLS handshake fails was not sent", () =>
    Effect.gen(function* () {
      const plain = yield* server(() => undefined)
      const made = yield* world({ baseUrl: plain.url.replace("http:", "https:") })
      expect(yield* Effect.flip(open(made))).toMatchObject({ reason: "network", outcome: "not_sent" })
    }),
  )

  it.live("F4: answered by something that is not HTTP, or by too much of it, has no readable answer", () =>
    Effect.gen(function* () {
      const garbage = yield* server((socket) => socket.end("SSH-2.0-OpenSSH_9.9\r\n"))
      const first = yield* world({ baseUrl: garbage.url })
      expect(yield* Effect.flip(open(first))).toMatchObject({ reason: "bad_response", outcome: "unknown" })
      const endless = yield* server((_, response) => {
        response.writeHead(200, { "content-type": "application/json" })
        const chunk = " ".repeat(1024 * 1024)
        for (let sent = 0; sent <= largestAnswer; sent += chunk.length) response.write(chunk)
      })
      const second = yield* world({ baseUrl: endless.url })
      expect(yield* Effect.flip(open(second))).toMatchObject({
        reason: "bad_response",
        detail: "an answer that is too large",
      })
    }),
  )

  it.live("carries the key, the API version and who we are, and nothing is asked before", () =>
    Effect.gen(function* () {
      const made = yield* world({}, {})
      expect(yield* made.emulator.journal.count()).toBe(0)
      yield* open(made)
      const [request] = yield* made.emulator.journal.requests
      expect(request?.headers).toMatchObject({
        authorization: "Bearer polar_oat_canaryKey0123456789",
        "polar-version": "2026-10",
        "content-type": "application/json",
        "user-agent": "payment-orchestrator",
      })
    }),
  )

  it.live("keeps a path that stands before Polar's", () =>
    Effect.gen(function* () {
      const paths: Array<string> = []
      const proxy = yield* server((_, response) => {
        paths.push(response.req.url ?? "")
        response.writeHead(404).end("{}")
      })
      const made = yield* world({ baseUrl: `${proxy.url}/polar/` })
      yield* Effect.flip(open(made))
      expect(paths).toEqual(["/polar/v1/checkouts/"])
    }),
  )
})

describe("the clock", () => {
  it.live("F47: is told of every answer, also of a refusal, and of nothing when nothing was answered", () =>
    Effect.gen(function* () {
      const heard: Array<string | undefined> = []
      const made = yield* Effect.provideService(world(), ProviderClock.DateHeard, (_, date) =>
        Effect.sync(() => void heard.push(date)),
      )
      yield* open(made)
      expect(heard).toEqual([expect.stringMatching(/ GMT$/)])
      const date = "Tue, 14 Nov 2023 22:14:20 GMT"
      yield* made.emulator.faults.add({ route: "*", fault: Fault.status(503, { headers: { date } }) })
      yield* made.polar.checkAvailability
      expect(heard.at(-1)).toBe(date)
      yield* made.emulator.refuse(true)
      yield* made.polar.checkAvailability
      expect(heard).toHaveLength(2)
    }),
  )
})

describe("availability", () => {
  it.live("tells an accepted key, a refused one, one without a scope, a limit, and nobody there apart", () =>
    Effect.gen(function* () {
      const made = yield* world()
      expect(yield* made.polar.checkAvailability).toMatchObject({ reachable: true, credentials: "accepted" })
      const after = (status: number) =>
        made.emulator.faults.clear.pipe(
          Effect.andThen(made.emulator.faults.add({ route: "*", fault: Fault.status(status) })),
          Effect.andThen(made.polar.checkAvailability),
        )
      expect(yield* after(401)).toMatchObject({ reachable: true, credentials: "refused" })
      expect(yield* after(403)).toMatchObject({ reachable: true, credentials: "accepted" })
      expect(yield* after(429)).toMatchObject({ reachable: true, credentials: "unknown" })
      expect(yield* after(503)).toMatchObject({ reachable: false, credentials: "unknown" })
      yield* made.emulator.refuse(true)
      expect(yield* made.polar.checkAvailability).toMatchObject({ reachable: false, credentials: "unknown" })
    }),
  )
})
