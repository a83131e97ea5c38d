/** `src/main.ts` as a process of its own, between stand-ins of Acme and PayPal, and a merchant who talks to it. */
import { assert } from "@effect/vitest"
import { PayPalEmulator } from "@payment-orchestrator/emulators"
import { Effect, Schema } from "effect"
import { spawn } from "node:child_process"
import * as AcmeStandIn from "../stand-in/AcmeStandIn.ts"

const key = "sk_0123456789abcdef"
const main = new URL("../src/main.ts", import.meta.url).pathname

const environment = (acme: string, paypal: string) => ({
  PORT: "0",
  DATABASE_URL: "sqlite::memory:",
  LOG_FORMAT: "json",
  PAYMENT_API_KEY: key,
  PAYMENT_MAX_RETRIES: "0",
  PAYMENT_PROVIDER_ORDER: "acme,paypal",
  ACME_BASE_URL: acme,
  ACME_MERCHANT: AcmeStandIn.merchant,
  ACME_SECRET: AcmeStandIn.secret,
  ACME_NOTICE_SECRET: AcmeStandIn.noticeSecret,
  PAYPAL_BASE_URL: paypal,
  PAYPAL_CLIENT_ID: "emulator-client",
  PAYPAL_CLIENT_SECRET: "emulator-secret",
  PAYPAL_WEBHOOK_ID: "WH-ACME",
})

/** Looks every 25 ms until it is so; at most 20 seconds. */
export const until = <A>(what: string, look: Effect.Effect<A>, holds: (seen: A) => boolean): Effect.Effect<A> =>
  Effect.delay(look, "25 millis").pipe(
    Effect.repeat({ until: holds }),
    Effect.timeoutOrElse({
      duration: "20 seconds",
      orElse: () => Effect.die(new Error(`it never came true: ${what}`)),
    }),
  )

/** Starts a process that lives as long as the scope; answers what it has said so far. */
const run = (script: string, env: { readonly [name: string]: string }) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const said: Array<string> = []
        const child = spawn(process.execPath, [script], { env })
        for (const stream of [child.stdout, child.stderr])
          stream.on("data", (chunk: Buffer) => said.push(String(chunk)))
        return { child, said }
      }),
      ({ child }) => Effect.sync(() => child.kill("SIGKILL")),
    ),
    ({ said }) => Effect.sync(() => said.join("")),
  )

export const open = Effect.gen(function* () {
  const acme = yield* AcmeStandIn.make()
  const paypal = yield* PayPalEmulator.make()
  const said = yield* run(main, environment(acme.url, paypal.url))
  const listening = /listening on (http:\/\/127\.0\.0\.1:[0-9]+)/
  const url = listening.exec(yield* until("the server listens", said, (text) => listening.test(text)))?.[1] ?? ""
  yield* acme.notify(`${url}/webhooks/acme`)

  /** Asks the server; the answer must have this status and be of this shape. */
  const ask = <S extends Schema.ConstraintDecoder<unknown>>(
    status: number,
    schema: S,
    method: string,
    path: string,
    body?: object,
  ): Effect.Effect<S["Type"]> =>
    Effect.promise(async (signal) => {
      const response = await fetch(`${url}${path}`, {
        method,
        signal,
        headers: {
          authorization: `Bearer ${key}`,
          "content-type": "application/json",
          "idempotency-key": `${method} ${path} ${JSON.stringify(body)}`,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      assert.strictEqual(response.status, status, text)
      return text
    }).pipe(
      Effect.flatMap((text) => Schema.decodeUnknownEffect(Schema.fromJsonString(schema))(text)),
      Effect.orDie,
    )

  return { acme, ask, said, url }
})
