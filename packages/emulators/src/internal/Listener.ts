/**
 * The only file that touches `node:http`. It accepts requests, and gives raw control of the answer, because the faults
 * need sockets that stall, end early or are reset.
 */
import { Effect, FiberSet, Runtime, Schema, type Scope } from "effect"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo, Socket } from "node:net"
import * as Answer from "../Answer.ts"

export interface Incoming {
  readonly method: string
  /** Path and query as they came. */
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** The answering half of one request. */
export interface Wire {
  readonly send: (answer: Answer.Answer) => Effect.Effect<void>
  /** Headers at once, then the body in portions of a tenth of a second. */
  readonly drip: (answer: Answer.Answer, bytesPerSecond: number) => Effect.Effect<void>
  /** Headers and the first bytes; then the socket stays open (`stall`) or ends (`cut`). */
  readonly part: (answer: Answer.Answer, bytes: number, then: "stall" | "cut") => Effect.Effect<void>
  /** A TCP reset. */
  readonly reset: Effect.Effect<void>
  /** Ends when the client, or the server's end, has closed the socket. */
  readonly closed: Effect.Effect<void>
}

export interface Listener {
  readonly port: number
  /** Listens again on the same port. */
  readonly open: Effect.Effect<void>
  /** Stops listening and destroys the live connections: clients get ECONNREFUSED. */
  readonly close: Effect.Effect<void>
}

/** The address is taken, or is not ours. It is a defect: nothing can go on without it. */
export class CannotListen extends Schema.TaggedError<CannotListen>()("CannotListen", {
  host: Schema.String,
  port: Schema.Int,
  code: Schema.String,
}) {
  /** Whoever starts the server says it in words; a stack trace says nothing here. */
  override readonly [Runtime.errorReported] = false

  override get message() {
    return `cannot listen on ${this.host}:${this.port} (${this.code})`
  }
}

const bodyLimit = 5_000_000

const headersOf = (message: IncomingMessage): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(message.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]],
    ),
  )

const head = (response: ServerResponse, answer: Answer.Answer, length: number | undefined): void => {
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value)
  if (length !== undefined && answer.status !== 204 && answer.status !== 304) {
    response.setHeader("content-length", length)
  }
  response.writeHead(answer.status)
}

const wireOf = (request: IncomingMessage, response: ServerResponse): Wire => {
  const socket = request.socket
  const closed = Effect.callback<void>((resume) => {
    if (socket.destroyed) return resume(Effect.void)
    const done = () => resume(Effect.void)
    socket.once("close", done)
    return Effect.sync(() => socket.off("close", done))
  })
  const write = (chunk: Uint8Array) =>
    Effect.callback<void>((resume) => {
      if (socket.destroyed) return resume(Effect.void)
      response.write(chunk, () => resume(Effect.void))
    })
  return {
    closed,
    send: (answer) =>
      Effect.sync(() => {
        if (socket.destroyed) return
        const body = Answer.bytes(answer)
        head(response, answer, body.byteLength)
        response.end(body)
      }),
    drip: Effect.fnUntraced(function* (answer: Answer.Answer, bytesPerSecond: number) {
      const body = Answer.bytes(answer)
      const portion = Math.max(1, Math.floor(bytesPerSecond / 10))
      const pause = (portion / bytesPerSecond) * 1000
      head(response, answer, body.byteLength)
      response.flushHeaders()
      for (let at = 0; at < body.byteLength && !socket.destroyed; at += portion) {
        yield* Effect.sleep(pause)
        yield* write(body.subarray(at, at + portion))
      }
      response.end()
    }),
    part: Effect.fnUntraced(function* (answer: Answer.Answer, bytes: number, then: "stall" | "cut") {
      const body = Answer.bytes(answer)
      // at least one byte is missing, whatever the body
      const sent = body.subarray(0, Math.min(bytes, Math.max(0, body.byteLength - 1)))
      head(response, answer, Math.max(body.byteLength, 1))
      response.flushHeaders()
      if (sent.byteLength > 0) yield* write(sent)
      if (then === "cut") socket.end()
      yield* closed
    }),
    reset: Effect.sync(() => {
      socket.resetAndDestroy()
    }),
  }
}

const read = (request: IncomingMessage): Effect.Effect<Uint8Array | undefined> =>
  Effect.callback((resume) => {
    const chunks: Array<Buffer> = []
    let size = 0
    request.on("data", (chunk: Buffer) => {
      size += chunk.byteLength
      if (size > bodyLimit) request.socket.destroy()
      else chunks.push(chunk)
    })
    request.once("end", () => resume(Effect.succeed(Buffer.concat(chunks))))
    request.once("close", () => resume(Effect.as(Effect.void, undefined)))
  })

const start = (server: Server, host: string, port: number): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const failed = (cause: NodeJS.ErrnoException) =>
      resume(Effect.die(new CannotListen({ host, port, code: cause.code ?? cause.message })))
    server.once("error", failed)
    server.listen(port, host, () => {
      server.off("error", failed)
      resume(Effect.void)
    })
  })

const portOf = (server: Server): number => {
  const address: AddressInfo | string | null = server.address()
  return address !== null && typeof address === "object" ? address.port : 0
}

/** Listens on `host:port` (0 = a free port) until the scope ends. A port that is taken is a defect. */
export const make = Effect.fnUntraced(function* (options: {
  readonly host: string
  readonly port: number
  readonly onRequest: (request: Incoming, wire: Wire) => Effect.Effect<void>
}): Effect.fn.Return<Listener, never, Scope.Scope> {
  const run = yield* FiberSet.makeRuntime()
  const sockets = new Set<Socket>()
  const server = createServer({ keepAliveTimeout: 5_000, requestTimeout: 0 }, (request, response) => {
    // a client that went away is seen by its socket; without a listener Node would end the process
    response.on("error", () => request.socket.destroy())
    run(
      Effect.flatMap(read(request), (body) =>
        body === undefined
          ? Effect.void
          : options.onRequest(
              { method: request.method ?? "GET", target: request.url ?? "/", headers: headersOf(request), body },
              wireOf(request, response),
            ),
      ),
    )
  })
  server.on("connection", (socket) => {
    sockets.add(socket)
    socket.on("error", () => socket.destroy())
    socket.once("close", () => sockets.delete(socket))
  })
  const close = Effect.callback<void>((resume) => {
    if (!server.listening) return resume(Effect.void)
    server.close(() => resume(Effect.void))
    for (const socket of sockets) socket.destroy()
  })
  yield* Effect.acquireRelease(start(server, options.host, options.port), () => close)
  const port = portOf(server)
  return {
    port,
    close,
    open: Effect.suspend(() => (server.listening ? Effect.void : start(server, options.host, port))),
  }
})
