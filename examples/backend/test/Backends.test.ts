/** The three back ends as processes of their own, against the real server in memory and a stand-in of PayPal. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { PayPalEmulator } from "@payment-orchestrator/emulators"
import * as PayPal from "@payment-orchestrator/provider-paypal"
import * as Server from "@payment-orchestrator/server"
import { ConfigProvider, Context, DateTime, Effect, Layer, Logger, Schema } from "effect"
import { HttpServer } from "effect/http"
import { spawn } from "node:child_process"
import { createServer } from "node:net"
import { Webhook } from "standardwebhooks"

const adminKey = "sk_0123456789abcdef"
const forger = `whsec_${Buffer.alloc(32, 1).toString("base64")}`

interface Answer {
  readonly status: number
  readonly text: string
  readonly location: string
}

const post = (url: string, body?: string, headers: { readonly [name: string]: string } = {}) =>
  Effect.promise(async (signal): Promise<Answer> => {
    const init = { method: "POST", redirect: "manual", signal, headers } as const
    const answer = await fetch(url, body === undefined ? init : { ...init, body })
    return { status: answer.status, text: await answer.text(), location: answer.headers.get("location") ?? "" }
  })

const until = (what: string, condition: Effect.Effect<boolean>) =>
  Effect.sleep("20 millis").pipe(
    Effect.andThen(condition),
    Effect.repeat({ until: (holds) => holds }),
    Effect.timeoutOrElse({
      duration: "15 seconds",
      orElse: () => Effect.die(new Error(`it never came true: ${what}`)),
    }),
  )

const decode = <S extends Schema.Codec<unknown, unknown>>(schema: S, text: string): Effect.Effect<S["Type"]> =>
  Effect.orDie(Schema.decodeEffect(Schema.fromJsonString(schema))(text))

const freePort = Effect.callback<number>((resume) => {
  const probe = createServer()
  probe.listen(0, "127.0.0.1", () => {
    const address = probe.address()
    probe.close(() => resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0)))
  })
})

/** The server, and a merchant's key to it. */
const orchestrator = Effect.gen(function* () {
  const paypal = yield* PayPalEmulator.make()
  const context = yield* Layer.build(
    Server.layer({ providers: [PayPal.layerConfig()] }).pipe(
      Layer.provide(
        ConfigProvider.layer(
          ConfigProvider.fromUnknown({
            PORT: "0",
            DATABASE_URL: "sqlite::memory:",
            PAYMENT_API_KEY: adminKey,
            PAYMENT_ENCRYPTION_KEY: Buffer.alloc(32, 2).toString("base64"),
            PAYMENT_ALLOW_PRIVATE_ENDPOINTS: "true",
            PAYMENT_PROVIDER_ORDER: "paypal",
            PAYPAL_BASE_URL: paypal.url,
            PAYPAL_CLIENT_ID: "emulator-client",
            PAYPAL_CLIENT_SECRET: "emulator-secret",
            PAYPAL_WEBHOOK_ID: "WH-BACKENDS",
          }),
        ),
      ),
      Layer.provide(NodeServices.layer),
      Layer.provideMerge(Logger.layer([])),
    ),
  )
  const { address } = Context.get(context, HttpServer.HttpServer)
  const url = `http://127.0.0.1:${"port" in address ? address.port : 0}`
  yield* paypal.addWebhook({ id: "WH-BACKENDS", url: `${url}/webhooks/paypal` })
  const send = (key: string) => (path: string, body?: object) =>
    post(`${url}${path}`, body === undefined ? undefined : JSON.stringify(body), {
      authorization: `Bearer ${key}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    })
  const get = (path: string) =>
    Effect.promise((signal) =>
      fetch(`${url}${path}`, { signal, headers: { authorization: `Bearer ${adminKey}` } }).then((one) => one.text()),
    )
  const made = yield* send(adminKey)("/v1/keys", { role: "merchant", tenant_id: "shop" })
  const { secret: key } = yield* decode(Schema.Struct({ secret: Schema.String }), made.text)
  return { paypal, url, get, key, send: send(key) }
})

/** Starts a back end that is told of its checkouts; answers its address, and what it says. */
const start = Effect.fnUntraced(function* (script: string, { key, send, url }: Effect.Success<typeof orchestrator>) {
  const port = yield* freePort
  const at = `http://127.0.0.1:${port}`
  const made = yield* send("/v1/webhook_endpoints", { url: `${at}/webhooks`, events: ["checkout.*"] })
  const { secret } = yield* decode(Schema.Struct({ secret: Schema.String }), made.text)
  let said = ""
  yield* Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(process.execPath, [new URL(`../src/${script}`, import.meta.url).pathname], {
        env: { ORCHESTRATOR_URL: url, ORCHESTRATOR_KEY: key, WEBHOOK_SECRET: secret, PORT: String(port) },
      })
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += String(chunk)))
      return child
    }),
    (child) => Effect.sync(() => child.kill("SIGKILL")),
  )
  yield* until(
    `${script} listens`,
    Effect.sync(() => /listening on/i.test(said)),
  )
  return { at, fulfilled: () => said.split("\n").filter((line) => line.startsWith("fulfilled ")), said: () => said }
})

const Paid = Schema.Struct({ data: Schema.Array(Schema.Struct({ id: Schema.String })) })
const Tries = Schema.Struct({ data: Schema.Array(Schema.Struct({ tries: Schema.Int, status: Schema.String })) })

const sells = Effect.fnUntraced(function* (script: string) {
  const house = yield* orchestrator
  const { get, paypal, send } = house
  const shop = yield* start(script, house)

  const { location, status } = yield* post(`${shop.at}/buy`)
  assert.strictEqual(status, 303, shop.said())
  const session = new URL(location).searchParams.get("token") ?? ""
  assert.isTrue(location.startsWith(paypal.url))
  const thanks = yield* Effect.promise((signal) => fetch(`${shop.at}/thanks?checkout_id=co_1&status=paid`, { signal }))
  assert.strictEqual(thanks.status, 200)
  assert.deepStrictEqual(shop.fulfilled(), [], "it believed the address bar")
  yield* Effect.orDie(paypal.buyer.approve(session))
  yield* until(
    "the order is fulfilled",
    Effect.sync(() => shop.fulfilled().length > 0),
  )
  assert.match(shop.fulfilled()[0] ?? "", /^fulfilled order-[0-9a-f-]{36}$/)

  const text = yield* get("/v1/events?type=checkout.paid")
  const [paid] = (yield* decode(Paid, text)).data
  assert.strictEqual((yield* send(`/v1/events/${paid?.id}/redeliver`)).status, 202)
  yield* until(
    "it is delivered again",
    Effect.flatMap(get(`/v1/deliveries?event_id=${paid?.id}`), (page) =>
      Effect.map(decode(Tries, page), ({ data }) => data.every((one) => one.tries === 2 && one.status === "succeeded")),
    ),
  )
  assert.lengthOf(shop.fulfilled(), 1)

  const forged = text.slice('{"data":['.length, text.lastIndexOf("]")).replace(/evt_[0-9A-Z]+/, "evt_forged")
  const now = DateTime.toDateUtc(yield* DateTime.now)
  const headers = {
    "webhook-id": "evt_forged",
    "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
    "webhook-signature": new Webhook(forger).sign("evt_forged", now, forged),
  }
  assert.strictEqual((yield* post(`${shop.at}/webhooks`, forged, headers)).status, 400)
  assert.strictEqual((yield* post(`${shop.at}/webhooks`, forged)).status, 400)
  assert.lengthOf(shop.fulfilled(), 1)
})

describe("F55: a merchant's back end", () => {
  for (const [name, script] of [
    ["plain Node", "node.js"],
    ["Hono", "hono.js"],
    ["Effect", "effect.ts"],
  ] as const) {
    it.live(`in ${name} fulfils once what is paid, however often it is told, and believes no forger`, () =>
      sells(script),
    )
  }
})
