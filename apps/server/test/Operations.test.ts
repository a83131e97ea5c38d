import { assert, describe, it } from "@effect/vitest"
import { Api } from "@payment-orchestrator/api"
import { Effect } from "effect"
import { OpenApi } from "effect/http-api"
import { readFileSync } from "node:fs"
import * as House from "./House.ts"

// The numbers of metrics are the process's.
describe("what the people on call see", { concurrent: false }, () => {
  it.live("every series of the metrics from the start, zeros included", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const { headers, text } = yield* house.send("GET", "/metrics", { key: null })
      assert.match(headers.get("content-type") ?? "", /^text\/plain/)
      for (const series of [
        "payment_requests_total 0",
        'payment_sessions_total{provider="polar"} 0',
        'payment_failovers_total{from="paypal",to="polar"} 0',
        'payment_failovers_total{from="stripe",to="paypal"} 0',
        'payment_circuit_open{provider="paypal",class="inert"} 0',
        'payment_circuit_open{provider="stripe",class="money_moving"} 0',
        'payment_attempts_total{provider="stripe",result="skipped",reason="none"} 0',
      ]) {
        assert.include(text, series)
      }
      yield* house.paypal.refuse(true)
      yield* House.open(house)
      const after = yield* house.send("GET", "/metrics", { key: null })
      assert.include(after.text, 'payment_failovers_total{from="paypal",to="polar"} 1')
      assert.include(
        after.text,
        'payment_attempts_total{provider="paypal",result="transient_error",reason="network"} 1',
      )
    }),
  )

  it.live("health, readiness, and each provider's state in routing order", () =>
    Effect.gen(function* () {
      const house = yield* House.start({ PAYMENT_PROVIDER_ORDER: "polar,paypal", PAYMENT_MAX_RETRIES: "0" })
      assert.deepStrictEqual((yield* house.send("GET", "/healthz", { key: null })).json, { status: "ok" })
      yield* house.polar.refuse(true)
      for (let i = 0; i < 3; i++) yield* House.open(house)
      const providers = yield* house.send("GET", "/v1/providers")
      const seen = (providers.json as { data: ReadonlyArray<{ [field: string]: unknown }> }).data.map(
        ({ available, circuit, livemode, name, reason }) => ({ name, available, livemode, circuit, reason }),
      )
      assert.deepStrictEqual(seen, [
        { name: "polar", available: false, livemode: false, circuit: "open", reason: "circuit_open" },
        { name: "paypal", available: true, livemode: false, circuit: "closed", reason: null },
      ])
      const ready = yield* house.send("GET", "/readyz", { key: null })
      assert.deepStrictEqual(ready.json, { status: "ready", providers: { polar: "circuit_open", paypal: "available" } })
    }),
  )

  it.live("the failover log in pages, newest first", () =>
    Effect.gen(function* () {
      const house = yield* House.start({ PAYMENT_PROVIDER_ORDER: "paypal,polar" })
      yield* house.paypal.faults.add({ route: "*", fault: { kind: "Status", status: 429 } })
      for (let i = 0; i < 3; i++) yield* House.open(house)
      interface Page {
        readonly data: ReadonlyArray<{ readonly id: string }>
        readonly next_cursor: string | null
      }
      const first = (yield* house.send("GET", "/v1/failovers?limit=2")).json as Page
      assert.lengthOf(first.data, 2)
      const second = (yield* house.send("GET", `/v1/failovers?limit=2&cursor=${first.next_cursor ?? ""}`)).json as Page
      assert.lengthOf(second.data, 1)
      assert.isNull(second.next_cursor)
      const ids = [...first.data, ...second.data].map(({ id }) => id)
      assert.deepStrictEqual(ids, ids.toSorted().toReversed())
      const wrong = yield* house.send("GET", "/v1/failovers?limit=1000&nope=1")
      assert.strictEqual(wrong.status, 400)
    }),
  )

  it.live("the reference at /docs without another host, and the contract at /openapi.json", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const docs = yield* house.send("GET", "/docs", { key: null })
      assert.strictEqual(docs.status, 200)
      // What is outside of the page's own script names no address to load anything from.
      const page = docs.text.replaceAll(/<script>[^]*?<\/script>/g, "")
      assert.notMatch(page, /<(script|link|img|iframe|style)\b|https?:\/\/|@import|\bsrc=/)
      const policy = docs.headers.get("content-security-policy") ?? ""
      assert.include(policy, "default-src 'none'")
      assert.notMatch(policy, /https?:|\*/)
      const served = yield* house.send("GET", "/openapi.json", { key: null })
      assert.deepStrictEqual(served.json, JSON.parse(JSON.stringify(OpenApi.fromApi(Api))))
    }),
  )

  it("openapi.json in the repository is the contract (pnpm openapi writes it)", () => {
    const written: unknown = JSON.parse(readFileSync(new URL("../openapi.json", import.meta.url), "utf8"))
    assert.deepStrictEqual(written, JSON.parse(JSON.stringify(OpenApi.fromApi(Api))))
  })
})

describe("secrets", () => {
  it.live("never reach an answer, a log line or a metric, whatever goes wrong", () =>
    Effect.gen(function* () {
      const house = yield* House.start({ PAYMENT_TIMEOUT: "0.3", PAYMENT_MAX_RETRIES: "0", LOG_LEVEL: "trace" })
      const answers: Array<string> = []
      const keep = (answer: House.Answer) => answers.push(answer.text, JSON.stringify([...answer.headers]))
      for (const preferred_provider of ["paypal", "polar", "stripe"]) {
        keep(yield* House.open(house, { preferred_provider }))
      }
      const emulators = [house.paypal, house.polar, house.stripe]
      for (const status of [400, 401, 403, 404, 422, 429, 500, 503]) {
        for (const emulator of emulators)
          yield* emulator.faults.add({ route: "*", fault: { kind: "Status", status }, times: 3 })
        keep(yield* House.open(house))
        for (const emulator of emulators) yield* emulator.faults.clear
      }
      for (const fault of [{ kind: "Hang" }, { kind: "Reset" }, { kind: "Html", status: 502 }] as const) {
        for (const emulator of emulators) yield* emulator.faults.add({ route: "*", fault })
        keep(yield* House.open(house))
        keep(
          yield* house.send("POST", "/v1/subscriptions/cancel", {
            body: { provider: "stripe", subscription_id: "sub_1" },
          }),
        )
        for (const emulator of emulators) yield* emulator.faults.clear
      }
      keep(
        yield* house.send("POST", "/webhooks/stripe", {
          key: null,
          body: "{}",
          headers: { "stripe-signature": "t=1,v1=00" },
        }),
      )
      for (const path of ["/metrics", "/v1/providers", "/v1/failovers", "/readyz"]) keep(yield* house.send("GET", path))
      const seen = [...answers, ...house.log].join("\n")
      assert.isAbove(house.log.length, 20)
      const basic = Buffer.from(`emulator-client:${House.canaries.paypalSecret}`).toString("base64")
      for (const secret of [...Object.values(House.canaries), basic]) {
        assert.notInclude(seen, secret)
      }
    }),
  )
})
