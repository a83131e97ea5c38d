import { assert, describe, it } from "@effect/vitest"
import { PayPalEmulator } from "@payment-orchestrator/emulators"
import { Effect } from "effect"
import { spawn } from "node:child_process"

const main = new URL("../src/main.ts", import.meta.url).pathname

/** The real process; `listening` ends with its address once the log says so. */
const launch = (environment: { readonly [name: string]: string }) => {
  const child = spawn(process.execPath, [main], { env: environment })
  let output = ""
  const heard: Array<() => void> = []
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString()
      for (const listener of heard) listener()
    })
  }
  const listening = new Promise<string>((resolve) => {
    heard.push(() => {
      const address = /listening on (http:\/\/[0-9.:]+)/.exec(output)?.[1]
      if (address !== undefined) resolve(address)
    })
  })
  const ended = new Promise<number | null>((resolve) => child.on("close", (code) => resolve(code)))
  return { child, listening, ended, output: () => output }
}

describe("the process", () => {
  it.live("ends with code 1 and a message, not a stack, when its environment is wrong", () =>
    Effect.gen(function* () {
      const server = launch({ PORT: "x" })
      assert.strictEqual(yield* Effect.promise(() => server.ended), 1)
      assert.include(server.output(), 'PORT is "x", but must be a number')
      assert.notInclude(server.output(), "    at ")
    }),
  )

  it.live("stops gracefully: a running request still gets its answer", () =>
    Effect.gen(function* () {
      const paypal = yield* PayPalEmulator.make()
      const server = launch({
        PORT: "0",
        PAYMENT_API_KEY: "sk_0123456789abcdef",
        PAYMENT_PROVIDER_ORDER: "paypal",
        PAYPAL_BASE_URL: paypal.url,
        PAYPAL_CLIENT_ID: "emulator-client",
        PAYPAL_CLIENT_SECRET: "emulator-secret",
        PAYPAL_WEBHOOK_ID: "WH-1",
      })
      const url = yield* Effect.promise(() => server.listening)
      yield* paypal.faults.add({ route: "POST /v2/checkout/orders", fault: { kind: "Latency", millis: 1_500 } })
      const running = fetch(`${url}/v1/checkouts`, {
        method: "POST",
        headers: { authorization: "Bearer sk_0123456789abcdef", "content-type": "application/json" },
        body: JSON.stringify({ amount: "5.00" }),
      })
      yield* Effect.sleep("500 millis")
      server.child.kill("SIGTERM")
      const answer = yield* Effect.promise(() => running)
      assert.strictEqual(answer.status, 201)
      yield* Effect.promise(() => answer.text())
      yield* Effect.promise(() => server.ended)
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
