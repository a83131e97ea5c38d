/** Node's HTTP server with limits, and without idle connections that hold up a stop. */
import { createServer, type Server } from "node:http"

/** A client may take 15 s for its headers and 30 s for the whole request. */
const limits = { headersTimeout: 15_000, requestTimeout: 30_000, maxHeaderSize: 16_384 }

/**
 * A server that stops as soon as its running requests have ended: Node closes the connections that are idle when it is
 * told to stop, but one whose request ends afterwards would stay open for its keep-alive time.
 */
export const make = (): Server => {
  const server = createServer(limits)
  server.on("request", (_request, response) => {
    // It listens a moment before the routes are there; a request of that moment would never be answered.
    if (server.listenerCount("request") === 1) response.writeHead(503, { "retry-after": "1" }).end()
    response.once("close", () => {
      if (!server.listening) server.closeIdleConnections()
    })
  })
  return server
}
