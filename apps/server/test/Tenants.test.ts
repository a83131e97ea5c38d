/** Every endpoint of the contract × every role × its own and another tenant, from one table. */
import { assert, describe, it } from "@effect/vitest"
import { Api } from "@payment-orchestrator/api"
import { Effect } from "effect"
import { OpenApi } from "effect/http-api"
import * as House from "./House.ts"

type Role = "merchant" | "viewer" | "operator" | "admin"

interface Caller {
  readonly name: string
  readonly role: Role
  /** Undefined: it belongs to none. */
  readonly tenant: string | undefined
  readonly key: string
}

/** What each tenant has. */
interface Things {
  readonly open: string
  readonly paid: string
  readonly payment: string
  readonly refund: string
}

interface Entry {
  /** Who may, by the table of the contract; nobody needs a key where it is left out. */
  readonly may?: ReadonlyArray<Role>
  /**
   * `one`: a thing of tenant a. `list`: rows that belong to tenants. `everybody`: only for keys without a tenant. `other`:
   * whose it is makes no difference here. `door`: for pages of the server only.
   */
  readonly about: "one" | "list" | "everybody" | "other" | "stream" | "door"
  readonly path?: (a: Things) => string
  readonly body?: unknown
}

const all: ReadonlyArray<Role> = ["merchant", "viewer", "operator", "admin"]
const reads: ReadonlyArray<Role> = ["viewer", "operator", "admin"]
const acts: ReadonlyArray<Role> = ["merchant", "operator", "admin"]

const operates: ReadonlyArray<Role> = ["operator", "admin"]

const noDrill = "drl_00000000000000000000000000"
const nobody = "00000000000000000000000000"
const noKey = `key_${nobody}`
const endpoint = `/v1/webhook_endpoints/whe_${nobody}`

/** A new endpoint needs a line here: who may, and whose things it shows or changes. */
const endpoints: { readonly [endpoint: string]: Entry } = {
  "POST /v1/checkouts": { may: ["merchant", "admin"], about: "other", body: { amount: "1.00", currency: "USD" } },
  "GET /v1/checkouts": { may: all, about: "list" },
  "GET /v1/checkouts/{id}": { may: all, about: "one", path: ({ paid }) => `/v1/checkouts/${paid}` },
  "GET /v1/checkouts/{id}/explain": { may: all, about: "one", path: ({ paid }) => `/v1/checkouts/${paid}/explain` },
  "POST /v1/checkouts/{id}/expire": { may: acts, about: "one", path: ({ open }) => `/v1/checkouts/${open}/expire` },
  "GET /v1/payments": { may: all, about: "list" },
  "GET /v1/payments/{id}": { may: all, about: "one", path: ({ payment }) => `/v1/payments/${payment}` },
  "POST /v1/payments/{id}/refunds": {
    may: acts,
    about: "one",
    path: ({ payment }) => `/v1/payments/${payment}/refunds`,
    body: { amount: "0.50" },
  },
  "GET /v1/refunds": { may: all, about: "list" },
  "GET /v1/refunds/{id}": { may: all, about: "one", path: ({ refund }) => `/v1/refunds/${refund}` },
  // By the provider's own id: no subscription is managed here yet, so that only an admin may.
  "POST /v1/subscriptions/cancel": {
    may: ["admin"],
    about: "other",
    body: { provider: "stripe", subscription_id: "sub_1" },
  },
  "GET /v1/subscriptions": { may: all, about: "other" },
  // No subscription and no dispute is made here: whose they are is tested where they are.
  "GET /v1/subscriptions/{id}": { may: all, about: "other", path: () => `/v1/subscriptions/sub_${nobody}` },
  "POST /v1/subscriptions/{id}/cancel": {
    may: acts,
    about: "other",
    path: () => `/v1/subscriptions/sub_${nobody}/cancel`,
    body: {},
  },
  "GET /v1/disputes": { may: all, about: "other" },
  "GET /v1/disputes/{id}": { may: all, about: "other", path: () => `/v1/disputes/dp_${nobody}` },
  "GET /v1/events": { may: all, about: "list" },
  "GET /v1/events/{id}": { may: all, about: "other", path: () => `/v1/events/evt_${nobody}` },
  "POST /v1/events/{id}/redeliver": { may: acts, about: "other", path: () => `/v1/events/evt_${nobody}/redeliver` },
  "GET /v1/live": { may: reads, about: "stream" },
  "POST /v1/webhook_endpoints": {
    may: ["merchant", "admin"],
    about: "other",
    body: { url: "https://shop.example/hook" },
  },
  "GET /v1/webhook_endpoints": { may: all, about: "other" },
  "GET /v1/webhook_endpoints/{id}": { may: all, about: "other", path: () => endpoint },
  "PATCH /v1/webhook_endpoints/{id}": { may: ["merchant", "admin"], about: "other", path: () => endpoint, body: {} },
  "DELETE /v1/webhook_endpoints/{id}": { may: ["merchant", "admin"], about: "other", path: () => endpoint },
  "POST /v1/webhook_endpoints/{id}/rotate": {
    may: ["merchant", "admin"],
    about: "other",
    path: () => `${endpoint}/rotate`,
  },
  "POST /v1/webhook_endpoints/{id}/test": {
    may: ["merchant", "admin"],
    about: "other",
    path: () => `${endpoint}/test`,
  },
  "POST /v1/webhook_endpoints/{id}/redeliver": {
    may: acts,
    about: "other",
    path: () => `${endpoint}/redeliver`,
    body: { since: "2026-11-22T20:00:00Z" },
  },
  "GET /v1/deliveries": { may: all, about: "other" },
  "GET /v1/stats": { may: all, about: "other" },
  "GET /v1/stats/series": { may: all, about: "other" },
  "GET /v1/failovers": { may: reads, about: "list" },
  "GET /v1/providers": { may: reads, about: "other" },
  "POST /v1/providers/{name}/drain": {
    may: operates,
    about: "everybody",
    path: () => "/v1/providers/stripe/drain",
    body: { reason: "a test" },
  },
  "POST /v1/providers/{name}/restore": {
    may: operates,
    about: "everybody",
    path: () => "/v1/providers/stripe/restore",
    body: { reason: "a test" },
  },
  "GET /v1/alerts": { may: reads, about: "everybody" },
  "GET /v1/inbox": { may: reads, about: "everybody" },
  "GET /v1/inbox/rejected": { may: reads, about: "everybody" },
  "POST /v1/drills": {
    may: operates,
    about: "everybody",
    body: { provider: "polar", fault: "down", checkouts: 1 },
  },
  "GET /v1/drills": { may: operates, about: "everybody" },
  "GET /v1/drills/{id}": { may: operates, about: "everybody", path: () => `/v1/drills/${noDrill}` },
  "POST /v1/keys": { may: ["admin"], about: "other", body: { role: "viewer", tenant_id: "c" } },
  "GET /v1/keys": { may: ["admin"], about: "list" },
  "GET /v1/keys/{id}": { may: ["admin"], about: "other", path: () => "/v1/keys/key_env" },
  "DELETE /v1/keys/{id}": { may: ["admin"], about: "other", path: () => `/v1/keys/${noKey}` },
  "GET /v1/audit": { may: reads, about: "list" },
  "GET /v1/config": { may: reads, about: "everybody" },
  // Only from a page of the server: Session.test.ts.
  "POST /v1/session": { about: "door", body: { api_key: "sk_nobody" } },
  "GET /v1/session": { about: "other" },
  "DELETE /v1/session": { may: all, about: "other" },
  "POST /webhooks/{provider}": { about: "other", path: () => "/webhooks/stripe", body: {} },
  "GET /healthz": { about: "other" },
  "GET /readyz": { about: "other" },
}

const methods = ["get", "post", "patch", "put", "delete"] as const
const contract = Object.entries(OpenApi.fromApi(Api).paths).flatMap(([path, item]) =>
  methods.flatMap((method) => (item[method] === undefined ? [] : [`${method.toUpperCase()} ${path}`])),
)

const environment = { PAYMENT_MAX_RETRIES: "0", PAYMENT_RATE_LIMIT: "0" }

const makeCallers = Effect.fnUntraced(function* (house: House.House) {
  const callers: Array<Caller> = []
  for (const role of all) {
    const tenants = role === "merchant" ? ["a", "b"] : role === "admin" ? [undefined] : [undefined, "a", "b"]
    for (const tenant of tenants) {
      const { secret } = yield* House.makeKey(house, {
        role,
        ...(tenant === undefined ? {} : { tenant_id: tenant }),
      })
      callers.push({ name: `${role} of ${tenant ?? "no tenant"}`, role, tenant, key: secret })
    }
  }
  return callers
})

const keyOf = (callers: ReadonlyArray<Caller>, role: Role, tenant?: string) =>
  callers.find((caller) => caller.role === role && caller.tenant === tenant)?.key ?? ""

/** One open checkout, and one that failed over to Polar, was paid there and partly given back. */
const makeThings = Effect.fnUntraced(function* (house: House.House, key: string) {
  const send = (method: string, path: string, body?: unknown, headers = {}) =>
    Effect.map(house.send(method, path, { key, headers, ...(body === undefined ? {} : { body }) }), (answer) => {
      assert.isBelow(answer.status, 400, answer.text)
      return answer.json as { id: string; link: string; provider_session_id: string; payment_id: string }
    })
  const order = { amount: "10.00", currency: "USD" }
  yield* house.paypal.faults.add({
    route: "POST /v2/checkout/orders",
    fault: { kind: "Status", status: 503 },
    times: 1,
  })
  const moved = yield* send("POST", "/v1/checkouts", order)
  yield* house.polar.buyer.pay(moved.provider_session_id)
  yield* house.send("GET", `${new URL(moved.link).pathname}/return`, { key: null })
  const { id: paid, payment_id: payment } = yield* send("GET", `/v1/checkouts/${moved.id}`)
  const refund = yield* send(
    "POST",
    `/v1/payments/${payment}/refunds`,
    { amount: "1.00" },
    { "idempotency-key": "first" },
  )
  const open = yield* send("POST", "/v1/checkouts", order)
  return { open: open.id, paid, payment, refund: refund.id }
})

const start = Effect.gen(function* () {
  const house = yield* House.start(environment)
  const callers = yield* makeCallers(house)
  const a = yield* makeThings(house, keyOf(callers, "merchant", "a"))
  const b = yield* makeThings(house, keyOf(callers, "merchant", "b"))
  const tenantOf = (row: { readonly tenant_id?: string | null; readonly checkout_id?: string }) =>
    row.tenant_id === undefined
      ? row.checkout_id === a.paid
        ? "a"
        : row.checkout_id === b.paid
          ? "b"
          : "?"
      : row.tenant_id
  /** Whose rows a list shows. */
  const shownBy = (answer: House.Answer) => {
    const { data } = answer.json as { readonly data: ReadonlyArray<Parameters<typeof tenantOf>[0]> }
    return new Set(data.map(tenantOf))
  }
  return { house, callers, a, b, shownBy }
})

const ask = (house: House.House, endpoint: string, entry: Entry, things: Things, key: string | null, query = "") => {
  const [method = "", template = ""] = endpoint.split(" ")
  const path = `${entry.path?.(things) ?? template}${query}`
  const once = method === "POST" && path.endsWith("/refunds") ? { "idempotency-key": `${key}`.slice(0, 40) } : {}
  return house.send(method, path, { key, headers: once, ...(entry.body === undefined ? {} : { body: entry.body }) })
}

describe("the table of endpoints", () => {
  it("has a line for every endpoint of the contract, and none for another", () => {
    assert.sameMembers(Object.keys(endpoints), contract)
  })
})

describe("every endpoint", () => {
  it.live(
    "does what the table says for each role, and 404 for another tenant's thing",
    () =>
      Effect.gen(function* () {
        const { a, callers, house } = yield* start
        for (const [endpoint, entry] of Object.entries(endpoints)) {
          const { about, may } = entry
          const anonymous = yield* ask(house, endpoint, entry, a, null)
          if (about === "door") {
            assert.strictEqual(anonymous.status, 403, endpoint)
            continue
          }
          if (may === undefined) {
            assert.notInclude([401, 403], anonymous.status, endpoint)
            continue
          }
          assert.strictEqual(anonymous.status, 401, endpoint)
          for (const caller of callers) {
            // A stream that is given does not end by itself; what it shows is tested where it is.
            if (about === "stream" && may.includes(caller.role)) continue
            const answer = yield* ask(house, endpoint, entry, a, caller.key)
            const what = `${endpoint} by ${caller.name}: ${answer.status} ${answer.text}`
            if (!may.includes(caller.role) || (about === "everybody" && caller.tenant !== undefined)) {
              assert.strictEqual(answer.status, 403, what)
              assert.deepInclude(answer.json as object, { code: "forbidden" }, what)
            } else if (about === "one" && caller.tenant === "b") {
              assert.strictEqual(answer.status, 404, what)
              assert.deepInclude(answer.json as object, { code: "not_found" }, what)
            } else if (about === "other" || about === "everybody") {
              assert.notInclude([400, 401, 403, 500], answer.status, what)
            } else {
              assert.include([200, 201], answer.status, what)
            }
          }
        }
      }),
    60_000,
  )

  it.live(
    "that lists shows a key only its tenant's rows, and a key without a tenant all or those of the one it names",
    () =>
      Effect.gen(function* () {
        const { a, callers, house, shownBy } = yield* start
        const lists = Object.entries(endpoints).filter(([, { about }]) => about === "list")
        assert.isAbove(lists.length, 5)
        for (const [endpoint, entry] of lists) {
          for (const caller of callers.filter(({ role }) => entry.may?.includes(role))) {
            const what = `${endpoint} by ${caller.name}`
            const seen = (query: string) => Effect.map(ask(house, endpoint, entry, a, caller.key, query), shownBy)
            const everything = yield* seen("?limit=100")
            if (caller.tenant === undefined) {
              assert.includeMembers([...everything], ["a", "b"], what)
              assert.deepStrictEqual([...(yield* seen("?tenant_id=b"))], ["b"], what)
              assert.deepStrictEqual([...(yield* seen("?tenant_id=nobody"))], [], what)
            } else {
              assert.deepStrictEqual([...everything], [caller.tenant], what)
              assert.deepStrictEqual([...(yield* seen(`?tenant_id=${caller.tenant}`))], [caller.tenant], what)
              const other = yield* ask(house, endpoint, entry, a, caller.key, "?tenant_id=nobody")
              assert.strictEqual(other.status, 403, what)
            }
          }
        }
      }),
    60_000,
  )
})

describe("a merchant", () => {
  it.live("opens checkouts for its own tenant only, and the admin for any", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const { secret } = yield* House.makeKey(house, { role: "merchant", tenant_id: "a" })
      const open = (key: string, tenant_id?: string) =>
        house.send("POST", "/v1/checkouts", {
          key,
          body: { amount: "1.00", currency: "USD", ...(tenant_id === undefined ? {} : { tenant_id }) },
        })
      const tenantOf = (answer: House.Answer) => (answer.json as { readonly tenant_id: string }).tenant_id
      assert.strictEqual(tenantOf(yield* open(secret)), "a")
      assert.strictEqual(tenantOf(yield* open(secret, "a")), "a")
      assert.strictEqual((yield* open(secret, "b")).status, 403)
      assert.strictEqual(tenantOf(yield* open(House.canaries.apiKey)), "default")
      assert.strictEqual(tenantOf(yield* open(House.canaries.apiKey, "b")), "b")
    }),
  )

  it.live("sees the numbers of its own tenant, since the start and in a window", () =>
    Effect.gen(function* () {
      const { callers, house } = yield* start
      yield* House.open(house)
      const count = (key: string, query = "") =>
        Effect.map(
          house.send("GET", `/v1/stats${query}`, { key }),
          ({ json }) => json as { total_requests: number; failovers: number },
        )
      for (const window of ["", "window=5m"]) {
        for (const role of ["merchant", "viewer", "operator"] as const) {
          const own = yield* count(keyOf(callers, role, "a"), `?${window}`)
          assert.deepInclude(own, { total_requests: 2, failovers: 1 }, role)
        }
        const admin = House.canaries.apiKey
        assert.deepInclude(yield* count(admin, `?${window}`), { total_requests: 5, failovers: 2 })
        assert.deepInclude(yield* count(admin, `?tenant_id=b&${window}`), { total_requests: 2, failovers: 1 })
      }
      const other = yield* house.send("GET", "/v1/stats?tenant_id=b", { key: keyOf(callers, "merchant", "a") })
      assert.strictEqual(other.status, 403)
    }),
  )

  it.live("has Idempotency-Keys and order ids of its own: another tenant's same ones are others", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const ids = new Set<string>()
      for (const tenant_id of ["a", "b"]) {
        const { secret } = yield* House.makeKey(house, { role: "merchant", tenant_id })
        const answer = yield* house.send("POST", "/v1/checkouts", {
          key: secret,
          body: { amount: "1.00", currency: "USD", order_id: "order-1" },
          headers: { "idempotency-key": "order-1" },
        })
        assert.strictEqual(answer.status, 201, answer.text)
        assert.isNull(answer.headers.get("idempotency-replayed"))
        ids.add((answer.json as { id: string }).id)
      }
      assert.strictEqual(ids.size, 2)
    }),
  )
})
