/**
 * One HTTP request, one answer, nothing in between: no redirect is followed, no proxy is taken from the environment,
 * nothing is sent twice, and there is no timer that could end a call before its caller does. Connections are kept.
 *
 * Not `fetch`: that gives up a connection attempt after 10 s of its own accord, obeys `NODE_USE_ENV_PROXY`, does not
 * tell whether the request ever left, and costs four times the CPU. Callbacks instead of promises, because a call that hangs
 * is kept in memory for as long as its deadline is away: it holds Node's own request and these few functions.
 */
import * as Http from "node:http"
import * as Https from "node:https"
import { urlToHttpOptions } from "node:url"

export interface Request {
  readonly method: string
  /** From the root of the host, with its query, ready to be sent. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
}

/** The beginning of an answer. Names of headers are in lower case. */
export interface Head {
  readonly status: number
  readonly headers: Http.IncomingHttpHeaders
}

/** A whole answer, whatever its status. */
export interface Reply extends Head {
  readonly _tag: "Reply"
  readonly body: string
}

/** The request cannot be written as HTTP. Nothing left. */
export interface NotBuilt {
  readonly _tag: "NotBuilt"
}

/** The connection failed before any answer. `sent` is false only when it was never ready to take the request. */
export interface Network {
  readonly _tag: "Network"
  readonly sent: boolean
  /** The system's own code (`ECONNREFUSED`), where there is one. */
  readonly code: string | undefined
}

/** The connection failed in the middle of an answer. */
export interface Cut {
  readonly _tag: "Cut"
  readonly head: Head
  readonly code: string | undefined
}

/** An answer that is not read: it is not HTTP, or larger than any that is expected. */
export interface Unreadable {
  readonly _tag: "Unreadable"
  readonly why: "an answer that is not HTTP" | "an answer that is too large"
  readonly head: Head | undefined
}

export type Failure = NotBuilt | Network | Cut | Unreadable
/** Holds nothing of the request: neither keys nor what was thrown. */
export type Outcome = Reply | Failure

/** Ends a call: its connection is closed, and its outcome is of no meaning. */
export type Cancel = () => void

export interface Transport {
  /** Sends the request once. `settle` is told what became of it; what it is told after the first time means nothing. */
  readonly send: (request: Request, settle: (outcome: Outcome) => void) => Cancel
  /** Closes all connections, also those in use. */
  readonly close: () => void
}

export interface Options {
  /** Only its scheme, host and port count. */
  readonly url: string
  /** In bytes; an answer that is larger is not read to its end. */
  readonly largestAnswer: number
}

/** The first of that name. */
export const header = ({ headers }: Head, name: string): string | undefined => {
  const found = headers[name]
  return typeof found === "string" ? found : found?.[0]
}

/** Codes only, nothing that could quote a request. */
const codeOf = (error: Error): string | undefined =>
  "code" in error && typeof error.code === "string" && /^[A-Z0-9_/]{1,60}$/.test(error.code) ? error.code : undefined

const textOf = (chunks: ReadonlyArray<Buffer>): string =>
  (chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)).toString("utf8")

/** Why there is no whole answer; `head` is that of the one that had begun. */
const broken = (error: Error, sent: boolean, head: Head | undefined): Failure => {
  const code = codeOf(error)
  if (code?.startsWith("HPE_") === true) return { _tag: "Unreadable", why: "an answer that is not HTTP", head }
  return head === undefined ? { _tag: "Network", sent, code } : { _tag: "Cut", head, code }
}

/** Reads an answer to its end, unless it is too large. */
const read = (
  response: Http.IncomingMessage,
  head: Head,
  largestAnswer: number,
  settle: (outcome: Outcome) => void,
): void => {
  const chunks: Array<Buffer> = []
  let size = 0
  response.on("data", (chunk: Buffer) => {
    chunks.push(chunk)
    size += chunk.length
    if (size <= largestAnswer) return
    settle({ _tag: "Unreadable", why: "an answer that is too large", head })
    response.destroy()
  })
  // A tick later Node has the connection back, and whoever calls again at once is given it.
  response.on("end", () => process.nextTick(settle, { _tag: "Reply", ...head, body: textOf(chunks) }))
}

/** How long a connection lies idle at most: less than what servers and load balancers allow. */
const idleMillis = 4_000

/** A way to one host. Its connections are kept until they were idle for four seconds, or it is closed. */
export const make = ({ largestAnswer, url }: Options): Transport => {
  const { hostname, port, protocol } = urlToHttpOptions(new URL(url))
  const secure = protocol === "https:"
  const agent = new (secure ? Https : Http).Agent({ keepAlive: true, timeout: idleMillis })
  const connected = secure ? "secureConnect" : "connect"

  return {
    close: () => agent.destroy(),
    send: ({ body, headers, method, path }, settle) => {
      let request: Http.ClientRequest
      try {
        request = Http.request({ protocol, hostname, port, agent, method, path, headers })
      } catch {
        settle({ _tag: "NotBuilt" })
        return () => undefined
      }
      // The request leaves when the connection is ready (after the TLS handshake, certificate included), not before.
      let sent = false
      let head: Head | undefined
      const fail = (error: Error) => settle(broken(error, sent, head))
      request.on("socket", (socket) => {
        sent = request.reusedSocket
        if (!sent) socket.once(connected, () => (sent = true))
      })
      request.on("response", (response) => {
        head = { status: response.statusCode ?? 0, headers: response.headers }
        response.on("error", fail)
        read(response, head, largestAnswer, settle)
      })
      request.on("error", fail)
      request.end(body)
      return () => void request.destroy()
    },
  }
}
