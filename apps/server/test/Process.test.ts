import { assert, describe, it } from "@effect/vitest"
import { PayPalEmulator } from "@payment-orchestrator/emulators"
import { Effect } from "effect"
import { launch } from "./Launch.ts"

describe("the process", () => {
  it.live("ends with code 1 and a message, not a stack, when its environment is wrong", () =>
    Effect.gen(function* () {
      const server = yield* launch({ PORT: "x" })
      assert.strictEqual(yield* server.ended, 1)
      assert.include(server.output(), 'PORT is "x", but must be a number')
      assert.notInclude(server.output(), "    at ")
    }),
  )

  it.live("stops gracefully: a running request still gets its answer", () =>
    Effect.gen(function* () {
      const paypal = yield* PayPalEmulator.make()
      const server = yield* launch({
        PORT: "0",
        PAYMENT_API_KEY: "sk_0123456789abcdef",
        PAYMENT_PROVIDER_ORDER: "paypal",
        PAYPAL_BASE_URL: paypal.url,
        PAYPAL_CLIENT_ID: "emulator-client",
        PAYPAL_CLIENT_SECRET: "emulator-secret",
        PAYPAL_WEBHOOK_ID: "WH-1",
      })
      const url = yield* server.listening
      yield* paypal.faults.add({ route: "POST /v2/checkout/orders", fault: { kind: "Latency", millis: 1_500 } })
      const running = fetch(`${url}/v1/checkouts`, {
        method: "POST",
        headers: { authorization: "Bearer sk_0123456789abcdef", "content-type": "application/json" },
        body: JSON.stringify({ amount: "5.00" }),
      })
      yield* Effect.sleep("500 millis")
      yield* server.kill("SIGTERM")
      const answer = yield* Effect.promise(() => running)
      assert.strictEqual(answer.status, 201)
      yield* Effect.promise(() => answer.text())
      yield* server.ended
      const refused = yield* Effect.promise(() =>
        fetch(`${url}/healthz`).then(
          () => false,
          () => true,
        ),
      )
      assert.isTrue(refused, "it still listens")
    }),
  )
})
