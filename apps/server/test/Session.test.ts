/** People's sign-in: a key turned into a cookie, and what a cookie may not do. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Databases from "./Databases.ts"
import * as House from "./House.ts"
import { withTime } from "./Time.ts"

interface Session {
  readonly key_id: string
  readonly role: string
  readonly tenant_id: string | null
  readonly csrf_token: string | null
  readonly expires_at: string | null
}

const origin = "https://pay.example.com"
const fromPage = { origin, "sec-fetch-site": "same-origin" }

const signIn = (house: House.House, key: string, headers: { readonly [name: string]: string } = fromPage) =>
  house.send("POST", "/v1/session", { key: null, body: { api_key: key }, headers })

/** What a browser would send from now on. */
const cookieOf = ({ headers }: House.Answer): string => (headers.get("set-cookie") ?? "").split(";")[0] ?? ""

/** Signs in and answers how this browser sends its requests. */
const browser = Effect.fnUntraced(function* (house: House.House, key: string) {
  const answer = yield* signIn(house, key)
  assert.strictEqual(answer.status, 201, answer.text)
  const session = answer.json as Session
  const cookie = cookieOf(answer)
  const send = (method: string, path: string, headers: { readonly [name: string]: string } = {}, body?: unknown) =>
    house.send(method, path, { key: null, headers: { cookie, ...headers }, ...(body === undefined ? {} : { body }) })
  const change = (method: string, path: string, body?: unknown) =>
    send(method, path, { ...fromPage, "x-csrf-token": session.csrf_token ?? "" }, body)
  return { session, send, change, setCookie: answer.headers.get("set-cookie") ?? "" }
})

describe("signing in", () => {
  it.live("turns a key into a cookie that scripts cannot read, and is audited", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const { id, secret } = yield* House.makeKey(house, { role: "operator" })
      const { change, send, session, setCookie } = yield* browser(house, secret)
      assert.match(setCookie, /^__Host-payment_session=[0-9A-Z]{32}; /)
      for (const part of ["Max-Age=43200", "Path=/", "HttpOnly", "Secure", "SameSite=Strict"]) {
        assert.include(setCookie, part)
      }
      assert.notInclude(setCookie, "Domain")
      assert.deepInclude(session, { key_id: id, role: "operator", tenant_id: null })
      assert.deepStrictEqual((yield* send("GET", "/v1/session")).json, session)
      assert.strictEqual((yield* send("GET", "/v1/failovers")).status, 200)
      assert.strictEqual((yield* send("GET", "/v1/live", { "last-event-id": "nonsense" })).status, 400)

      const drained = yield* change("POST", "/v1/providers/paypal/drain", { reason: "maintenance" })
      assert.strictEqual(drained.status, 200, drained.text)
      const ended = yield* change("DELETE", "/v1/session")
      assert.strictEqual(ended.status, 204, ended.text)
      assert.include(ended.headers.get("set-cookie") ?? "", "Max-Age=0")
      assert.strictEqual((yield* send("GET", "/v1/session")).status, 204)
      assert.strictEqual((yield* send("GET", "/v1/failovers")).status, 401)

      const audit = yield* house.send("GET", `/v1/audit?actor=${id}`)
      const { data } = audit.json as { readonly data: ReadonlyArray<{ action: string; role: string; address: string }> }
      assert.deepStrictEqual(
        data.map(({ action }) => action),
        ["session.end", "provider.drain", "session.begin"],
      )
      assert.deepInclude(data[0], { role: "operator", address: "127.0.0.1" })
      assert.isFalse(house.log.some((line) => line.includes(secret)))
    }),
  )

  it.live("over plain http is for this machine only, by a cookie of another name", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const key = House.canaries.apiKey
      const host = new URL(house.url).host
      const local = yield* signIn(house, key, { origin: `http://${host}`, "sec-fetch-site": "same-origin" })
      assert.strictEqual(local.status, 201, local.text)
      const cookie = local.headers.get("set-cookie") ?? ""
      assert.match(cookie, /^payment_session=/)
      assert.notInclude(cookie, "Secure")
      const send = (headers: { readonly [name: string]: string }) =>
        Effect.map(
          house.send("GET", "/v1/session", { key: null, headers: { cookie: cookieOf(local), ...headers } }),
          ({ status }) => status,
        )
      assert.strictEqual(yield* send({}), 200)

      const elsewhere = yield* House.start({ PAYMENT_PUBLIC_URL: "http://pay.example.com" })
      const refused = yield* signIn(elsewhere, key, { origin: "http://pay.example.com" })
      assert.strictEqual(refused.status, 403)
      assert.include(refused.text, "https")
    }),
  )

  it.live("is refused from other sites, with a wrong key, with a merchant's, and after five tries a minute", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const merchant = yield* House.makeKey(house, { role: "merchant" })
      const { apiKey } = House.canaries
      for (const headers of [
        {},
        { origin: "https://evil.example" },
        { origin: "null" },
        { origin, "sec-fetch-site": "cross-site" },
        { origin, "sec-fetch-site": "same-site" },
      ]) {
        assert.strictEqual((yield* signIn(house, apiKey, headers)).status, 403, JSON.stringify(headers))
      }
      assert.strictEqual((yield* signIn(house, "sk_wrong")).status, 401)
      const refused = yield* signIn(house, merchant.secret)
      assert.strictEqual(refused.status, 403)
      assert.include(refused.text, "viewer or operator or admin")
      assert.isNull(refused.headers.get("set-cookie"))
      for (let i = 0; i < 3; i++) assert.strictEqual((yield* signIn(house, apiKey)).status, 201)
      const limited = yield* signIn(house, apiKey)
      assert.strictEqual(limited.status, 429, limited.text)
      assert.match(limited.headers.get("retry-after") ?? "", /^\d+$/)
    }),
  )
})

describe("a signed-in page", () => {
  it.live("changes nothing without its token, or when the request comes from elsewhere", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const { send, session } = yield* browser(house, House.canaries.apiKey)
      const token = { "x-csrf-token": session.csrf_token ?? "" }
      const drain = (headers: { readonly [name: string]: string }) =>
        Effect.map(send("POST", "/v1/providers/paypal/drain", headers, { reason: "x" }), ({ status }) => status)
      assert.strictEqual(yield* drain(fromPage), 403)
      assert.strictEqual(yield* drain({ ...fromPage, "x-csrf-token": "0".repeat(64) }), 403)
      assert.strictEqual(yield* drain(token), 403)
      assert.strictEqual(yield* drain({ ...token, origin: "https://evil.example" }), 403)
      assert.strictEqual(yield* drain({ ...token, origin, "sec-fetch-site": "cross-site" }), 403)
      assert.strictEqual(yield* drain({ ...token, ...fromPage }), 200)
    }),
  )

  it.live("of a viewer reads and does not act", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const { secret } = yield* House.makeKey(house, { role: "viewer" })
      const { change, send } = yield* browser(house, secret)
      assert.strictEqual((yield* send("GET", "/v1/config")).status, 200)
      for (const [path, body] of [
        ["/v1/providers/paypal/drain", { reason: "x" }],
        ["/v1/drills", { provider: "paypal", fault: "down" }],
        ["/v1/keys", { role: "viewer" }],
        ["/v1/events/evt_01JD8ZM2A3B4C5D6E7F8G9H0J1/redeliver", undefined],
      ] as const) {
        assert.strictEqual((yield* change("POST", path, body)).status, 403, path)
      }
    }),
  )

  it.live("ends with its key, after 12 hours, and after 30 minutes in which nobody touches it", () =>
    withTime((forward) =>
      Effect.gen(function* () {
        const house = yield* House.start()
        const key = yield* House.makeKey(house, { role: "viewer" })
        const status = (page: { readonly send: (method: string, path: string) => Effect.Effect<House.Answer> }) =>
          Effect.map(page.send("GET", "/v1/session"), (answer) => answer.status)

        const revoked = yield* browser(house, key.secret)
        assert.strictEqual(yield* status(revoked), 200)
        yield* house.send("DELETE", `/v1/keys/${key.id}`)
        assert.strictEqual(yield* status(revoked), 204)

        const page = yield* browser(house, House.canaries.apiKey)
        for (let i = 0; i < 3; i++) {
          yield* forward(20 * 60_000)
          assert.strictEqual(yield* status(page), 200)
        }
        yield* forward(20 * 60_000)
        assert.strictEqual((yield* page.send("GET", "/v1/session", { "x-unattended": "true" })).status, 200)
        yield* forward(11 * 60_000)
        assert.strictEqual(yield* status(page), 204)

        const long = yield* browser(house, House.canaries.apiKey)
        for (let i = 0; i < 24; i++) {
          yield* forward(29 * 60_000)
          assert.strictEqual(yield* status(long), 200)
        }
        yield* forward(25 * 60_000)
        assert.strictEqual(yield* status(long), 204)
      }),
    ),
  )

  it.live("is known after a restart and by other replicas, unless the key of the environment was changed", () =>
    Effect.gen(function* () {
      const database = { DATABASE_URL: yield* Databases.sqlite }
      const page = yield* Effect.scoped(
        Effect.gen(function* () {
          return yield* browser(yield* House.start(database), House.canaries.apiKey)
        }),
      )
      const cookie = page.setCookie.split(";")[0] ?? ""
      const ask = (environment: { readonly [name: string]: string }) =>
        Effect.scoped(
          Effect.gen(function* () {
            const house = yield* House.start({ ...database, ...environment })
            return (yield* house.send("GET", "/v1/session", { key: null, headers: { cookie } })).status
          }),
        )
      assert.strictEqual(yield* ask({}), 200)
      assert.strictEqual(yield* ask({ PAYMENT_API_KEY: "sk_another_one_entirely" }), 204)
    }),
  )
})
