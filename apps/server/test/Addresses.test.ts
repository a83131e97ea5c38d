import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as Address from "../src/Address.ts"
import * as AddressLimit from "../src/AddressLimit.ts"
import * as House from "./House.ts"

interface Problem {
  readonly code: string
}

const codeOf = ({ json }: House.Answer) => (json as Problem).code

describe("PAYMENT_TRUSTED_PROXIES", () => {
  it.each([
    ["127.0.0.1", "127.0.0.1/32"],
    ["10.0.0.0/8, 192.0.2.7", "10.0.0.0/8,192.0.2.7/32"],
    ["::1", "::1/128"],
    ["2001:db8::/32", "2001:db8::/32"],
    ["::ffff:192.0.2.7", "192.0.2.7/32"],
    ["0.0.0.0/0", "0.0.0.0/0"],
  ])("may be %s", (text, meant) => {
    const networks = Schema.decodeSync(Address.Networks)(text)
    assert.strictEqual(Schema.encodeSync(Address.Networks)(networks), meant)
  })

  it.each(["", ",", "localhost", "10.0.0.0/33", "10.0.0.1/8", "10.0.0", "10.0.0.0/8;10.0.0.1", "*", "::1/129"])(
    "must not be %j",
    (text) => {
      assert.isTrue(Option.isNone(Schema.decodeOption(Address.Networks)(text)))
    },
  )
})

describe("one client", () => {
  it.each([
    ["203.0.113.7", "203.0.113.7"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:db8:1:2::", "2001:db8:1:2"],
    ["2001:DB8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2"],
    ["fe80::1%eth0", "fe80:0:0:0"],
    ["nonsense", "unknown"],
  ])("at %s is counted as %s", (address, group) => {
    assert.strictEqual(Address.groupOf(Option.some(address)), group)
  })
})

describe("a limit per address", () => {
  const spendAll = (limit: AddressLimit.AddressLimit, address: string, times: number) =>
    Effect.forEach(Array.from({ length: times }), () => Effect.map(limit.spend(address), Option.getOrNull))

  it.effect("counts each address apart, a minute from its first time on", () =>
    Effect.gen(function* () {
      const limit = AddressLimit.make({ perMinute: 2 })
      assert.deepStrictEqual(yield* spendAll(limit, "a", 1), [null])
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* spendAll(limit, "a", 2), [null, 50_000])
      assert.deepStrictEqual(yield* limit.wait("a"), Option.some(50_000))
      assert.deepStrictEqual(yield* limit.wait("b"), Option.none())
      assert.deepStrictEqual(yield* spendAll(limit, "b", 1), [null])
      yield* TestClock.adjust("50 seconds")
      assert.deepStrictEqual(yield* limit.wait("a"), Option.none())
      assert.deepStrictEqual(yield* spendAll(limit, "b", 2), [null, 10_000])
      assert.deepStrictEqual(yield* spendAll(limit, "a", 3), [null, null, 60_000])
    }),
  )

  it.effect("of 0 is none", () =>
    Effect.gen(function* () {
      const limit = AddressLimit.make({ perMinute: 0 })
      assert.isTrue((yield* spendAll(limit, "a", 1_000)).every((wait) => wait === null))
    }),
  )

  it.effect("remembers only so many addresses, the latest ones", () =>
    Effect.gen(function* () {
      const limit = AddressLimit.make({ perMinute: 1, addresses: 3 })
      for (const address of ["a", "b", "c", "d"]) yield* limit.spend(address)
      const waits = yield* Effect.forEach(["a", "b", "c", "d"], limit.wait)
      assert.deepStrictEqual(waits.map(Option.isSome), [false, true, true, true])
    }),
  )
})

describe("the address of a request", () => {
  /** What the audit log says of a request with this `X-Forwarded-For`. */
  const seen = (house: House.House, forwarded: string) =>
    Effect.gen(function* () {
      const headers = { "x-forwarded-for": forwarded }
      const made = yield* house.send("POST", "/v1/keys", { body: { role: "viewer" }, headers })
      const { id } = made.json as { readonly id: string }
      const { json } = yield* house.send("GET", `/v1/audit?target=${id}`)
      return (json as { readonly data: ReadonlyArray<{ readonly address: string }> }).data[0]?.address
    })

  const cases: ReadonlyArray<readonly [forwarded: string, address: string]> = [
    ["203.0.113.7", "203.0.113.7"],
    ["6.6.6.6, 203.0.113.7", "203.0.113.7"],
    ["6.6.6.6, 203.0.113.7, 10.1.2.3", "203.0.113.7"],
    ["203.0.113.7:4711", "203.0.113.7"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["2001:db8::1, 10.1.2.3", "2001:db8::1"],
    ["[2001:DB8::1]:4711", "2001:db8::1"],
    ["10.1.2.3, 10.4.5.6", "10.1.2.3"],
    ["203.0.113.7, unknown", "127.0.0.1"],
    ["", "127.0.0.1"],
  ]

  it.live("is the right-most one that no trusted proxy has", () =>
    Effect.gen(function* () {
      const house = yield* House.start({ PAYMENT_TRUSTED_PROXIES: "127.0.0.1,10.0.0.0/8" })
      for (const [forwarded, address] of cases) assert.strictEqual(yield* seen(house, forwarded), address, forwarded)
    }),
  )

  it.live("is that of the connection when nobody, or somebody else, is trusted", () =>
    Effect.gen(function* () {
      for (const environment of [{}, { PAYMENT_TRUSTED_PROXIES: "10.0.0.0/8" }]) {
        const house = yield* House.start(environment)
        for (const [forwarded] of cases) assert.strictEqual(yield* seen(house, forwarded), "127.0.0.1", forwarded)
      }
    }),
  )
})

const behindProxy = { PAYMENT_TRUSTED_PROXIES: "127.0.0.1" }
const from = (address: string) => ({ "x-forwarded-for": address })

describe("requests without a right key", () => {
  it.live("are slowed down after 60 in a minute from one address; right keys and other addresses are not", () =>
    Effect.gen(function* () {
      const house = yield* House.start(behindProxy)
      const { secret } = yield* House.makeKey(house, { role: "viewer" })
      const unused = yield* House.makeKey(house, { role: "viewer" })
      const ask = (key: string | null, address: string, path = "/v1/stats") =>
        house.send("GET", path, { key, headers: from(address) })
      assert.strictEqual((yield* ask(secret, "203.0.113.7")).status, 200)
      const statuses = new Set<number>()
      for (let i = 0; i < 60; i++) {
        const guess = i % 3 === 0 ? null : `sk_guess_${i}`
        statuses.add((yield* ask(guess, "203.0.113.7", i % 2 === 0 ? "/metrics" : "/v1/stats")).status)
      }
      assert.deepStrictEqual([...statuses], [401])
      for (const path of ["/v1/stats", "/metrics"]) {
        for (const key of [null, "sk_guess"]) {
          const slowed = yield* ask(key, "203.0.113.7", path)
          assert.strictEqual(slowed.status, 429, path)
          assert.strictEqual(codeOf(slowed), "rate_limited")
          const after = Number(slowed.headers.get("retry-after"))
          assert.isTrue(after >= 1 && after <= 60, `${after}`)
        }
      }
      assert.strictEqual((yield* ask(secret, "203.0.113.7")).status, 200)
      assert.strictEqual((yield* ask(unused.secret, "203.0.113.7")).status, 200)
      assert.strictEqual((yield* ask(House.canaries.apiKey, "203.0.113.7")).status, 200)
      assert.strictEqual((yield* ask("sk_guess", "203.0.113.8")).status, 401)
    }),
  )
})

describe("webhooks", () => {
  const deliver = (house: House.House, address: string) =>
    house.send("POST", "/webhooks/stripe", { key: null, body: "{}", headers: from(address) })

  const flood = (house: House.House, times: number) =>
    Effect.forEach(Array.from({ length: times }), () => deliver(house, "203.0.113.7"), { concurrency: 16 })

  it.live(
    "are slowed down after 1,200 in a minute from one address, before they are looked at",
    () =>
      Effect.gen(function* () {
        const house = yield* House.start({ ...behindProxy, LOG_LEVEL: "none" })
        const statuses = (yield* flood(house, 1_201)).map(({ status }) => status)
        assert.strictEqual(statuses.filter((status) => status === 400).length, 1_200)
        assert.strictEqual(statuses.filter((status) => status === 429).length, 1)
        const slowed = yield* deliver(house, "203.0.113.7")
        assert.strictEqual(codeOf(slowed), "rate_limited")
        assert.match(slowed.headers.get("retry-after") ?? "", /^[1-9][0-9]?$/)
        assert.strictEqual((yield* deliver(house, "203.0.113.8")).status, 400)
      }),
    60_000,
  )
})

describe("/metrics", () => {
  it.live("is open to this machine, but not to what a proxy on it lets in; then it takes a key that sees all", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const read = (key: string | null, headers: { readonly [name: string]: string } = {}) =>
        Effect.map(house.send("GET", "/metrics", { key, headers }), ({ status }) => status)
      assert.strictEqual(yield* read(null), 200)
      assert.strictEqual(yield* read(null, from("203.0.113.7")), 401)
      const by = (role: string, tenant_id?: string) =>
        Effect.flatMap(
          House.makeKey(house, { role, ...(tenant_id === undefined ? {} : { tenant_id }) }),
          ({ secret }) => read(secret, from("203.0.113.7")),
        )
      assert.strictEqual(yield* by("merchant"), 403)
      assert.strictEqual(yield* by("viewer", "a"), 403)
      for (const role of ["viewer", "operator", "admin"]) assert.strictEqual(yield* by(role), 200)
    }),
  )
})
