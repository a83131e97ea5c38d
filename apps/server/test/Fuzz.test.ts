/** Hostile input of every kind: each gets an answer of ours that is no server error, and nothing is lost by it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Random, Schema } from "effect"
import { readFileSync } from "node:fs"
import { connect } from "node:net"
import { opened, checkout } from "./Buyer.ts"
import * as Nasty from "./hostile/Nasty.ts"
import * as House from "./House.ts"

const rounds = 12
const card = "4242424242424242"

const Operation = Schema.Struct({
  parameters: Schema.optionalKey(
    Schema.Array(Schema.Struct({ name: Schema.String, in: Schema.Literals(["path", "query", "header"]) })),
  ),
})
const Contract = Schema.fromJsonString(
  Schema.Struct({ paths: Schema.Record(Schema.String, Schema.Record(Schema.String, Operation)) }),
)

/** Every endpoint but the stream, which never ends. */
const endpoints = Effect.map(
  Effect.orDie(Schema.decodeEffect(Contract)(readFileSync(new URL("../openapi.json", import.meta.url), "utf8"))),
  ({ paths }) =>
    Object.entries(paths)
      .filter(([path]) => path !== "/v1/live")
      .flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, operation]) => ({
          method: method.toUpperCase(),
          path,
          query: (operation.parameters ?? []).filter((one) => one.in === "query").map(({ name }) => name),
        })),
      ),
)

/** What bodies of the contract hold, whichever endpoint they belong to. */
const fields = (
  "amount currency mode price_id success_url cancel_url customer_email tenant_id order_id reference description metadata goods preferred_provider " +
  "expires_in reason at_period_end url events role provider subscription_id fault checkouts confirm since unknown"
).split(" ")

/** What is right where it is sent, so that one wrong field gets further than many. */
const right: { readonly [path: string]: object } = {
  "/v1/checkouts": { amount: "1.00", currency: "USD" },
  "/v1/webhook_endpoints": { url: "https://shop.example/hook" },
  "/v1/keys": { role: "viewer" },
  "/v1/drills": { provider: "paypal", fault: "down", checkouts: 1 },
  "/v1/providers/{name}/drain": { reason: "x" },
  "/v1/providers/{name}/restore": { reason: "x" },
  "/v1/subscriptions/cancel": { provider: "paypal", subscription_id: "I-1" },
}

const any = <A>(all: ReadonlyArray<A>) => Effect.map(Random.nextIntBetween(0, all.length), (at) => all[at % all.length])

const chance = (share: number) => Effect.map(Random.next, (n) => n < share)

const bodyFor = Effect.fnUntraced(function* (path: string) {
  if (yield* chance(0.3)) return yield* any(Nasty.bodies)
  if (yield* chance(0.5)) {
    const wrong = { [(yield* any(fields)) ?? "x"]: yield* any(Nasty.values) }
    return JSON.stringify({ ...right[path], ...wrong })
  }
  const chosen: { [name: string]: unknown } = {}
  for (const field of fields) if (yield* chance(0.25)) chosen[field] = yield* any(Nasty.values)
  return JSON.stringify(chosen)
})

/** A value as it stands in a URL; what cannot be written there is left out. */
const written = (value: unknown): string => {
  const text = typeof value === "string" ? value : JSON.stringify(value)
  return encodeURIComponent(text.toWellFormed().slice(0, 500))
}

const isFair = (status: number, text: string): boolean =>
  status < 500 || (status === 503 && /"code":"(all_providers_failed|try_again)"/.test(text))

/** Sends bytes and reads what comes until the server hangs up, or a moment has passed. */
const raw = (port: number, bytes: string) =>
  Effect.callback<string>((resume) => {
    let text = ""
    const socket = connect(port, "127.0.0.1", () => socket.write(Buffer.from(bytes, "latin1")))
    const end = () => {
      socket.destroy()
      resume(Effect.succeed(text))
    }
    socket.setTimeout(300, end)
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1")
    })
    socket.on("close", end)
    socket.on("error", end)
  })

const alive = (house: House.House) =>
  Effect.map(house.send("GET", "/healthz", { key: null }), ({ status }) => assert.strictEqual(status, 200))

/** Nothing in the log is a fault of ours, and no word of the secrets or of what was sent is in it. */
const clean = (house: House.House) => {
  const log = house.log.join("\n")
  for (const secret of [...Object.values(House.canaries), card]) assert.notInclude(log, secret)
  assert.notMatch(log, /TypeError|RangeError|ReferenceError|Unhandled|\bat \S+\.ts:\d+/)
}

describe("hostile input", () => {
  it.live("to every endpoint of the contract gets an answer that is no fault of ours", () =>
    Effect.gen(function* () {
      const house = yield* House.start({ PAYMENT_RATE_LIMIT: "0", PAYMENT_MAX_RETRIES: "0" })
      const order = yield* opened(house, { description: card })
      const statuses = new Set<number>()
      for (const { method, path, query } of yield* endpoints) {
        for (let round = 0; round < rounds; round++) {
          const filled = path.replaceAll(/\{\w+\}/g, written(yield* any(Nasty.values)) || "x")
          const asked: Array<string> = []
          for (const name of query) if (yield* chance(0.5)) asked.push(`${name}=${written(yield* any(Nasty.values))}`)
          const target = `${filled}${asked.length === 0 ? "" : `?${asked.join("&")}`}`
          const sent = method === "GET" || method === "DELETE" ? undefined : yield* bodyFor(path)
          const answer = yield* house.send(method, target, {
            ...(sent === undefined ? {} : { body: sent }),
            headers: (yield* chance(0.3)) ? { "idempotency-key": "k", "content-type": "text/plain" } : {},
          })
          statuses.add(answer.status)
          assert.isTrue(isFair(answer.status, answer.text), `${method} ${target} ${sent}: ${answer.text}`)
          if (answer.status >= 400 && answer.text !== "") {
            assert.match(answer.headers.get("content-type") ?? "", /^application\/problem\+json|^text\/(html|plain)/)
          }
        }
      }
      assert.includeMembers([...statuses], [200, 201, 400, 404])
      yield* alive(house)
      assert.deepInclude(yield* checkout(house, order), { status: "open" })
      clean(house)
    }).pipe(Random.withSeed("hostile input")),
  )

  it.live("to a webhook of each provider is refused, and stops nothing", () =>
    Effect.gen(function* () {
      const house = yield* House.start({ PAYMENT_RATE_LIMIT: "0" })
      const names = ["stripe-signature", "webhook-id", "webhook-timestamp", "webhook-signature", "paypal-cert-url"]
      for (const provider of ["paypal", "polar", "stripe"]) {
        for (let round = 0; round < 40; round++) {
          const headers: { [name: string]: string } = {}
          for (const name of names) if (yield* chance(0.7)) headers[name] = written(yield* any(Nasty.values))
          const answer = yield* house.send("POST", `/webhooks/${provider}`, {
            key: null,
            body: yield* bodyFor(provider),
            headers,
          })
          assert.include([400, 413], answer.status, answer.text)
        }
      }
      yield* alive(house)
      clean(house)
    }).pipe(Random.withSeed("hostile webhooks")),
  )

  it.live("that is hardly HTTP neither stops the server nor gets at anybody's things", () =>
    Effect.gen(function* () {
      const house = yield* House.start({ PAYMENT_RATE_LIMIT: "0" })
      const port = Number(new URL(house.url).port)
      for (const stream of Nasty.streams) {
        const answer = yield* raw(port, stream)
        assert.notMatch(answer, /^HTTP\/1\.1 5\d\d/m, stream.slice(0, 60))
        assert.notInclude(answer, '"data"', stream.slice(0, 60))
      }
      for (const target of Nasty.targets) {
        const answer = yield* raw(port, `GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)
        assert.notMatch(answer, /^HTTP\/1\.1 5\d\d/, target)
        assert.notInclude(answer, "root:", target)
      }
      yield* alive(house)
      clean(house)
    }),
  )

  it.live("that never ends holds a connection of its own and nobody else's", () =>
    Effect.gen(function* () {
      const house = yield* House.start({ PAYMENT_RATE_LIMIT: "0" })
      const port = Number(new URL(house.url).port)
      const slow = Array.from({ length: 200 }, () => {
        const socket = connect(port, "127.0.0.1", () =>
          socket.write("POST /v1/checkouts HTTP/1.1\r\nhost: x\r\nx-slow: "),
        )
        socket.on("error", () => undefined)
        return socket
      })
      yield* Effect.addFinalizer(() => Effect.sync(() => slow.forEach((socket) => socket.destroy())))
      yield* Effect.sleep("200 millis")
      yield* opened(house)
      yield* alive(house)
    }),
  )
})
