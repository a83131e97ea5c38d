import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import type { Check } from "@payment-orchestrator/api"
import { PolarEmulator, StripeEmulator } from "@payment-orchestrator/emulators"
import { Database } from "@payment-orchestrator/storage"
import { ConfigProvider, Effect, FileSystem, Layer, Option, Path } from "effect"
import { FetchHttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import { writeFileSync } from "node:fs"
import { createServer } from "node:http"
import * as House from "../../server/test/House.ts"
import * as Receiver from "../../server/test/Receiver.ts"
import { examine } from "../src/Doctor/Examine.ts"
import { Url } from "../src/Server.ts"
import { withTime } from "../../server/test/Time.ts"
import * as Binary from "./Binary.ts"

type Environment = { readonly [name: string]: string }

const folder = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  return path.join(yield* fs.makeTempDirectoryScoped({ prefix: "payctl-" }), "payments.db")
}).pipe(Effect.provide(NodeServices.layer))

/** A server that is set up as it should be but for the stand-ins, and the environment that it runs with. */
const make = Effect.fnUntraced(function* (more: Environment = {}) {
  const database = `sqlite:${yield* folder}`
  const alerts = yield* Receiver.listen(createServer((_request, response) => void response.writeHead(405).end()))
  const settings = {
    DATABASE_URL: database,
    PAYMENT_ENCRYPTION_KEY: Buffer.alloc(32, 5).toString("base64"),
    PAYMENT_ALERT_URL: `http://127.0.0.1:${alerts}/canary-alert-path`,
    ...more,
  }
  const house = yield* House.start(settings)
  const environment: Environment = {
    PAYMENT_API_KEY: House.canaries.apiKey,
    PAYMENT_PUBLIC_URL: "https://pay.example.com",
    PAYMENT_PROVIDER_ORDER: "paypal,polar,stripe",
    PAYPAL_BASE_URL: house.paypal.url,
    PAYPAL_CLIENT_ID: "emulator-client",
    PAYPAL_CLIENT_SECRET: House.canaries.paypalSecret,
    PAYPAL_WEBHOOK_ID: "WH-CANARY-1",
    POLAR_BASE_URL: house.polar.url,
    POLAR_API_KEY: House.canaries.polarKey,
    POLAR_WEBHOOK_SECRET: House.canaries.polarWebhook,
    POLAR_CARRIER_PRODUCT_ID: PolarEmulator.carrierProductId,
    STRIPE_BASE_URL: house.stripe.url,
    STRIPE_API_KEY: House.canaries.stripeKey,
    STRIPE_WEBHOOK_SECRET: House.canaries.stripeWebhook,
    PAYCTL_URL: house.url,
    ...settings,
  }
  return { house, environment }
})

/** The checklist, with this environment and nothing else. */
const look = (environment: Environment, without: ReadonlyArray<string> = []) =>
  examine.pipe(
    Effect.provide(
      Layer.mergeAll(
        NodeServices.layer,
        FetchHttpClient.layer,
        Layer.succeed(Url, Option.none()),
        ConfigProvider.layer(
          ConfigProvider.fromUnknown(
            Object.fromEntries(Object.entries(environment).filter(([name]) => !without.includes(name))),
          ),
        ),
      ),
    ),
  )

const failed = (items: ReadonlyArray<Check.Check>) =>
  items.filter(({ state }) => state === "fail").map(({ name }) => name)

/** One item is broken, and the checklist names it, and that alone, with what to do. */
const finds = (
  title: string,
  name: string,
  found: RegExp,
  breaks: (
    set: Effect.Success<ReturnType<typeof make>>,
  ) => Effect.Effect<{ readonly environment: Environment; readonly without?: ReadonlyArray<string> }>,
  options: { readonly server?: Environment; readonly also?: ReadonlyArray<string> } = {},
) =>
  it.live(title, () =>
    Effect.gen(function* () {
      const { environment, without } = yield* Effect.flatMap(make(options.server), breaks)
      const items = yield* look(environment, without)
      assert.sameMembers(failed(items), [name, ...(options.also ?? [])])
      const item = items.find((one) => one.name === name)
      assert.match(item?.found ?? "", found)
      assert.isAbove(item?.fix?.length ?? 0, 10)
      assert.notMatch(JSON.stringify(items), /canary/i)
    }),
  )

const changed = (more: Environment) => (set: Effect.Success<ReturnType<typeof make>>) =>
  Effect.succeed({ environment: { ...set.environment, ...more } })
const unset = (name: string) => (set: Effect.Success<ReturnType<typeof make>>) =>
  Effect.succeed({ environment: set.environment, without: [name] })

const shown = (name: string, webhooks: string) => ({
  name,
  available: true,
  livemode: false,
  circuit: "closed",
  reason: null,
  health: { active: "up", passive: "unknown", webhooks, reason: null },
  drained: false,
  drain: null,
  success_rate: null,
  latency_ms: null,
})

const alert = {
  id: "alr_00000000000000000000000000",
  kind: "second_payment",
  severity: "critical",
  provider: "paypal",
  subject: null,
  summary: "a checkout was paid twice",
  details: {},
  livemode: false,
  raised_at: "2026-11-22T20:00:00.000Z",
  cleared_at: null,
}

describe("payctl doctor", () => {
  it.live("passes on a right set-up, and exits with 0", () =>
    Effect.gen(function* () {
      const { environment } = yield* make()
      const items = yield* look(environment)
      assert.deepStrictEqual(failed(items), [])
      const ended = yield* Binary.run(["doctor", "--json"], environment)
      assert.strictEqual(ended.code, 0, ended.out + ended.err)
      assert.deepInclude(ended.json() as object, { ok: true })
      assert.notMatch(ended.out + ended.err, /canary/i)
    }),
  )

  it.live("shows every item of the server's own checklist as the server does, and more that is seen from outside", () =>
    Effect.gen(function* () {
      const { environment, house } = yield* make()
      const items = yield* look(environment)
      const { checks } = (yield* house.send("GET", "/v1/config")).json as {
        readonly checks: ReadonlyArray<Check.Check>
      }
      assert.isAbove(checks.length, 15)
      for (const check of checks) assert.deepInclude(items, check, check.name)
      const more = items.map(({ name }) => name).filter((name) => !checks.some((check) => check.name === name))
      assert.includeMembers(more, ["configuration", "database", "credentials: stripe", "clock", "server", "key"])
      assert.strictEqual(new Set(items.map(({ name }) => name)).size, items.length)
    }),
  )

  it.live("shows every item with what to do, and exits with 1 when one fails", () =>
    Effect.gen(function* () {
      const { environment } = yield* make()
      const ended = yield* Binary.run(["doctor"], { ...environment, PAYMENT_PUBLIC_URL: "http://pay.example.com" })
      assert.strictEqual(ended.code, 1)
      assert.match(
        ended.out,
        /FAIL {2}public URL: http:\/\/pay\.example\.com is not https\n +-> set PAYMENT_PUBLIC_URL/,
      )
      assert.match(ended.out, /ok {4}credentials: stripe: accepted/)
      assert.match(ended.err, /error: 1 of \d+ checks failed/)
    }),
  )

  finds(
    "a variable that cannot be read",
    "configuration: PAYMENT_TIMEOUT",
    /is "soon", but must be/,
    changed({ PAYMENT_TIMEOUT: "soon" }),
  )
  finds("a key that is missing", "configuration: PAYMENT_API_KEY", /is needed/, (set) =>
    Effect.succeed({
      environment: { ...set.environment, PAYCTL_API_KEY: House.canaries.apiKey },
      without: ["PAYMENT_API_KEY"],
    }),
  )
  finds(
    "a public URL that is not https",
    "public URL",
    /is not https/,
    changed({ PAYMENT_PUBLIC_URL: "http://pay.example.com" }),
  )
  finds(
    "a public URL that nobody reaches",
    "public URL",
    /this machine or network alone/,
    changed({ PAYMENT_PUBLIC_URL: "https://10.0.0.7" }),
  )
  finds("no encryption key", "encryption key", /is not set/, unset("PAYMENT_ENCRYPTION_KEY"))
  finds(
    "an alert URL that does not answer",
    "alert URL answers",
    /does not answer/,
    changed({ PAYMENT_ALERT_URL: "http://127.0.0.1:64998/canary" }),
  )
  finds(
    "a database that is not there",
    "database",
    /there is no file/,
    changed({ DATABASE_URL: "sqlite:/nonexistent/payments.db" }),
  )
  finds(
    "a database that cannot be reached",
    "database",
    /cannot be used/,
    changed({ DATABASE_URL: "postgres://postgres:canary@127.0.0.1:64997/payments" }),
  )
  finds("a database that was not migrated", "database", /it is at migration \d+, this version at \d+/, (set) =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`delete from migrations where migration_id > 10`
      return { environment: set.environment }
    }).pipe(
      Effect.provide(
        Database.layerSqlite(set.environment["DATABASE_URL"]?.slice("sqlite:".length) ?? "", { exclusive: false }),
        { local: true },
      ),
      Effect.orDie,
    ),
  )
  finds("credentials that are refused", "credentials: stripe", /refused/, changed({ STRIPE_API_KEY: "sk_test_wrong" }))
  finds(
    "a provider that cannot be reached",
    "credentials: polar",
    /cannot be reached/,
    changed({ POLAR_BASE_URL: "http://127.0.0.1:64996" }),
  )
  finds(
    "a webhook secret that is missing",
    "webhook secret: polar",
    /POLAR_WEBHOOK_SECRET is not set/,
    unset("POLAR_WEBHOOK_SECRET"),
  )
  finds("a server that does not answer", "server", /does not answer/, changed({ PAYCTL_URL: "http://127.0.0.1:64995" }))
  finds(
    "a key that the server does not know",
    "key",
    /this key is not known here/,
    changed({ PAYCTL_API_KEY: "sk_wrong_0123456789" }),
  )
  it.live("finds a price that a provider sells otherwise, and a catalog that is none", () =>
    Effect.gen(function* () {
      const { environment } = yield* make()
      const file = `${environment["DATABASE_URL"]?.slice("sqlite:".length) ?? ""}.json`
      const entry = { amount: "11.00", currency: "EUR", interval: "month", stripe: StripeEmulator.monthlyPriceId }
      writeFileSync(file, JSON.stringify({ gold: entry }))
      const items = yield* look({ ...environment, PAYMENT_CATALOG: file })
      assert.deepStrictEqual(failed(items), ["price: gold at stripe"])
      const checked = yield* Binary.run(["catalog", "check"], { ...environment, PAYMENT_CATALOG: file })
      assert.strictEqual(checked.code, 1)
      assert.match(checked.out, /FAIL {2}price: gold at stripe: .*11\.00 EUR.*9\.99 USD/)
      writeFileSync(file, "{}}")
      assert.deepStrictEqual(failed(yield* look({ ...environment, PAYMENT_CATALOG: file })), ["catalog"])
    }),
  )

  it.live("finds a clock that is wrong", () =>
    Effect.gen(function* () {
      const { environment } = yield* make()
      const items = yield* withTime((forward) => Effect.andThen(forward(90_000), look(environment)))
      assert.deepStrictEqual(failed(items), ["clock"])
      assert.match(items.find(({ name }) => name === "clock")?.found ?? "", /^(89|90|91) s ahead of the providers$/)
    }),
  )

  it.live("finds webhooks that are silent, an alert that is critical, and a server that is not ready", () =>
    Effect.gen(function* () {
      const { environment } = yield* make()
      const answers: { readonly [path: string]: unknown } = {
        "/readyz": { status: "ready", providers: {} },
        "/v1/providers": { data: [shown("paypal", "silent"), shown("polar", "ok"), shown("stripe", "unknown")] },
        "/v1/alerts": { data: [alert], next_cursor: null },
        "/v1/keys": { data: [], next_cursor: null },
        "/v1/drills": { data: [], next_cursor: null },
        "/v1/webhook_endpoints": { data: [], next_cursor: null },
      }
      const state = { ready: true }
      const port = yield* Receiver.listen(
        createServer((request, response) => {
          const path = request.url?.split("?")[0] ?? ""
          const status = path === "/readyz" && !state.ready ? 503 : 200
          response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answers[path] ?? {}))
        }),
      )
      const other = { ...environment, PAYCTL_URL: `http://127.0.0.1:${port}` }
      const items = yield* look(other)
      assert.sameMembers(failed(items), ["webhooks: paypal", "alert: second_payment"])
      for (const [name, found] of [
        ["drill", "no outage was ever rehearsed"],
        ["event endpoints", "none is enabled, so that a shop learns of a payment only by asking"],
        ["keys", "only the key of the environment exists, which may do everything"],
      ] as const) {
        assert.deepInclude(
          items.find((one) => one.name === name),
          { state: "warn", found },
        )
      }
      state.ready = false
      assert.deepStrictEqual(failed(yield* look(other)), ["server"])
    }),
  )
})
