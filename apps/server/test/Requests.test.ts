import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as House from "./House.ts"

interface Problem {
  readonly code: string
  readonly errors: ReadonlyArray<{ readonly path: string; readonly message: string }>
}
const problem = (answer: House.Answer) => answer.json as Problem
const paths = (answer: House.Answer) => problem(answer).errors.map(({ path }) => path)

describe("a request that is wrong", () => {
  it.live.each([true, -1, "-1", "abc"])("gets every fault named by its path, with the amount %j", (amount) =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const answer = yield* house.send("POST", "/v1/checkouts", {
        body: {
          amount,
          currency: "usd",
          mode: "gift",
          metadata: { a: 1 },
          success_url: "javascript:x",
          customer_email: "nobody",
          expires_in: 5,
          colour: "red",
        },
      })
      assert.strictEqual(answer.status, 400)
      assert.match(answer.headers.get("content-type") ?? "", /^application\/problem\+json/)
      assert.strictEqual(problem(answer).code, "invalid_request")
      assert.sameMembers(
        [...paths(answer)],
        ["amount", "currency", "mode", "metadata.a", "success_url", "customer_email", "expires_in", "colour"],
      )
      assert.lengthOf(yield* house.paypal.orders, 0)
    }),
  )

  it.live("names the field for each single fault, and says what to do", () =>
    Effect.gen(function* () {
      const house = yield* House.start({ PAYMENT_MAX_AMOUNT: "USD:100" })
      const cases: ReadonlyArray<readonly [object, string, string]> = [
        [{ amount: "1.999" }, "amount", "invalid_request"],
        [{ amount: "1.5", currency: "JPY" }, "amount", "invalid_request"],
        [{ amount: "0" }, "amount", "invalid_request"],
        [{ amount: 1e21 }, "amount", "invalid_request"],
        [{ amount: "100.01" }, "amount", "invalid_request"],
        [{}, "amount", "invalid_request"],
        [{ mode: "subscription" }, "price_id", "invalid_request"],
        [{ mode: "subscription", price_id: "who" }, "price_id", "unknown_price"],
        [{ amount: "1.00", preferred_provider: "acme" }, "preferred_provider", "invalid_request"],
        [{ amount: "1.00", success_url: "http://shop.example" }, "success_url", "invalid_request"],
        [{ amount: "1.00", cancel_url: "https://u:p@shop.example" }, "cancel_url", "invalid_request"],
        [{ amount: "1.00", order_id: "a\u0000b" }, "order_id", "invalid_request"],
        [{ amount: "1.00", description: "\ud800" }, "description", "invalid_request"],
      ]
      for (const [body, path, code] of cases) {
        const answer = yield* house.send("POST", "/v1/checkouts", { body })
        assert.strictEqual(answer.status, 400, JSON.stringify(body))
        assert.strictEqual(problem(answer).code, code, JSON.stringify(body))
        assert.deepStrictEqual(paths(answer), [path], JSON.stringify(body))
      }
    }),
  )

  it.live("is refused without a key, and with a wrong one", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      for (const key of [null, "sk_wrong_key_of_some_length"]) {
        const answer = yield* house.send("GET", "/v1/stats", { key })
        assert.strictEqual(answer.status, 401)
        assert.deepInclude(answer.json as object, { code: "unauthorized" })
      }
    }),
  )

  it.live("F18: is refused when its body is too large or too deep, before it is parsed", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const large = JSON.stringify({ amount: "1.00", description: "x".repeat(2 * 1024 * 1024) })
      const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`
      for (const body of [large, deep]) {
        const answer = yield* house.send("POST", "/v1/checkouts", { body })
        assert.strictEqual(answer.status, 413)
        assert.deepInclude(answer.json as object, { code: "too_large" })
      }
      const compressed = yield* house.send("POST", "/v1/checkouts", {
        body: "{}",
        headers: { "content-encoding": "gzip" },
      })
      assert.strictEqual(compressed.status, 400)
      assert.deepStrictEqual(paths(compressed), ["content-encoding"])
    }),
  )

  it.live("is refused when its body is no JSON, or its Idempotency-Key is no key", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const broken = yield* house.send("POST", "/v1/checkouts", { body: '{"amount":' })
      assert.strictEqual(broken.status, 400)
      const key = yield* House.open(house, {}, { "idempotency-key": "x".repeat(256) })
      assert.strictEqual(key.status, 400)
      assert.deepStrictEqual(paths(key), ["idempotency-key"])
    }),
  )

  it.live("finds nothing by an unknown id or path", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const unknown = yield* house.send("GET", "/v1/checkouts/co_00000000000000000000000000")
      assert.strictEqual(unknown.status, 404)
      assert.deepInclude(unknown.json as object, { code: "not_found" })
      const nowhere = yield* house.send("GET", "/v2/anything")
      assert.strictEqual(nowhere.status, 404)
      assert.deepInclude(nowhere.json as object, { code: "not_found" })
      assert.match(nowhere.headers.get("x-request-id") ?? "", /^req_/)
    }),
  )

  it.live("is slowed down when a key sends too many", () =>
    Effect.gen(function* () {
      const house = yield* House.start({ PAYMENT_RATE_LIMIT: "3" })
      const answers = yield* Effect.forEach([1, 2, 3, 4], () => house.send("GET", "/v1/stats"))
      assert.deepStrictEqual(
        answers.map(({ status }) => status),
        [200, 200, 200, 429],
      )
      assert.match(answers[3]?.headers.get("retry-after") ?? "", /^[1-9][0-9]*$/)
    }),
  )
})

describe("the buyer's link", () => {
  it.live("redirects to the session; the way back is found by the link alone, never by the query", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const opened = yield* House.open(house, {
        success_url: "https://shop.example/ok?a=1",
        cancel_url: "https://shop.example/no",
      })
      const { link, url } = opened.json as { link: string; url: string }
      const path = new URL(link).pathname
      const location = (answer: House.Answer) => [answer.status, answer.headers.get("location")]
      assert.deepStrictEqual(location(yield* house.send("GET", path, { key: null })), [303, url])
      assert.deepStrictEqual(
        location(yield* house.send("GET", `${path}/return?token=SOMEBODY-ELSES&PayerID=1`, { key: null })),
        [303, url],
      )
      assert.deepStrictEqual(location(yield* house.send("GET", `${path}/cancel`, { key: null })), [
        303,
        "https://shop.example/no",
      ])
      const unknown = yield* house.send("GET", "/pay/00000000000000000000000000000000", { key: null })
      assert.strictEqual(unknown.status, 404)
      assert.include(unknown.text, "<h1>")
      assert.isFalse(
        house.log.some((line) => line.includes(path.slice(5, 37))),
        "the link's token is in the log",
      )
    }),
  )
})
