import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import * as Emulator from "../src/Emulator.ts"
import * as Answer from "../src/Answer.ts"
import { request } from "./support/Http.ts"

const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url))

/** Starts the command and gives what it printed once `until` was seen or it ended. */
const started = (flags: ReadonlyArray<string>, until: string) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly text: string; readonly stop: () => void }>((resume) => {
      const child = spawn(process.execPath, [bin, ...flags])
      let text = ""
      const look = (chunk: Buffer) => {
        text += chunk.toString()
        if (text.includes(until)) resume(Effect.succeed({ text, stop: () => child.kill("SIGTERM") }))
      }
      child.stdout.on("data", look)
      child.stderr.on("data", look)
      child.once("exit", (code) => resume(Effect.succeed({ text: `${text}\nexit ${code}`, stop: () => undefined })))
    }),
    ({ stop }) => Effect.sync(stop),
  )

const free = ["control", "paypal", "polar", "stripe"].flatMap((name) => [`--${name}-port`, "0"])

describe("the command", () => {
  it.live("starts everything, says where it is, and only listens on this machine", () =>
    Effect.gen(function* () {
      const { text } = yield* started(free, "Ctrl-C")
      const at = (name: string) => new RegExp(`^ +${name} +(http://127\\.0\\.0\\.1:\\d+)`, "m").exec(text)?.[1] ?? ""
      assert.strictEqual((yield* request(`${at("PayPal")}/v1/oauth2/token`, { method: "POST" })).status, 401)
      assert.strictEqual((yield* request(`${at("Stripe")}/v1/checkout/sessions`, { method: "POST" })).status, 401)
      assert.strictEqual((yield* request(`${at("Polar")}/v1/checkouts/`, { method: "POST" })).status, 401)
      const page = yield* request(`${at("control")}/`)
      for (const name of ["paypal", "polar", "stripe"]) assert.include(page.text, `aria-label="${name}"`)
      assert.include(text, `PAYPAL_BASE_URL=${at("PayPal")}`)
    }),
  )

  it.live("says which port is taken", () =>
    Effect.gen(function* () {
      const taken = yield* Emulator.serve({
        name: "other",
        routes: [],
        notFound: () => Effect.succeed(Answer.empty(404)),
        errorAnswer: (status) => Effect.succeed(Answer.empty(status)),
      })
      const flags = free.map((flag, index) => (free[index - 1] === "--paypal-port" ? String(taken.port) : flag))
      const { text } = yield* started(flags, "never printed")
      assert.include(text, `cannot listen on 127.0.0.1:${taken.port} (EADDRINUSE)`)
      assert.notInclude(text, "Listener.ts")
      assert.include(text, "exit 1")
    }),
  )
})
