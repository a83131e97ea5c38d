import { assert, describe, it } from "@effect/vitest"
import { Database } from "@payment-orchestrator/storage"
import { Effect, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import * as Databases from "./Databases.ts"
import * as House from "./House.ts"

interface Key {
  readonly id: string
  readonly role: string
  readonly tenant_id: string | null
  readonly name: string | null
  readonly created_at: string | null
  readonly last_used_at: string | null
  readonly revoked_at: string | null
}

interface Problem {
  readonly code: string
  readonly errors?: ReadonlyArray<{ readonly path: string; readonly message: string }>
}

const make = (house: House.House, body: unknown) => house.send("POST", "/v1/keys", { body })

const listed = (house: House.House, query = "") =>
  Effect.map(
    house.send("GET", `/v1/keys${query}`),
    ({ json }) => json as { readonly data: ReadonlyArray<Key>; readonly next_cursor: string | null },
  )

const status = (house: House.House, key: string) =>
  Effect.map(house.send("GET", "/v1/stats", { key }), (answer) => answer.status)

describe("an API key", () => {
  it.live("is made by an admin, works at once, and is refused once it is revoked", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const made = yield* make(house, { role: "merchant", name: "till 3" })
      assert.strictEqual(made.status, 201, made.text)
      assert.strictEqual(made.headers.get("cache-control"), "no-store")
      const { secret, ...key } = made.json as Key & { readonly secret: string }
      assert.match(secret, /^sk_[0-9A-Z]{32}$/)
      assert.match(key.id, /^key_[0-9A-Z]{26}$/)
      assert.deepInclude(key, {
        role: "merchant",
        tenant_id: "default",
        name: "till 3",
        last_used_at: null,
        revoked_at: null,
      })
      assert.strictEqual(yield* status(house, secret), 200)

      const revoked = yield* house.send("DELETE", `/v1/keys/${key.id}`)
      assert.strictEqual(revoked.status, 200, revoked.text)
      assert.match((revoked.json as Key).revoked_at ?? "", /^20/)
      assert.strictEqual(yield* status(house, secret), 401)
      const again = yield* house.send("DELETE", `/v1/keys/${key.id}`)
      assert.deepStrictEqual(again.json, revoked.json)
      assert.deepStrictEqual((yield* house.send("GET", `/v1/keys/${key.id}`)).json, revoked.json)
    }),
  )

  it.live("is listed with the others, newest first; the environment's comes last and cannot be revoked", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const ids: Array<string> = []
      for (const tenant_id of ["a", "b", "a"]) {
        ids.unshift((yield* House.makeKey(house, { role: "viewer", tenant_id })).id)
        yield* Effect.sleep("2 millis")
      }
      const every = [...ids, "key_env"]
      const { data, next_cursor } = yield* listed(house)
      assert.deepStrictEqual(
        data.map(({ id }) => id),
        every,
      )
      assert.isNull(next_cursor)
      const paged: Array<string> = []
      let cursor: string | null = ""
      while (cursor !== null) {
        const page: { data: ReadonlyArray<Key>; next_cursor: string | null } = yield* listed(
          house,
          `?limit=1${cursor === "" ? "" : `&cursor=${cursor}`}`,
        )
        assert.lengthOf(page.data, 1)
        paged.push(...page.data.map(({ id }) => id))
        cursor = page.next_cursor
      }
      assert.deepStrictEqual(paged, every)
      assert.deepStrictEqual(
        (yield* listed(house, "?tenant_id=a")).data.map(({ id }) => id),
        [ids[0], ids[2]],
      )
      const environments = yield* house.send("GET", "/v1/keys/key_env")
      assert.deepInclude(environments.json as Key, { role: "admin", tenant_id: null, created_at: null })
      const revoked = yield* house.send("DELETE", "/v1/keys/key_env")
      assert.strictEqual(revoked.status, 409)
      assert.include(revoked.text, "PAYMENT_API_KEY")
      assert.strictEqual((yield* house.send("DELETE", "/v1/keys/key_00000000000000000000000000")).status, 404)
      assert.strictEqual((yield* house.send("GET", "/v1/keys/nonsense")).status, 400)
    }),
  )

  it.live("that is asked for wrongly is refused with each fault by its path", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const cases: ReadonlyArray<readonly [unknown, string]> = [
        [{}, "role"],
        [{ role: "owner" }, "role"],
        [{ role: "admin", tenant_id: "a" }, "tenant_id"],
        [{ role: "viewer", tenant_id: "a b" }, "tenant_id"],
        [{ role: "viewer", name: "x".repeat(101) }, "name"],
        [{ role: "viewer", secret: "sk_of_my_own_choice" }, "secret"],
      ]
      for (const [body, path] of cases) {
        const answer = yield* make(house, body)
        assert.strictEqual(answer.status, 400, JSON.stringify(body))
        const problem = answer.json as Problem
        assert.deepStrictEqual(
          problem.errors?.map((fault) => fault.path),
          [path],
          answer.text,
        )
      }
      assert.lengthOf((yield* listed(house)).data, 1)
    }),
  )

  it.live("has a limit of requests of its own", () =>
    Effect.gen(function* () {
      const house = yield* House.start({ PAYMENT_RATE_LIMIT: "3" })
      const [one, two] = [
        yield* House.makeKey(house, { role: "viewer" }),
        yield* House.makeKey(house, { role: "viewer" }),
      ]
      const statuses = yield* Effect.forEach([1, 2, 3, 4], () => status(house, one.secret))
      assert.deepStrictEqual(statuses, [200, 200, 200, 429])
      assert.strictEqual(yield* status(house, two.secret), 200)
    }),
  )

  it.live("says when it was last used", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const { id, secret } = yield* House.makeKey(house, { role: "viewer" })
      yield* status(house, secret)
      yield* house.send("GET", `/v1/keys/${id}`).pipe(
        Effect.filterOrFail(({ json }) => (json as Key).last_used_at !== null),
        Effect.retry({ schedule: Schedule.spaced("20 millis"), times: 200 }),
      )
    }),
  )
})

describe("a key's secret", () => {
  it.live("is in one answer, and in no other, no log line and no row", () =>
    Effect.gen(function* () {
      const database = yield* Databases.sqlite
      const house = yield* House.start({ DATABASE_URL: database, LOG_LEVEL: "trace" })
      const answers: Array<string> = []
      const keep = (answer: House.Answer) => answers.push(answer.text, JSON.stringify([...answer.headers]))
      const secrets: Array<string> = []
      for (const role of ["merchant", "viewer", "operator", "admin"]) {
        const { id, secret } = yield* House.makeKey(house, { role })
        secrets.push(secret)
        for (const path of ["/v1/stats", "/v1/checkouts", "/v1/audit", "/v1/keys", `/v1/keys/${id}`, "/metrics"]) {
          keep(yield* house.send("GET", path, { key: secret }))
        }
        keep(yield* House.open(house, {}, { authorization: `Bearer ${secret}`, "idempotency-key": `for-${role}` }))
        keep(yield* house.send("GET", "/v1/stats", { key: `${secret}x` }))
        keep(yield* house.send("DELETE", `/v1/keys/${id}`))
        keep(yield* house.send("GET", "/v1/stats", { key: secret }))
      }
      const rows = yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const tables = yield* sql<{ readonly name: string }>`select name from sqlite_master where type = 'table'`
        const all = yield* Effect.forEach(tables, ({ name }) => sql`select * from ${sql(name)}`)
        return JSON.stringify(all)
      }).pipe(
        Effect.provide(Database.layerSqlite(database.replace("sqlite:", ""), { exclusive: false }), { local: true }),
      )
      assert.include(rows, "key.revoke")
      assert.isAbove(house.log.length, 20)
      const seen = [...answers, ...house.log, rows].join("\n")
      for (const secret of secrets) assert.notInclude(seen, secret.slice(3))
      assert.notInclude(seen, House.canaries.apiKey)
    }),
  )
})

describe("the audit log", () => {
  interface Row {
    readonly action: string
    readonly actor: string
    readonly role: string | null
    readonly tenant_id: string | null
    readonly target: string
    readonly reason: string | null
    readonly address: string | null
    readonly request_id: string | null
  }

  const rows = (house: House.House, query = "") =>
    Effect.map(
      house.send("GET", `/v1/audit${query}`),
      ({ json }) => (json as { readonly data: ReadonlyArray<Row> }).data,
    )

  it.live("has keys, refunds, expiries and cancellations: by whom, from where, in which request, and why", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const merchant = yield* House.makeKey(house, { role: "merchant", tenant_id: "a" })
      const send = (method: string, path: string, body: unknown, key: string, id: string) =>
        house.send(method, path, {
          body,
          key,
          headers: { "x-request-id": `request-${id}`, "idempotency-key": `key-${id}` },
        })
      const order = { amount: "10.00", currency: "USD", preferred_provider: "stripe" }
      const paid = (yield* send("POST", "/v1/checkouts", order, merchant.secret, "1")).json as {
        id: string
        link: string
        provider_session_id: string
      }
      yield* house.stripe.buyer.pay(paid.provider_session_id)
      yield* house.send("GET", `${new URL(paid.link).pathname}/return`, { key: null })
      const { payment_id } = (yield* house.send("GET", `/v1/checkouts/${paid.id}`)).json as { payment_id: string }
      const open = (yield* send("POST", "/v1/checkouts", order, merchant.secret, "2")).json as { id: string }

      for (let twice = 0; twice < 2; twice++) {
        yield* send("POST", `/v1/checkouts/${open.id}/expire`, undefined, merchant.secret, "expire")
        const body = { amount: "1.00", reason: "did not fit" }
        yield* send("POST", `/v1/payments/${payment_id}/refunds`, body, House.canaries.apiKey, "refund")
      }
      const refused = yield* send(
        "POST",
        `/v1/payments/${payment_id}/refunds`,
        { amount: "99" },
        merchant.secret,
        "more",
      )
      assert.strictEqual(refused.status, 409)
      const cancel = { provider: "stripe", subscription_id: "sub_1", reason: "moved away" }
      yield* send("POST", "/v1/subscriptions/cancel", cancel, House.canaries.apiKey, "cancel")
      yield* house.send("DELETE", `/v1/keys/${merchant.id}`)

      const refunds = (yield* house.send("GET", "/v1/refunds")).json as { data: ReadonlyArray<{ id: string }> }
      const [refund] = refunds.data
      const all = yield* rows(house)
      const brief = ({ action, actor, reason, request_id, role, target, tenant_id }: Row) => [
        action,
        target,
        actor,
        role,
        tenant_id,
        reason,
        request_id?.replace(/^req_.*/, "req_…"),
      ]
      assert.deepStrictEqual(all.map(brief), [
        ["key.revoke", merchant.id, "key_env", "admin", "a", null, "req_…"],
        ["subscription.cancel", "stripe/sub_1", "key_env", "admin", null, "moved away", "request-cancel"],
        ["refund.create", refund?.id, "key_env", "admin", "a", "did not fit", "request-refund"],
        ["checkout.expire", open.id, merchant.id, "merchant", "a", null, "request-expire"],
        ["key.create", merchant.id, "key_env", "admin", "a", null, "req_…"],
      ])
      for (const { address } of all) assert.strictEqual(address, "127.0.0.1")
      const of = (query: string) => Effect.map(rows(house, query), (found) => found.map(({ action }) => action))
      assert.deepStrictEqual(yield* of("?action=refund.create"), ["refund.create"])
      assert.deepStrictEqual(yield* of(`?actor=${merchant.id}`), ["checkout.expire"])
      assert.deepStrictEqual(yield* of(`?target=${merchant.id}&limit=1`), ["key.revoke"])
      assert.deepStrictEqual(yield* of("?created_after=2100-01-01T00:00:00Z"), [])
      assert.deepStrictEqual(yield* of("?tenant_id=a&created_before=2100-01-01T00:00:00Z"), [
        "key.revoke",
        "refund.create",
        "checkout.expire",
        "key.create",
      ])
    }),
  )
})
