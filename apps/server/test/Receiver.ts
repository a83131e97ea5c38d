/** A merchant's server: keeps what it gets, answers as it is told, and believes only what is signed. */
import { Effect, type Scope } from "effect"
import { createServer, type IncomingMessage, type RequestListener, Server, type ServerResponse } from "node:http"
import type { Server as NetServer } from "node:net"
import { Webhook } from "standardwebhooks"

export interface Received {
  readonly headers: IncomingMessage["headers"]
  readonly body: string
  /** When it arrived, by the machine's clock. */
  readonly at: number
}

/** The event in a body. */
export interface Told {
  readonly id: string
  readonly type: string
  readonly object_id: string
  readonly sequence: number
  readonly created_at: string
  readonly data: { readonly id?: string; readonly [key: string]: unknown }
}

export const told = ({ body }: Received): Told => JSON.parse(body)

/** A port that goes with the scope. */
export const listen = (server: NetServer, host = "127.0.0.1"): Effect.Effect<number, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      server.listen(0, host, () => {
        const address = server.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
      })
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        if (server instanceof Server) server.closeAllConnections()
      }),
  )

export type Behaviour = (received: Received, response: ServerResponse) => void

/** Answers 204 unless it is told otherwise. */
export const make = Effect.fnUntraced(function* () {
  const all: Array<Received> = []
  const state: { behave: Behaviour } = { behave: (_received, response) => void response.writeHead(204).end() }
  const listener: RequestListener = (request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const received = { headers: request.headers, body: Buffer.concat(chunks).toString("utf8"), at: performance.now() }
      all.push(received)
      state.behave(received, response)
    })
  }
  const port = yield* listen(createServer(listener))
  return {
    url: `http://127.0.0.1:${port}/hook`,
    port,
    all,
    /** What is done with each from now on. */
    behave: (behaviour: Behaviour) => {
      state.behave = behaviour
    },
    answer: (status: number, headers: { readonly [name: string]: string } = {}) => {
      state.behave = (_received, response) => void response.writeHead(status, headers).end()
    },
    types: () => all.map((received) => told(received).type),
  }
})

export type Receiver = Effect.Success<ReturnType<typeof make>>

/** Whether the standardwebhooks package believes it. */
export const isGenuine = ({ body, headers }: Received, secret: string): boolean => {
  const strings = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
  try {
    new Webhook(secret).verify(body, strings)
    return true
  } catch {
    return false
  }
}
