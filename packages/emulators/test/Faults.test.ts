import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Logger } from "effect"
import * as Answer from "../src/Answer.ts"
import * as Emulator from "../src/Emulator.ts"
import * as Fault from "../src/Fault.ts"
import { failure, request } from "./support/Http.ts"

const started = Effect.gen(function* () {
  let orders = 0
  const emulator = yield* Emulator.serve({
    name: "shop",
    routes: [
      Emulator.route("POST", "/orders", () =>
        Effect.sync(() => {
          orders += 1
          return Answer.json(201, { id: orders, note: "x".repeat(400) })
        }),
      ),
      Emulator.route("GET", "/orders/:id", (call) => Effect.succeed(Answer.json(200, { id: call.params["id"] }))),
      Emulator.route("GET", "/broken", () => Effect.die("a bug")),
    ],
    notFound: () => Effect.succeed(Answer.json(404, { error: "unknown" })),
    errorAnswer: (status) => Effect.succeed(Answer.json(status, { error: `provider says ${status}` })),
  })
  return { emulator, url: emulator.url, orders: Effect.sync(() => orders) }
})

const post = { method: "POST", body: {} }

describe("without faults", () => {
  it.live("routes are found, parameters decoded, and everything is journaled", () =>
    Effect.gen(function* () {
      const { emulator, url } = yield* started
      const shown = yield* request(`${url}/orders/a%20b?x=1`)
      assert.deepStrictEqual(shown.json, { id: "a b" })
      assert.strictEqual((yield* request(`${url}/nowhere`)).status, 404)
      const [first, second] = yield* emulator.journal.requests
      assert.strictEqual(first?.route, "GET /orders/:id")
      assert.strictEqual(first?.query, "?x=1")
      assert.strictEqual(first?.status, 200)
      assert.strictEqual(second?.route, "(not found)")
      assert.strictEqual(yield* emulator.journal.count("GET /orders/:id"), 1)
      yield* emulator.journal.clear
      assert.strictEqual(yield* emulator.journal.count(), 0)
    }),
  )

  it.live("a bug in a handler is the provider's 500", () =>
    Effect.gen(function* () {
      const { url } = yield* started
      const answer = yield* request(`${url}/broken`)
      assert.strictEqual(answer.status, 500)
      assert.deepStrictEqual(answer.json, { error: "provider says 500" })
    }).pipe(Effect.provide(Logger.layer([]))),
  )
})

describe("every kind of fault shows on the wire", () => {
  it.live("F3: a status comes with the provider's own error body, and carries the request out only with apply", () =>
    Effect.gen(function* () {
      const { emulator, orders, url } = yield* started
      yield* emulator.faults.add({
        route: "POST /orders",
        fault: Fault.status(503, { headers: { "retry-after": "7" } }),
        times: 1,
      })
      const refused = yield* request(`${url}/orders`, post)
      assert.strictEqual(refused.status, 503)
      assert.strictEqual(refused.headers.get("retry-after"), "7")
      assert.deepStrictEqual(refused.json, { error: "provider says 503" })
      assert.strictEqual(yield* orders, 0)
      yield* emulator.faults.add({
        route: "*",
        fault: Fault.status(500, { apply: true, body: { own: true } }),
        times: 1,
      })
      const lost = yield* request(`${url}/orders`, post)
      assert.strictEqual(lost.status, 500)
      assert.deepStrictEqual(lost.json, { own: true })
      assert.strictEqual(yield* orders, 1)
      assert.strictEqual((yield* request(`${url}/orders`, post)).status, 201)
    }),
  )

  it.live("F1: refuse gives ECONNREFUSED, and the same port answers again afterwards", () =>
    Effect.gen(function* () {
      const { emulator, url } = yield* started
      yield* emulator.refuse(true)
      assert.strictEqual(yield* failure(`${url}/orders/1`), "ECONNREFUSED")
      assert.isTrue(yield* emulator.refusing)
      yield* emulator.refuse(false)
      assert.strictEqual((yield* request(`${url}/orders/1`)).status, 200)
    }),
  )

  it.live("F2: reset with apply does the work and drops the answer", () =>
    Effect.gen(function* () {
      const { emulator, orders, url } = yield* started
      yield* emulator.faults.add({ route: "POST /orders", fault: Fault.reset({ apply: true }) })
      assert.strictEqual(yield* failure(`${url}/orders`, post), "ECONNRESET")
      assert.strictEqual(yield* orders, 1)
      const [entry] = yield* emulator.journal.requests
      assert.strictEqual(entry?.fault, "Reset")
      assert.strictEqual(entry?.status, null)
    }),
  )

  it.live("F2: hang never answers", () =>
    Effect.gen(function* () {
      const { emulator, orders, url } = yield* started
      yield* emulator.faults.add({ route: "*", fault: Fault.hang() })
      assert.strictEqual(yield* failure(`${url}/orders`, { ...post, timeout: 200 }), "TimeoutError")
      assert.strictEqual(yield* orders, 0)
    }),
  )

  it.live("F4: a body that stalls after its headers never ends", () =>
    Effect.gen(function* () {
      const { emulator, url } = yield* started
      yield* emulator.faults.add({ route: "*", fault: Fault.stallBody(10, { apply: true }) })
      const response = yield* Effect.promise(() => fetch(`${url}/orders`, { method: "POST" }))
      assert.strictEqual(response.status, 201)
      const reader = response.body?.getReader()
      const first = yield* Effect.promise(() => reader?.read() ?? Promise.resolve(undefined))
      assert.strictEqual(first?.value?.byteLength, 10)
      const second = yield* Effect.promise(() =>
        Promise.race([reader?.read(), new Promise((resolve) => setTimeout(() => resolve("nothing"), 200))]),
      )
      assert.strictEqual(second, "nothing")
      yield* Effect.promise(() => reader?.cancel() ?? Promise.resolve())
    }),
  )

  it.live("F4: a body that is cut promises more than comes", () =>
    Effect.gen(function* () {
      const { emulator, url } = yield* started
      yield* emulator.faults.add({ route: "*", fault: Fault.cutBody(10, { apply: true }) })
      const failed = yield* Effect.promise(() =>
        fetch(`${url}/orders`, { method: "POST" }).then((response) =>
          response.text().then(
            () => "whole",
            () => `cut after ${response.headers.get("content-length")} were promised`,
          ),
        ),
      )
      assert.match(failed, /^cut after 4\d\d were promised$/)
    }),
  )

  it.live("F4: a dripping body takes its time and arrives whole", () =>
    Effect.gen(function* () {
      const { emulator, url } = yield* started
      yield* emulator.faults.add({ route: "*", fault: Fault.slowDrip(1_000, { apply: true }) })
      const before = yield* Clock.currentTimeMillis
      const answer = yield* request(`${url}/orders`, post)
      const took = (yield* Clock.currentTimeMillis) - before
      assert.strictEqual(answer.json.id, 1)
      assert.isAtLeast(took, 300)
    }),
  )

  it.live("F5: bodies that are malformed, of another shape, empty or HTML keep or replace the status as said", () =>
    Effect.gen(function* () {
      const { emulator, url } = yield* started
      const once = (fault: Fault.Fault) =>
        Effect.andThen(emulator.faults.add({ route: "*", fault, times: 1 }), request(`${url}/orders`, post))
      const malformed = yield* once(Fault.malformedJson({ apply: true }))
      assert.strictEqual(malformed.status, 201)
      assert.strictEqual(malformed.json, undefined)
      const shape = yield* once(Fault.wrongShape({ apply: true }))
      assert.strictEqual(shape.status, 201)
      assert.deepStrictEqual(shape.json, { hello: 1 })
      const nothing = yield* once(Fault.emptyBody({ apply: true }))
      assert.strictEqual(nothing.status, 201)
      assert.strictEqual(nothing.text, "")
      const page = yield* once(Fault.html(403))
      assert.strictEqual(page.status, 403)
      assert.match(page.headers.get("content-type") ?? "", /html/)
      const elsewhere = yield* once(Fault.redirect("http://example.com/"))
      assert.strictEqual(elsewhere.status, 307)
      assert.strictEqual(elsewhere.headers.get("location"), "http://example.com/")
    }),
  )

  it.live("latency delays a normal answer", () =>
    Effect.gen(function* () {
      const { emulator, url } = yield* started
      yield* emulator.faults.add({ route: "*", fault: Fault.latency(150) })
      const before = yield* Clock.currentTimeMillis
      assert.strictEqual((yield* request(`${url}/orders`, post)).status, 201)
      assert.isAtLeast((yield* Clock.currentTimeMillis) - before, 145)
    }),
  )
})

describe("latency with apply", () => {
  it.live("F43: carries the request out at once and answers late", () =>
    Effect.gen(function* () {
      const { emulator, orders, url } = yield* started
      yield* emulator.faults.add({ route: "*", fault: Fault.latency(600, { apply: true }) })
      const answer = yield* Effect.forkChild(request(`${url}/orders`, post))
      yield* Effect.repeat(Effect.delay(orders, 10), { until: (made) => made === 1, times: 50 })
      assert.strictEqual(yield* orders, 1)
      assert.strictEqual((yield* emulator.journal.requests)[0]?.status, null)
      assert.strictEqual((yield* Fiber.join(answer)).status, 201)
    }),
  )
})

describe("rules", () => {
  it.live("the first that fits wins, after skips, times ends, and removal restores", () =>
    Effect.gen(function* () {
      const { emulator, url } = yield* started
      yield* emulator.faults.add({ route: "POST /ord*", fault: Fault.status(500), after: 1, times: 1 })
      const second = yield* emulator.faults.add({ route: "*", fault: Fault.status(503) })
      const statuses = yield* Effect.forEach([1, 2, 3], () => request(`${url}/orders`, post))
      assert.deepStrictEqual(
        statuses.map((answer) => answer.status),
        [503, 500, 503],
      )
      assert.isTrue(yield* emulator.faults.remove(second))
      assert.isFalse(yield* emulator.faults.remove(second))
      assert.strictEqual((yield* request(`${url}/orders`, post)).status, 201)
    }),
  )

  it.live("a share is the same for the same seed, and about as large as said", () =>
    Effect.gen(function* () {
      const run = Effect.gen(function* () {
        const { emulator, url } = yield* started
        yield* emulator.faults.add({ route: "*", fault: Fault.status(500), share: 0.5, seed: "seven" })
        const answers = yield* Effect.forEach(Array.from({ length: 60 }), () => request(`${url}/orders/1`))
        return answers.map((answer) => answer.status)
      })
      const first = yield* run
      assert.deepStrictEqual(yield* run, first)
      const failed = first.filter((status) => status === 500).length
      assert.isAbove(failed, 15)
      assert.isBelow(failed, 45)
    }),
  )
})
