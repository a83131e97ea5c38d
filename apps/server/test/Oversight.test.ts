/** What the people on call see and do, over HTTP: health, drains, alerts, drills, and why a checkout went where it went. */
import { assert, describe, it } from "@effect/vitest"
import { Answer, Emulator } from "@payment-orchestrator/emulators"
import { Effect } from "effect"
import * as House from "./House.ts"
import { until } from "./Shop.ts"

interface Provider {
  readonly name: string
  readonly available: boolean
  readonly circuit: string
  readonly reason: string | null
  readonly health: {
    readonly active: string
    readonly passive: string
    readonly webhooks: string
    readonly reason: string | null
  }
  readonly drained: boolean
  readonly drain: { readonly reason: string; readonly actor: string; readonly expires_at: string | null } | null
  readonly success_rate: number | null
  readonly latency_ms: { readonly p50: number; readonly p95: number } | null
}

interface Checkout {
  readonly id: string
  readonly provider: string
  readonly attempts: ReadonlyArray<{ readonly provider: string; readonly result: string; readonly reason?: string }>
}

interface Alert {
  readonly id: string
  readonly kind: string
  readonly severity: string
  readonly provider: string | null
  readonly summary: string
  readonly cleared_at: string | null
}

interface Drill {
  readonly id: string
  readonly status: string
  readonly report: {
    readonly opened: number
    readonly failovers: number
    readonly longest_wait_ms: number
    readonly checkouts: ReadonlyArray<{
      readonly provider: string | null
      readonly result: string
      readonly wait_ms: number
      readonly withdrawal: string | null
      readonly attempts: Checkout["attempts"]
    }>
    readonly alerts: ReadonlyArray<{ readonly kind: string; readonly severity: string }>
  } | null
}

const providers = (house: House.House) =>
  Effect.map(
    house.send("GET", "/v1/providers"),
    ({ json }) => (json as { readonly data: ReadonlyArray<Provider> }).data,
  )

const provider = (house: House.House, name: string) =>
  Effect.map(providers(house), (all) => all.find((one) => one.name === name) ?? assert.fail(`no ${name}`))

const opened = (house: House.House) => Effect.map(House.open(house), ({ json }) => json as Checkout)

const alerts = (house: House.House, query = "") =>
  Effect.map(
    house.send("GET", `/v1/alerts${query}`),
    ({ json }) => (json as { readonly data: ReadonlyArray<Alert> }).data,
  )

const drain = (house: House.House, name: string, body: object) =>
  house.send("POST", `/v1/providers/${name}/drain`, { body })

const restore = (house: House.House, name: string) =>
  house.send("POST", `/v1/providers/${name}/restore`, { body: { reason: "over" } })

const within = { every: "200 millis", within: "40 seconds" } as const

describe("health", () => {
  it.live("shows three signals apart, and how buyers fared, in routing order", () =>
    Effect.gen(function* () {
      const house = yield* House.start({ PAYMENT_PROVIDER_ORDER: "paypal,polar" })
      yield* until(
        "checked",
        Effect.map(provider(house, "paypal"), ({ health }) => health.active === "up"),
      )
      const before = yield* provider(house, "paypal")
      assert.deepInclude(before, { success_rate: null, latency_ms: null, drained: false, drain: null })
      assert.deepStrictEqual(before.health, { active: "up", passive: "unknown", webhooks: "unknown", reason: null })
      yield* house.paypal.faults.add({
        route: "POST /v2/checkout/orders",
        fault: { kind: "Status", status: 429 },
        times: 1,
      })
      for (let i = 0; i < 4; i++) yield* opened(house)
      const after = yield* provider(house, "paypal")
      assert.strictEqual(after.success_rate, 1, "being asked to wait is no failure")
      assert.isAbove(after.latency_ms?.p95 ?? 0, 0)
      assert.deepStrictEqual(
        (yield* providers(house)).map(({ name }) => name),
        ["paypal", "polar"],
      )
    }),
  )

  it.live(
    "F57: a provider that is gone is seen with no buyer there, told, and the next buyer is not sent there",
    () =>
      Effect.gen(function* () {
        const house = yield* House.start({ PAYMENT_PROVIDER_ORDER: "paypal,polar" })
        yield* until(
          "checked",
          Effect.map(provider(house, "paypal"), ({ health }) => health.active === "up"),
        )
        yield* house.paypal.refuse(true)
        yield* until(
          "seen",
          Effect.map(provider(house, "paypal"), ({ health }) => health.active === "down"),
          within,
        )
        const seen = yield* provider(house, "paypal")
        assert.deepInclude(seen, { available: false, circuit: "closed", reason: "health_down" })
        assert.include(seen.health.reason, "PayPal network")
        const { attempts, provider: chosen } = yield* opened(house)
        assert.strictEqual(chosen, "polar")
        assert.deepInclude(attempts[0], { provider: "paypal", result: "skipped", reason: "health_down" })
        yield* until(
          "told",
          Effect.map(alerts(house, "?status=open"), (open) => open.some(({ kind }) => kind === "provider_down")),
          within,
        )
        yield* house.paypal.refuse(false)
        yield* until(
          "back",
          Effect.map(opened(house), (checkout) => checkout.provider === "paypal"),
          within,
        )
      }),
    90_000,
  )

  it.live(
    "F9: refused credentials are named as such, and have an alert of their own",
    () =>
      Effect.gen(function* () {
        const house = yield* House.start({ PAYPAL_CLIENT_SECRET: "wrong", PAYMENT_PROVIDER_ORDER: "paypal,polar" })
        yield* until(
          "seen",
          Effect.map(provider(house, "paypal"), ({ reason }) => reason === "credentials_refused"),
          within,
        )
        const { attempts, provider: chosen } = yield* opened(house)
        assert.strictEqual(chosen, "polar")
        assert.deepInclude(attempts[0], { result: "skipped", reason: "credentials_refused" })
        yield* until(
          "told",
          Effect.map(alerts(house), (all) => all.length > 0),
          within,
        )
        assert.includeMembers(
          (yield* alerts(house)).map(({ kind, provider }) => `${kind} ${provider}`),
          ["credentials_refused paypal"],
        )
      }),
    60_000,
  )
})

describe("F60: a drain", () => {
  it.live("takes a provider out of routing and back, with reason, end and who did it", () =>
    Effect.gen(function* () {
      const house = yield* House.start({ PAYMENT_PROVIDER_ORDER: "paypal,polar" })
      const drained = yield* drain(house, "paypal", { reason: "their maintenance", expires_in: 3_600 })
      assert.strictEqual(drained.status, 200, drained.text)
      const { available, drain: shown, reason } = drained.json as Provider
      assert.deepStrictEqual([available, reason], [false, "drained"])
      assert.deepInclude(shown, { reason: "their maintenance", actor: "key_env" })
      assert.match(shown?.expires_at ?? "", /^20/)
      const checkout = yield* opened(house)
      assert.strictEqual(checkout.provider, "polar")
      assert.deepInclude(checkout.attempts[0], { provider: "paypal", result: "skipped", reason: "drained" })
      const restored = yield* restore(house, "paypal")
      assert.deepInclude(restored.json as Provider, { available: true, drained: false, drain: null })
      assert.strictEqual((yield* opened(house)).provider, "paypal")
      const audit = (yield* house.send("GET", "/v1/audit?target=paypal")).json as {
        readonly data: ReadonlyArray<{ readonly action: string; readonly reason: string }>
      }
      assert.deepStrictEqual(
        audit.data.map(({ action, reason }) => `${action}: ${reason}`),
        ["provider.restore: over", "provider.drain: their maintenance"],
      )
    }),
  )

  it.live("of the last provider is refused until it is confirmed, and is then not overruled by panic", () =>
    Effect.gen(function* () {
      const house = yield* House.start({ PAYMENT_PROVIDER_ORDER: "paypal,polar", PAYMENT_MAX_RETRIES: "0" })
      assert.strictEqual((yield* drain(house, "polar", { reason: "a" })).status, 200)
      const refused = yield* drain(house, "paypal", { reason: "b" })
      assert.strictEqual(refused.status, 409, refused.text)
      assert.deepInclude(refused.json as object, { code: "confirmation_required", retryable: false })
      assert.include(refused.text, "confirm: true")
      assert.strictEqual((yield* opened(house)).provider, "paypal")
      assert.strictEqual((yield* drain(house, "paypal", { reason: "b", confirm: true })).status, 200)
      const nobody = yield* House.open(house)
      assert.strictEqual(nobody.status, 503, nobody.text)
      yield* restore(house, "polar")
      yield* house.polar.refuse(true)
      for (let i = 0; i < 4; i++) yield* House.open(house)
      assert.lengthOf(yield* house.paypal.orders, 1, "a drained provider is not asked, though all others are down")
    }),
  )

  it.live("wants a reason and a known provider", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      assert.strictEqual((yield* drain(house, "paypal", {})).status, 400)
      assert.strictEqual((yield* drain(house, "paypal", { reason: "a", expires_in: 5 })).status, 400)
      const unknown = yield* drain(house, "nobody", { reason: "a" })
      assert.deepInclude(unknown.json as object, { status: 404, code: "unknown_provider" })
      assert.strictEqual((yield* restore(house, "nobody")).status, 404)
    }),
  )
})

describe("alerts", () => {
  it.live(
    "are posted once as Slack takes them, tried again, and never show the address",
    () =>
      Effect.gen(function* () {
        const site = yield* Emulator.open({ port: 0 })
        const receiver = yield* Emulator.serve({
          name: "slack",
          site,
          routes: [Emulator.route("POST", "/services/T0/B0/s3cr3tpath", () => Effect.succeed(Answer.json(200, {})))],
          notFound: () => Effect.succeed(Answer.json(404, {})),
          errorAnswer: (status) => Effect.succeed(Answer.json(status, {})),
        })
        yield* receiver.faults.add({ route: "*", fault: { kind: "Status", status: 500 }, times: 1 })
        const house = yield* House.start({
          PAYMENT_ALERT_URL: `${site.url}/services/T0/B0/s3cr3tpath`,
          PAYMENT_PROVIDER_ORDER: "paypal,polar",
          PAYMENT_MAX_RETRIES: "0",
        })
        yield* house.paypal.faults.add({
          route: "POST /v2/checkout/orders",
          fault: { kind: "Status", status: 503 },
          times: 1,
        })
        yield* opened(house)
        yield* until(
          "posted",
          Effect.map(receiver.journal.requests, (requests) => requests.length >= 2),
          within,
        )
        const [first, second] = yield* receiver.journal.requests
        assert.strictEqual(first?.body, second?.body)
        const body = JSON.parse(String(second?.body)) as { text: string; state: string; alert: Alert }
        assert.include(body.text, "of checkouts did not reach their first provider (1 of the last 1)")
        assert.strictEqual(body.state, "raised")
        assert.deepInclude(body.alert, { kind: "failover_rate", severity: "critical", cleared_at: null })
        assert.deepInclude((yield* alerts(house, "?status=open"))[0], { kind: "failover_rate" })
        assert.include(house.log.join("\n"), "ALERT: 100 % of checkouts")
        assert.notInclude(house.log.join("\n"), "s3cr3tpath")
      }),
    60_000,
  )
})

const finished = (house: House.House, id: string) =>
  Effect.gen(function* () {
    const look = Effect.map(house.send("GET", `/v1/drills/${id}`), ({ json }) => json as Drill)
    yield* until(
      "the drill is done",
      Effect.map(look, ({ status }) => status === "done"),
      within,
    )
    return yield* look
  })

const started = Effect.fnUntraced(function* (house: House.House, body: object) {
  const answer = yield* house.send("POST", "/v1/drills", { body })
  assert.strictEqual(answer.status, 201, answer.text)
  return answer.json as Drill
})

/** A process counts for good, so that other tests may have counted before. */
const countOf = (metrics: string, series: string): number =>
  Number(
    metrics
      .split("\n")
      .find((line) => line.startsWith(`${series} `))
      ?.slice(series.length),
  )

const numbers = Effect.fnUntraced(function* (house: House.House) {
  const stats = yield* house.send("GET", "/v1/stats")
  const failovers = yield* house.send("GET", "/v1/failovers")
  const metrics = yield* house.send("GET", "/metrics", { key: null })
  return {
    stats: stats.text,
    failovers: failovers.text,
    requests: countOf(metrics.text, "payment_requests_total"),
    moved: countOf(metrics.text, 'payment_failovers_total{from="paypal",to="polar"}'),
  }
})

describe("a drill", { concurrent: false }, () => {
  it.live(
    "shows what a buyer would have met, beside real traffic that goes to the very provider, and leaves no trace in it",
    () =>
      Effect.gen(function* () {
        const house = yield* House.start({ PAYMENT_PROVIDER_ORDER: "paypal,polar", PAYMENT_MAX_RETRIES: "0" })
        yield* until(
          "checked",
          Effect.map(provider(house, "paypal"), ({ health }) => health.active === "up"),
        )
        yield* opened(house)
        const before = yield* numbers(house)
        const { id } = yield* started(house, { provider: "paypal", fault: "error", checkouts: 5 })
        // Real checkouts while the drill runs.
        const real = yield* Effect.forEach(Array.from({ length: 5 }), () => opened(house), { concurrency: 2 })
        for (const { attempts, provider: chosen } of real) {
          assert.strictEqual(chosen, "paypal")
          assert.lengthOf(attempts, 1)
        }
        const { report } = yield* finished(house, id)
        assert.deepInclude(report, { opened: 5, failovers: 3 })
        assert.deepStrictEqual(
          report?.checkouts.map(({ attempts, provider: chosen }) => `${chosen} after ${attempts[0]?.reason}`),
          [
            ...Array.from({ length: 3 }, () => "polar after http_503"),
            ...Array.from({ length: 2 }, () => "polar after circuit_open"),
          ],
        )
        assert.isAbove(report?.longest_wait_ms ?? 0, 0)
        assert.includeMembers(report?.alerts.map(({ kind, severity }) => `${kind} ${severity}`) ?? [], [
          "failover_rate critical",
          "provider_down critical",
        ])
        for (const { withdrawal } of report?.checkouts ?? [])
          assert.strictEqual(withdrawal, "cannot", "Polar's page ends by itself")

        const after = yield* numbers(house)
        assert.strictEqual(after.failovers, before.failovers)
        assert.include(after.stats, '"total_requests":6')
        assert.include(after.stats, '"failovers":0')
        assert.deepStrictEqual([after.requests - before.requests, after.moved - before.moved], [5, 0])
        assert.deepInclude(yield* provider(house, "paypal"), { available: true, circuit: "closed", success_rate: 1 })
        assert.deepStrictEqual(yield* alerts(house), [])
        const log = house.log.filter((line) => line.includes("PAYMENT FAILOVER"))
        assert.lengthOf(log, 3)
        for (const line of log) assert.include(line, `DRILL ${id}`)
        const listed = (yield* house.send("GET", "/v1/checkouts?limit=100")).json as { data: ReadonlyArray<unknown> }
        assert.lengthOf(listed.data, 6, "a drill's checkouts are in its report, not among the real ones")
      }),
    60_000,
  )

  it.live(
    "withdraws its pages where that can be done, and marks them at the provider",
    () =>
      Effect.gen(function* () {
        const house = yield* House.start({ PAYMENT_PROVIDER_ORDER: "paypal,stripe" })
        const { id } = yield* started(house, { provider: "paypal", fault: "down", checkouts: 2, amount: "2.50" })
        const { report } = yield* finished(house, id)
        assert.deepStrictEqual(
          report?.checkouts.map(({ provider: chosen, withdrawal }) => `${chosen} ${withdrawal}`),
          ["stripe withdrawn", "stripe withdrawn"],
        )
        const sessions = yield* house.stripe.journal.requests
        const creates = sessions.filter(({ path }) => path === "/v1/checkout/sessions")
        assert.isTrue(creates.length > 0 && creates.every(({ body }) => String(body).includes(id)))
        assert.lengthOf(yield* house.paypal.orders, 0, "nothing was sent to the provider that was played down")
      }),
    60_000,
  )

  it.live(
    "of a slow provider shows how long a buyer would have waited",
    () =>
      Effect.gen(function* () {
        const house = yield* House.start({
          PAYMENT_PROVIDER_ORDER: "paypal,polar",
          PAYMENT_TIMEOUT: "1",
          PAYMENT_DEADLINE: "4",
        })
        const { id } = yield* started(house, { provider: "paypal", fault: "slow", checkouts: 1 })
        const again = yield* house.send("POST", "/v1/drills", { body: { provider: "paypal", fault: "down" } })
        assert.strictEqual(again.status, 409, again.text)
        const { report } = yield* finished(house, id)
        assert.deepInclude(report?.checkouts[0]?.attempts[0], { result: "transient_error", reason: "timeout" })
        assert.isAtLeast(report?.checkouts[0]?.wait_ms ?? 0, 1_000)
        assert.strictEqual(report?.checkouts[0]?.provider, "polar")
      }),
    60_000,
  )

  it.live("is refused for a provider that is not there, has no credentials, or is drained", () =>
    Effect.gen(function* () {
      const house = yield* House.start({ STRIPE_API_KEY: "", STRIPE_WEBHOOK_SECRET: "" })
      const ask = (body: object) => Effect.map(house.send("POST", "/v1/drills", { body }), ({ status }) => status)
      assert.strictEqual(yield* ask({ provider: "nobody", fault: "down" }), 404)
      assert.strictEqual(yield* ask({ provider: "stripe", fault: "down" }), 409)
      yield* drain(house, "paypal", { reason: "a" })
      assert.strictEqual(yield* ask({ provider: "paypal", fault: "down" }), 409)
      assert.strictEqual(yield* ask({ provider: "polar", fault: "meteor" }), 400)
      assert.strictEqual(yield* ask({ provider: "polar", fault: "down", checkouts: 21 }), 400)
      assert.strictEqual(yield* ask({ provider: "polar", fault: "down", amount: "0.001" }), 400)
    }),
  )
})

describe("why a checkout went where it went", () => {
  it.live("is told in order, with skips, tries, the failover and its cause", () =>
    Effect.gen(function* () {
      const house = yield* House.start({ PAYMENT_PROVIDER_ORDER: "stripe,paypal,polar", PAYMENT_MAX_RETRIES: "1" })
      yield* drain(house, "stripe", { reason: "a" })
      yield* house.paypal.faults.add({ route: "POST /v2/checkout/orders", fault: { kind: "Status", status: 503 } })
      const { id } = yield* opened(house)
      const answer = yield* house.send("GET", `/v1/checkouts/${id}/explain`)
      assert.strictEqual(answer.status, 200, answer.text)
      const { checkout_id, data } = answer.json as {
        readonly checkout_id: string
        readonly data: ReadonlyArray<{
          readonly kind: string
          readonly provider?: string
          readonly reason?: string
          readonly tries?: number
        }>
      }
      assert.strictEqual(checkout_id, id)
      const told = data.filter(({ kind }) => kind !== "webhook")
      assert.deepStrictEqual(
        // Polar may have told of its page meanwhile.
        told.map(({ kind, provider: of, reason }) =>
          [kind, of, reason].filter((word) => typeof word === "string").join(" "),
        ),
        [
          "requested",
          "skipped stripe drained",
          "tried paypal http_503",
          "failed_over http_503",
          "tried polar",
          "decided polar",
          "session_shown polar",
          "event polar",
        ],
      )
      assert.strictEqual(told[2]?.tries, 2)
      const missing = yield* house.send("GET", "/v1/checkouts/co_00000000000000000000000000/explain")
      assert.strictEqual(missing.status, 404)
    }),
  )
})
