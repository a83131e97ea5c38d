/** Plays a scripted fault on one HTTP answer. */
import type { IncomingMessage, ServerResponse } from "node:http"
import type { ScriptedFault } from "../../src/Harness.ts"

export interface Reply {
  readonly status: number
  readonly body: string
}

export const problem = (status: number, code: string, message: string): Reply => ({
  status,
  body: JSON.stringify({ error: { code, message } }),
})

export const send = (
  response: ServerResponse,
  reply: Reply,
  headers: { readonly [name: string]: string } = {},
): void => {
  response.writeHead(reply.status, { "content-type": "application/json", ...headers })
  response.end(reply.body)
}

const beginning = '{"id":"half'

export const play = (fault: ScriptedFault, request: IncomingMessage, response: ServerResponse): void => {
  switch (fault._tag) {
    case "Status": {
      const own = problem(fault.status, `acme_${fault.status}`, "Acme says no")
      const headers = fault.retryAfter === undefined ? {} : { "retry-after": fault.retryAfter }
      return send(response, { status: fault.status, body: fault.body ?? own.body }, headers)
    }
    case "Html":
      return send(response, { status: fault.status, body: "<html>Bad day</html>" }, { "content-type": "text/html" })
    case "StallBody":
      response.writeHead(201, { "content-length": "500" })
      response.write(beginning)
      return
    case "SlowDrip": {
      response.writeHead(201, { "content-length": "500" })
      const timer = setInterval(() => response.write(" "), 50)
      response.on("close", () => clearInterval(timer))
      return
    }
    case "CutBody":
      response.writeHead(201, { "content-length": "500" })
      response.write(beginning, () => response.destroy())
      return
    case "Reset":
      request.socket.resetAndDestroy()
      return
    case "MalformedJson":
      return send(response, { status: 201, body: beginning })
    case "WrongShape":
      return send(response, { status: 201, body: '{"hello":1}' })
    case "EmptyBody":
      return send(response, { status: 201, body: "" })
    case "Redirect":
      return send(response, { status: 302, body: "" }, { location: "/elsewhere" })
    case "InProgress":
      return send(response, problem(409, "in_progress", "The same key is still running"))
    case "Hang":
    case "Refuse":
    case "DnsFailure":
      return
  }
}
