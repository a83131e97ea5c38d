/** Hosts that answer as they are told, and calls to them. */
import { Transport } from "@payment-orchestrator/transport"
import { Effect, type Scope } from "effect"
import * as Http from "node:http"
import * as Net from "node:net"
import * as Tls from "node:tls"

/** A request as it arrived, before it is answered. */
export interface Arrived {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: Http.IncomingHttpHeaders
  readonly body: string
}

export interface Host {
  readonly url: string
  /** The requests so far. */
  readonly arrived: ReadonlyArray<Arrived>
  /** Connections so far, and how many of them have ended. */
  readonly connections: { opened: number; closed: number }
}

const listening = (server: Net.Server, scheme: "http" | "https", arrived: ReadonlyArray<Arrived>) => {
  const connections = { opened: 0, closed: 0 }
  const sockets = new Set<Net.Socket>()
  server.on("connection", (socket: Net.Socket) => {
    connections.opened += 1
    sockets.add(socket)
    socket.on("error", () => undefined)
    socket.once("close", () => {
      connections.closed += 1
      sockets.delete(socket)
    })
  })
  return Effect.acquireRelease(
    Effect.callback<Host>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        resume(Effect.succeed({ url: `${scheme}://127.0.0.1:${port}`, arrived, connections }))
      })
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        for (const socket of sockets) socket.destroy()
      }),
  )
}

/** Answers each request, when all of it has come, by `play`. */
export const http = (
  play: (response: Http.ServerResponse, socket: Net.Socket) => void,
): Effect.Effect<Host, never, Scope.Scope> => {
  const arrived: Array<Arrived> = []
  const server = Http.createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.once("end", () => {
      const { headers, method, url } = request
      arrived.push({ method, url, headers, body: Buffer.concat(chunks).toString() })
      play(response, request.socket)
    })
  })
  return listening(server, "http", arrived)
}

/** Speaks by itself, whatever comes. */
export const raw = (play: (socket: Net.Socket) => void): Effect.Effect<Host, never, Scope.Scope> =>
  listening(Net.createServer(play), "http", [])

/** A host behind TLS; whatever comes through is not answered. */
export const tls = (options: Tls.TlsOptions): Effect.Effect<Host, never, Scope.Scope> => {
  const server = Tls.createServer(options, (socket) => socket.resume())
  server.on("tlsClientError", () => undefined)
  return listening(server, "https", [])
}

/** Nobody listens there any more. */
export const nobody: Effect.Effect<string> = Effect.scoped(
  Effect.map(
    raw(() => undefined),
    ({ url }) => url,
  ),
)

export const open = (url: string, largestAnswer = 100_000): Effect.Effect<Transport.Transport, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => Transport.make({ url, largestAnswer })),
    ({ close }) => Effect.sync(close),
  )

export const get: Transport.Request = { method: "GET", path: "/", headers: {} }

/** One call; interruption cancels it. */
export const call = (transport: Transport.Transport, request = get): Effect.Effect<Transport.Outcome> =>
  Effect.callback((resume) => {
    const cancel = transport.send(request, (outcome) => resume(Effect.succeed(outcome)))
    return Effect.sync(cancel)
  })

/** One call to that host. */
export const callTo = (url: string, request = get): Effect.Effect<Transport.Outcome> =>
  Effect.scoped(Effect.flatMap(open(url), (transport) => call(transport, request)))
