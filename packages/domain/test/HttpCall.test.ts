import { assert, describe, expect, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Schema } from "effect"
import { HttpCall, ProviderClock, ProviderName } from "../src/index.ts"

const provider = ProviderName.ProviderName.make("acme")
const Thing = Schema.Struct({ id: Schema.String })

interface Sent {
  readonly url: string
  readonly init: RequestInit
}

/** Calls through a `fetch` that answers so, and what it was asked. */
const calls = (answer: (sent: Sent) => Promise<Response>) =>
  Effect.gen(function* () {
    const sent: Array<Sent> = []
    const ask = yield* HttpCall.make({
      provider,
      fetch: (input, init = {}) => {
        const one = { url: String(input), init }
        sent.push(one)
        return answer(one)
      },
      baseUrl: "https://api.acme.example",
      headers: ({ body, method, path }, now) => ({ "acme-signature": `${method} ${path} ${body} ${now}` }),
      requestIdHeader: "acme-request-id",
      words: (body) => (body.includes("GONE") ? { code: "GONE", means: "not_found" } : {}),
    })
    return { ask, sent }
  })

const json = (body: unknown, status = 200) =>
  Promise.resolve(Response.json(body, { status, headers: { "acme-request-id": "req_1", date: "then" } }))

describe("a call without an SDK", () => {
  it.effect("is signed as it goes out, sent once, and follows no redirect", () =>
    Effect.gen(function* () {
      const { ask, sent } = yield* calls(() => json({ id: "a" }))
      const heard: Array<string | undefined> = []
      const answer = yield* ask("createCheckoutSession", Thing, "/things?x=1", { amount: 1 })
      expect(answer).toMatchObject({ value: { id: "a" }, requestId: { value: "req_1" }, fetchStartedAt: 0 })
      yield* ask("findSession", Thing, "/things/a")
      yield* ask("withdraw", Thing, "/things/a", {}, "DELETE")
      assert.deepStrictEqual(
        sent.map(({ init, url }) => [
          init.method,
          url,
          init.body,
          init.redirect,
          new Headers(init.headers).get("acme-signature"),
        ]),
        [
          ["POST", "https://api.acme.example/things?x=1", '{"amount":1}', "manual", 'POST /things?x=1 {"amount":1} 0'],
          ["GET", "https://api.acme.example/things/a", undefined, "manual", "GET /things/a  0"],
          ["DELETE", "https://api.acme.example/things/a", "{}", "manual", "DELETE /things/a {} 0"],
        ],
      )
      const listening = Effect.provideService(
        calls(() => json({ id: "a" })),
        ProviderClock.DateHeard,
        (_, date) => Effect.sync(() => void heard.push(date)),
      )
      yield* Effect.flatMap(listening, (one) => one.ask("findSession", Thing, "/"))
      assert.deepStrictEqual(heard, ["then"])
    }),
  )

  it.effect("says that it speaks JSON, and of its own body only where it has one", () =>
    Effect.gen(function* () {
      const { ask, sent } = yield* calls(() => json({ id: "a" }))
      yield* ask("findSession", Thing, "/things/a")
      yield* ask("createCheckoutSession", Thing, "/things", { amount: 1 })
      const seen = sent.map(({ init }) => {
        const headers = new Headers(init.headers)
        return ["body" in init, headers.get("accept"), headers.get("content-type")]
      })
      assert.deepStrictEqual(seen, [
        [false, "application/json", null],
        [true, "application/json", "application/json"],
      ])
    }),
  )

  it.effect("has its answer in any 2xx, and in nothing below or above", () =>
    Effect.gen(function* () {
      const asked = (response: () => Response) =>
        Effect.flatMap(
          calls(() => Promise.resolve(response())),
          ({ ask }) => ask("findSession", Thing, "/"),
        )
      for (const status of [200, 201, 299]) {
        expect(yield* asked(() => Response.json({ id: "a" }, { status }))).toMatchObject({ value: { id: "a" } })
      }
      const elsewhere = yield* Effect.flip(asked(() => Response.json({ id: "a" }, { status: 300 })))
      expect(elsewhere).toMatchObject({ reason: "bad_response", status: 300, detail: "a redirect" })
      // What a redirect that is not followed looks like where `fetch` hides it.
      const hidden = yield* Effect.flip(asked(() => Response.error()))
      expect(hidden).toMatchObject({ reason: "bad_response", status: 0, detail: "a redirect" })
      const other = yield* Effect.flip(asked(() => Response.json({ id: 1 })))
      expect(other).toMatchObject({ reason: "bad_response", status: 200, detail: "not what was asked for" })
    }),
  )

  it.effect("fails by the status, by the provider's own code, and by what cannot be read", () =>
    Effect.gen(function* () {
      const failure = (body: unknown, status?: number) =>
        Effect.flatMap(
          calls(() => json(body, status)),
          ({ ask }) => Effect.flip(ask("findSession", Thing, "/")),
        )
      expect(yield* failure({}, 503)).toMatchObject({
        reason: "http",
        outcome: "unknown",
        status: 503,
        requestId: "req_1",
      })
      expect(yield* failure("nothing", 404)).toMatchObject({ reason: "http" })
      expect(yield* failure("GONE", 404)).toMatchObject({ reason: "not_found", code: "GONE" })
      for (const body of [null, [], { id: 1 }, { error: "x" }]) {
        expect(yield* failure(body)).toMatchObject({
          reason: "bad_response",
          outcome: "unknown",
          operation: "findSession",
        })
      }
    }),
  )

  it.effect("whose body breaks off is unknown, and one that found nobody was not sent", () =>
    Effect.gen(function* () {
      const broken = new ReadableStream({ pull: (controller) => controller.error(new Error("reset")) })
      const cut = yield* calls(() => Promise.resolve(new Response(broken)))
      expect(yield* Effect.flip(cut.ask("refund", Thing, "/"))).toMatchObject({ reason: "network", outcome: "unknown" })
      const nobody = yield* calls(() => Promise.reject(new TypeError("x", { cause: { code: "ECONNREFUSED" } })))
      expect(yield* Effect.flip(nobody.ask("refund", Thing, "/"))).toMatchObject({ outcome: "not_sent" })
    }),
  )

  it.effect("ends with its fiber", () =>
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      const { ask, sent } = yield* calls(() => {
        Deferred.doneUnsafe(begun, Effect.void)
        return new Promise(() => {})
      })
      const fiber = yield* Effect.forkChild(ask("findSession", Thing, "/"))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      assert.isTrue(sent[0]?.init.signal?.aborted)
    }),
  )
})
