/** A wire to a server that can be cut. */
import { Effect, Redacted } from "effect"
import { connect, createServer, type Socket } from "node:net"

/** Listens on a free port and passes everything on to the host and port of a URL. */
export const make = (to: string) =>
  Effect.gen(function* () {
    const target = new URL(to)
    const sockets = new Set<Socket>()
    let open = true
    let silent = false
    let trips = 0
    let waiting = false
    const server = createServer((client) => {
      if (!open) {
        client.destroy()
        return
      }
      const upstream = connect(Number(target.port), target.hostname)
      for (const [from, onto] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        sockets.add(from)
        from.on("data", (bytes) => {
          if (from === client && !waiting) trips += 1
          waiting = from === client
          if (!silent) onto.write(bytes)
        })
        from.on("error", () => onto.destroy())
        from.on("close", () => {
          sockets.delete(from)
          onto.destroy()
        })
      }
    })
    const port = yield* Effect.acquireRelease(
      Effect.callback<number>((resume) => {
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
        })
      }),
      () =>
        Effect.sync(() => {
          for (const socket of sockets) socket.destroy()
          server.close()
        }),
    )
    const url = new URL(to)
    url.port = String(port)
    return {
      url: Redacted.make(url.href),
      /** Ends every connection, and each new one at once. */
      cut: Effect.sync(() => {
        open = false
        for (const socket of sockets) socket.destroy()
      }),
      /** Lets nothing through any more, in either direction, and ends nothing: a machine that is gone. */
      silence: Effect.sync(() => (silent = true)),
      /** How often the client has said something and waited for an answer so far, over one connection at a time. */
      trips: Effect.sync(() => trips),
      restore: Effect.sync(() => {
        open = true
        silent = false
      }),
    }
  })
