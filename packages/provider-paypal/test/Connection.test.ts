import { Sample } from "@payment-orchestrator/provider-kit"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber, type Scope } from "effect"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import * as PayPal from "../src/index.ts"
import * as Stage from "./support/Stage.ts"

interface Host {
  readonly url: string
  /** Requests as they arrived: method, path and headers. */
  readonly asked: ReadonlyArray<Pick<IncomingMessage, "method" | "url" | "headers">>
  readonly connections: { opened: number; closed: number }
}

/** A host that gives out a token and leaves the rest to `play`. */
const host = (play: (response: ServerResponse) => void): Effect.Effect<Host, never, Scope.Scope> => {
  const asked: Array<IncomingMessage> = []
  const connections = { opened: 0, closed: 0 }
  const server = createServer((request, response) => {
    asked.push(request)
    request.resume().once("end", () => {
      if (request.url?.endsWith("/v1/oauth2/token") === true) response.end('{"access_token":"t","expires_in":3600}')
      else play(response)
    })
  })
  server.on("connection", (socket) => {
    connections.opened += 1
    socket.once("close", () => (connections.closed += 1))
  })
  return Effect.acquireRelease(
    Effect.callback<Host>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, asked, connections }))
      })
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      }),
  )
}

const plan = "P-5ML4271244454362WXNWU5NQ"
const until = (isSo: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => (isSo() ? Effect.void : Effect.andThen(Effect.sleep("5 millis"), until(isSo))))

describe("the way to PayPal", () => {
  it.live("carries who asks and what, and nothing else", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      const request = yield* Sample.sessionRequest()
      const { sessionId } = yield* stage.provider.createCheckoutSession(request)
      yield* stage.provider.findSession({ _tag: "BySessionId", sessionId, mode: "payment" })
      const [token, create, look] = (yield* stage.emulator.journal.requests).map(({ headers }) => headers)
      const always = {
        accept: "application/json",
        "accept-encoding": "identity",
        connection: "keep-alive",
        host: stage.emulator.url.replace("http://", ""),
        "user-agent": "payment-orchestrator",
      }
      const basic = Buffer.from(`${Stage.clientId}:${Stage.clientSecret}`).toString("base64")
      expect(token).toEqual({
        ...always,
        authorization: `Basic ${basic}`,
        "content-type": "application/x-www-form-urlencoded",
        "content-length": "29",
      })
      const bearer = expect.stringMatching(/^Bearer A21AA/)
      expect(create).toEqual({
        ...always,
        authorization: bearer,
        "content-type": "application/json",
        "content-length": expect.any(String),
        "paypal-request-id": request.attemptId,
        prefer: "return=representation",
      })
      expect(look).toEqual({ ...always, authorization: bearer })
    }),
  )

  it.live("keeps a path that stands before PayPal's, for the token too", () =>
    Effect.gen(function* () {
      const proxy = yield* host((response) => response.writeHead(404).end("{}"))
      const provider = yield* PayPal.make(Stage.optionsFor(`${proxy.url}/paypal`))
      yield* provider.findPrice(plan)
      expect(proxy.asked.map(({ url }) => url)).toEqual(["/paypal/v1/oauth2/token", `/paypal/v1/billing/plans/${plan}`])
    }),
  )

  it.live("is one connection for one call after the other, and is closed with the provider", () =>
    Effect.gen(function* () {
      const paypal = yield* host((response) => response.writeHead(404).end("{}"))
      yield* Effect.scoped(
        Effect.gen(function* () {
          const provider = yield* PayPal.make(Stage.optionsFor(paypal.url))
          for (let i = 0; i < 5; i++) yield* provider.findPrice(plan)
          expect(paypal.connections).toEqual({ opened: 1, closed: 0 })
        }),
      )
      yield* until(() => paypal.connections.closed === 1)
    }),
  )

  it.live("is cut off when a call is interrupted", () =>
    Effect.gen(function* () {
      const paypal = yield* host(() => undefined)
      const provider = yield* PayPal.make(Stage.optionsFor(paypal.url))
      const call = yield* Effect.forkChild(provider.findPrice(plan))
      yield* until(() => paypal.asked.length === 2)
      expect(paypal.connections.closed).toBe(0)
      yield* Fiber.interrupt(call)
      yield* until(() => paypal.connections.closed === 1)
    }),
  )
})
