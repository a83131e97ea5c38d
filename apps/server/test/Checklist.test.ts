import { assert, describe, it } from "@effect/vitest"
import { Checklist } from "@payment-orchestrator/server"
import { Duration } from "effect"

const provider = (name: string, livemode = true, configured = true) => ({ name, livemode, configured })
const of = (checks: ReturnType<typeof Checklist.settings>) => checks.map(({ found, state }) => [state, found])

const settings: Checklist.Settings = {
  order: [provider("paypal"), provider("polar")],
  publicUrl: "https://pay.example.com",
  database: "postgres",
  encryptionKeys: 1,
  times: { timeout: Duration.seconds(30), deadline: Duration.seconds(60) },
  alertUrl: true,
  webhookSecrets: [{ name: "paypal", isSet: true }],
  allowPrivateEndpoints: false,
  rateLimit: 1_200,
  refundDuplicates: true,
}
const running: Checklist.Running = {
  endpoints: 1,
  keys: 2,
  webhooks: [{ name: "paypal", signal: "ok" }],
  alerts: [],
  drill: { id: "drl_1", ageMillis: 86_400_000 },
}

describe("the production checklist", () => {
  it("is all right where everything is", () => {
    for (const checks of [Checklist.settings(settings), Checklist.running(running)]) {
      assert.isAbove(checks.length, 4)
      for (const check of checks) assert.deepInclude(check, { state: "ok", fix: null })
    }
  })

  it("leaves out what is not known", () => {
    assert.deepStrictEqual(Checklist.settings({}), [])
    assert.deepStrictEqual(Checklist.running({ keys: undefined }), [])
  })

  it("finds providers in different modes, and fewer than two", () => {
    const order = (...of: Checklist.Settings["order"]) => ({ order: of })
    assert.deepStrictEqual(of(Checklist.settings(order(provider("paypal"), provider("polar", false)))), [
      ["ok", "paypal, polar; with credentials: paypal, polar"],
      ["fail", "live: paypal; the rest test"],
    ])
    assert.deepStrictEqual(of(Checklist.settings(order(provider("paypal", false), provider("polar", false, false)))), [
      ["warn", "paypal, polar; with credentials: paypal"],
      ["warn", "test everywhere: no real money moves"],
    ])
    assert.deepInclude(Checklist.settings(order(provider("paypal", false, false)))[0], { state: "fail" })
  })

  it("says of everything else that is not right what to do", () => {
    const wrong: ReadonlyArray<readonly [Parameters<typeof Checklist.settings>[0], "warn" | "fail", string]> = [
      [{ publicUrl: "http://pay.example.com" }, "fail", "public URL"],
      [{ publicUrl: "https://localhost" }, "fail", "public URL"],
      [{ publicUrl: "https://[::1]:8080" }, "fail", "public URL"],
      [{ publicUrl: "https://10.0.0.7" }, "fail", "public URL"],
      [{ database: "sqlite" }, "warn", "replicas"],
      [{ encryptionKeys: 0 }, "fail", "encryption key"],
      [{ times: { timeout: Duration.seconds(30), deadline: Duration.seconds(20) } }, "warn", "time-outs"],
      [{ alertUrl: false }, "warn", "alert URL"],
      [{ webhookSecrets: [{ name: "polar", isSet: false }] }, "fail", "webhook secret: polar"],
      [{ allowPrivateEndpoints: true }, "warn", "private addresses"],
      [{ rateLimit: 0 }, "warn", "rate limit"],
      [{ refundDuplicates: false }, "warn", "second payments"],
    ]
    const late: ReadonlyArray<readonly [Parameters<typeof Checklist.running>[0], "warn" | "fail", string]> = [
      [{ endpoints: 0 }, "warn", "event endpoints"],
      [{ keys: 0 }, "warn", "keys"],
      [{ webhooks: [{ name: "stripe", signal: "silent" }] }, "fail", "webhooks: stripe"],
      [{ alerts: [{ kind: "second_payment", severity: "critical", summary: "x" }] }, "fail", "alert: second_payment"],
      [{ alerts: [{ kind: "clock_skew", severity: "warning", summary: "x" }] }, "warn", "alert: clock_skew"],
      [{ drill: null }, "warn", "drill"],
      [{ drill: { id: "drl_1", ageMillis: 31 * 86_400_000 } }, "warn", "drill"],
    ]
    const all = [
      ...wrong.map(([facts, ...rest]) => [Checklist.settings(facts), ...rest] as const),
      ...late.map(([facts, ...rest]) => [Checklist.running(facts), ...rest] as const),
    ]
    for (const [[check, ...more], state, name] of all) {
      assert.lengthOf(more, 0)
      assert.deepInclude(check, { state, name })
      assert.isAbove(check?.fix?.length ?? 0, 10, name)
    }
  })
})
