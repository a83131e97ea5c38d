import { Effect } from "effect"
import { createServer } from "node:net"

/** Listens for a moment; the port that was given, or undefined when it is taken. */
const probe = (port: number): Effect.Effect<number | undefined> =>
  Effect.callback((resume) => {
    const server = createServer()
    server.once("error", () => resume(Effect.succeed(undefined)))
    server.listen(port, "127.0.0.1", () => {
      const address = server.address()
      server.close(() =>
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : undefined)),
      )
    })
  })

/** The wanted port on 127.0.0.1, or a free one when it is taken. */
export const find = (wanted: number): Effect.Effect<number> =>
  Effect.flatMap(probe(wanted), (port) =>
    port === undefined ? Effect.map(probe(0), (free) => free ?? wanted) : Effect.succeed(port),
  )
