import { assert, describe, it } from "@effect/vitest"
import { PayPalEmulator } from "@payment-orchestrator/emulators"
import { Effect } from "effect"
import * as House from "./House.ts"
import { launch } from "./Launch.ts"
import * as Shop from "./Shop.ts"

const apiKey = "sk_0123456789abcdef"

/** Follows the live stream as a browser does: every message, and every comment. */
const follow = Effect.fnUntraced(function* (url: string, key: string, lastEventId?: string) {
  const messages: Array<{ readonly id: string; readonly event: string; readonly data: string }> = []
  const state = { comments: 0, ended: false, status: 0, type: "", text: "" }
  const abort = new AbortController()
  yield* Effect.addFinalizer(() => Effect.sync(() => abort.abort()))
  const response = yield* Effect.promise(() =>
    fetch(`${url}/v1/live`, {
      signal: abort.signal,
      headers: {
        authorization: `Bearer ${key}`,
        ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
      },
    }),
  )
  state.status = response.status
  state.type = response.headers.get("content-type") ?? ""
  const read = async () => {
    let rest = ""
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) {
      state.text += decoder.decode(chunk, { stream: true })
      const parts = (rest + decoder.decode(chunk)).split("\n\n")
      rest = parts.pop() ?? ""
      for (const part of parts) {
        if (part.startsWith(":")) state.comments += 1
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(part)?.[1] ?? ""
        if (part.includes("data: ")) messages.push({ id: field("id"), event: field("event"), data: field("data") })
      }
    }
  }
  void read()
    .catch(() => undefined)
    .then(() => (state.ended = true))
  return { messages, state }
})

const until = (what: string, condition: () => boolean) =>
  Shop.until(what, Effect.sync(condition), { every: "20 millis" })

describe("the live stream", () => {
  it.live("tells what happens from now on, each event once, as it stands in the list", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      yield* House.open(house)
      const { messages, state } = yield* follow(house.url, House.canaries.apiKey)
      assert.deepStrictEqual([state.status, state.type], [200, "text/event-stream"])
      yield* until("a comment comes at once", () => state.comments > 0)
      for (let i = 0; i < 5; i += 1) yield* House.open(house, { reference: `r${i}` })
      yield* until("five events come", () => messages.length >= 5)
      yield* Effect.sleep("1200 millis")
      assert.lengthOf(messages, 5)
      assert.lengthOf(new Set(messages.map(({ id }) => id)), 5)
      assert.deepStrictEqual([...new Set(messages.map(({ event }) => event))], ["checkout.opened"])
      const list = yield* house.send("GET", "/v1/events?limit=5")
      assert.strictEqual(
        list.text,
        `{"data":[${messages
          .map(({ data }) => data)
          .toReversed()
          .join(",")}],"next_cursor":${/"next_cursor":(.*)}$/.exec(list.text)?.[1] ?? ""}}`,
      )
    }),
  )

  it.live("goes on after Last-Event-ID with everything that came since, and then with what comes", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const first = yield* Effect.scoped(
        Effect.gen(function* () {
          const { messages } = yield* follow(house.url, House.canaries.apiKey)
          yield* House.open(house)
          yield* until("an event comes", () => messages.length === 1)
          return messages[0]?.id ?? ""
        }),
      )
      for (let i = 0; i < 130; i += 1) yield* House.open(house, { preferred_provider: "paypal" })
      const { messages } = yield* follow(house.url, House.canaries.apiKey, first)
      yield* until("what was missed comes", () => new Set(messages.map(({ id }) => id)).size >= 131)
      yield* House.open(house)
      yield* until("what comes then", () => new Set(messages.map(({ id }) => id)).size >= 132)
      assert.lengthOf(messages, 132, "something came twice on one connection")
    }),
  )

  it.live("refuses a Last-Event-ID that is no event, and a caller without a key", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      for (const id of ["evt_00000000000000000000000000", "7"]) {
        const answer = yield* house.send("GET", "/v1/live", { headers: { "last-event-id": id } })
        assert.strictEqual(answer.status, 400)
        assert.include(answer.text, "last-event-id")
      }
      assert.strictEqual((yield* house.send("GET", "/v1/live", { key: null })).status, 401)
    }),
  )

  it.live("ends when the server is told to stop, which does not wait for who watches", () =>
    Effect.gen(function* () {
      const paypal = yield* PayPalEmulator.make()
      const server = yield* launch({
        PORT: "0",
        DATABASE_URL: "sqlite::memory:",
        PAYMENT_API_KEY: apiKey,
        PAYMENT_PROVIDER_ORDER: "paypal",
        PAYPAL_BASE_URL: paypal.url,
        PAYPAL_CLIENT_ID: "emulator-client",
        PAYPAL_CLIENT_SECRET: "emulator-secret",
        PAYPAL_WEBHOOK_ID: "WH-1",
      })
      const { state } = yield* follow(yield* server.listening, apiKey)
      yield* until("it is open", () => state.comments > 0)
      yield* server.kill("SIGTERM")
      yield* until("the stream ends", () => state.ended)
      const ended = yield* Effect.timeoutOption(server.ended, "3 seconds")
      assert.strictEqual(ended._tag, "Some")
    }),
  )
})
