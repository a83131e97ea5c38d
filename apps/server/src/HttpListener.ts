/** Node's HTTP server with limits, and without idle connections that hold up a stop. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"

/** A client may take 15 s for its headers and 30 s for the whole request. */
const limits = { headersTimeout: 15_000, requestTimeout: 30_000, maxHeaderSize: 16_384 }

/** What is not there has no type: `curl -d ''` calls an empty body a form, and would be refused for that. */
const forgetTypeOfNothing = ({ headers }: IncomingMessage): void => {
  if (headers["content-length"] === "0") delete headers["content-type"]
}

/**
 * A server that stops as soon as its running requests have ended: Node closes the connections that are idle when it is
 * told to stop, but one whose request ends afterwards would stay open for its keep-alive time. Requests that come while
 * it listens and nobody serves yet wait until somebody does; nobody would ever answer them otherwise.
 */
export const make = (): Server => {
  const server = createServer(limits)
  const early: Array<readonly [IncomingMessage, ServerResponse]> = []
  let isServed = false
  server.on("request", (request, response) => {
    forgetTypeOfNothing(request)
    if (!isServed) early.push([request, response])
    response.once("close", () => {
      if (!server.listening) server.closeIdleConnections()
    })
  })
  server.on("newListener", (event, listener) => {
    if (event !== "request") return
    isServed = true
    for (const [request, response] of early.splice(0)) listener.call(server, request, response)
  })
  return server
}
