/** Acme's API on HTTP, with scripted faults. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { randomUUID } from "node:crypto"
import { Clock, Effect, Option, Schema, type Scope } from "effect"
import type { Backend, ScriptedFault, ScriptOptions } from "../../src/Harness.ts"
import { play, problem, type Reply, send } from "./Play.ts"
import * as Wire from "./Wire.ts"
import * as World from "./World.ts"

export const clientId = "acme-client"
export const clientSecret = "acme-canary-client-secret"

interface Script {
  readonly fault: ScriptedFault
  readonly apply: boolean
  left: number
}

const invalid = problem(422, "invalid", "The body is not what it should be")

const decode = <S extends Schema.Constraint & { readonly DecodingServices: never }>(
  schema: S,
  text: string,
  then: (value: S["Type"]) => Reply,
): Reply => Option.match(Schema.decodeUnknownOption(schema)(text), { onNone: () => invalid, onSome: then })

export interface Running {
  readonly url: string
  readonly backend: Backend
  readonly forgetTokens: Effect.Effect<void>
}

const scripted = (fault: ScriptedFault, options: ScriptOptions = {}): Script => ({
  fault,
  apply: options.apply ?? false,
  left: options.times ?? Number.POSITIVE_INFINITY,
})

export const serve: Effect.Effect<Running, never, Scope.Scope> = Effect.gen(function* () {
  const clock = yield* Clock.Clock
  let port = 0
  const url = () => `http://127.0.0.1:${port}`
  const world = World.make({ millis: () => clock.currentTimeMillisUnsafe() }, url)
  const tokens = new Set<string>()
  const requests: Array<string> = []
  let creates = 0
  let aborted = 0
  let onCreate: Script | undefined
  let onToken: Script | undefined
  let onEvery: { readonly script: Script; readonly methods: ReadonlyArray<string> } | undefined

  const route = (method: string, path: string, query: URLSearchParams, key: string, text: string): Reply => {
    const [, kind, id = "", verb = ""] = path.split("/")
    switch (`${method} ${kind} ${verb}`) {
      case "POST sessions ":
        return decode(Wire.Create, text, (order) => world.create(order, key, text))
      case "GET sessions ":
        return id === "" ? world.byAttempt(query.get("attempt") ?? "") : world.find(id)
      case "POST sessions capture":
        return world.capture(id)
      case "POST sessions expire":
        return world.expire(id)
      case "POST refunds ":
        return decode(Wire.RefundOrder, text, ({ payment, units }) => world.refund(payment, units, key))
      case "GET refunds ":
        return world.findRefund(id)
      case "GET disputes ":
        return world.findDispute(id)
      case "GET prices ":
        return world.price(id)
      case "GET subscriptions ":
        return world.subscription(id)
      case "POST subscriptions cancel":
        return decode(Wire.CancelOrder, text, ({ later }) => world.cancel(id, later))
      case "GET events ":
        return { status: 200, body: JSON.stringify(world.events.filter((one) => one.at >= Number(query.get("since")))) }
      default:
        return problem(404, "no_such_page", "There is no such page")
    }
  }

  const token = (authorization: string): Reply => {
    if (authorization !== `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}`) {
      return problem(401, "invalid_client", "Wrong client id or secret")
    }
    const fresh = `acme-token-${randomUUID()}`
    tokens.add(fresh)
    return { status: 200, body: JSON.stringify({ token: fresh }) }
  }

  const next = (script: Script | undefined): Script | undefined => {
    if (script === undefined || script.left <= 0) return undefined
    script.left -= 1
    return script
  }

  const answer = (request: IncomingMessage, response: ServerResponse, text: string): void => {
    const target = new URL(request.url ?? "/", url())
    const authorization = request.headers.authorization ?? ""
    requests.push(`${request.method} ${request.url}\n${JSON.stringify(request.headers)}\n\n${text}`)
    response.on("close", () => {
      if (!response.writableFinished) aborted += 1
    })
    if (target.pathname.startsWith("/pay/")) return send(response, { status: 200, body: "Pay here" })
    if (target.pathname === "/token") {
      const script = next(onToken)
      return script === undefined ? send(response, token(authorization)) : play(script.fault, request, response)
    }
    const isCreate = request.method === "POST" && target.pathname === "/sessions"
    if (isCreate) creates += 1
    if (!tokens.has(authorization.slice("Bearer ".length))) {
      return send(response, problem(401, "invalid_token", "The token is not known"))
    }
    const every = onEvery?.methods.includes(request.method ?? "") === true ? onEvery.script : undefined
    const script = next(isCreate ? onCreate : undefined) ?? next(every)
    const carryOut = () =>
      route(request.method ?? "", target.pathname, target.searchParams, String(request.headers["acme-key"] ?? ""), text)
    if (script === undefined) return send(response, carryOut())
    if (script.apply) carryOut()
    return play(script.fault, request, response)
  }

  const server = createServer((request, response) => {
    const parts: Array<Buffer> = []
    request.on("data", (part: Buffer) => parts.push(part))
    request.on("end", () => answer(request, response, Buffer.concat(parts).toString("utf8")))
  })

  const listen = Effect.callback<void>((resume) => {
    if (server.listening) return resume(Effect.void)
    server.listen(port, "127.0.0.1", () => {
      const address = server.address()
      if (typeof address === "object" && address !== null) port = address.port
      resume(Effect.void)
    })
  })
  const close = Effect.callback<void>((resume) => {
    if (!server.listening) return resume(Effect.void)
    server.close(() => resume(Effect.void))
    server.closeAllConnections()
  })
  yield* Effect.acquireRelease(listen, () => close)

  const backend: Backend = {
    script: (fault, options) =>
      fault._tag === "Refuse"
        ? close
        : Effect.sync(() => {
            onCreate = scripted(fault, options)
          }),
    scriptToken: (fault, options) =>
      Effect.sync(() => {
        onToken = scripted(fault, options)
      }),
    scriptEvery: (fault, options = {}) =>
      Effect.sync(() => {
        const methods = options.only === undefined ? ["GET", "POST"] : options.only === "reads" ? ["GET"] : ["POST"]
        onEvery = { script: scripted(fault, options), methods }
      }),
    heal: Effect.suspend(() => {
      onCreate = undefined
      onToken = undefined
      onEvery = undefined
      return listen
    }),
    createCalls: Effect.sync(() => creates),
    abortedCalls: Effect.sync(() => aborted),
    sessionCount: Effect.sync(() => world.sessions.size),
    requestTexts: Effect.sync(() => [...requests]),
    approve: (id) => Effect.sync(() => world.approve(id)),
    webhooks: Effect.sync(() => [...world.deliveries]),
    renew: (id) => Effect.sync(() => world.renew(id)),
    dispute: (moneyId) => Effect.sync(() => world.dispute(moneyId)),
    prices: {
      change: (id, amount) => Effect.sync(() => world.changePrice(id, { units: amount.amount, sold: true })),
      archive: (id) => Effect.sync(() => world.changePrice(id, { units: 900, sold: false })),
    },
    unknownWebhook: Effect.sync(() => world.unknownWebhook()),
  }
  const forgetTokens = Effect.sync(() => tokens.clear())
  return { url: url(), backend, forgetTokens }
})
