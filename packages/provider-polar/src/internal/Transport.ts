/**
 * One HTTP request, one answer, nothing in between: no redirect is followed, no proxy is taken from the environment,
 * nothing is sent twice, no timer of its own; the signal ends it. It never rejects.
 *
 * Not `fetch`: that gives up a connection attempt after 10 s of its own accord, obeys `NODE_USE_ENV_PROXY`, and does
 * not tell whether the request ever left.
 */
import * as Http from "node:http"
import * as Https from "node:https"
import type { Network, Unreadable } from "./Failure.ts"

export interface Request {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

/** A whole answer. */
export interface Reply {
  readonly _tag: "Reply"
  readonly status: number
  readonly text: string
  readonly retryAfter: string | undefined
  readonly requestId: string | undefined
  readonly date: string | undefined
}

export type Agent = Http.Agent

/** Larger answers are not Polar's: a page of 100 items is about 2 MB. */
export const largestBody = 20 * 1024 * 1024

/** Connections are kept for 4 s between calls, less than what servers and load balancers allow. */
export const makeAgent = (baseUrl: string): Agent =>
  baseUrl.startsWith("https:")
    ? new Https.Agent({ keepAlive: true, timeout: 4_000 })
    : new Http.Agent({ keepAlive: true, timeout: 4_000 })

const codeOf = (error: Error): string | undefined =>
  "code" in error && typeof error.code === "string" ? error.code : undefined

const one = (header: string | ReadonlyArray<string> | undefined): string | undefined =>
  typeof header === "string" ? header : header?.[0]

const unreadable = (why: string, response?: Http.IncomingMessage): Unreadable => ({
  _tag: "Unreadable",
  why,
  status: response?.statusCode,
  requestId: one(response?.headers["x-request-id"]),
})

const collect = (
  response: Http.IncomingMessage,
  request: Http.ClientRequest,
  settle: (outcome: Reply | Network | Unreadable) => void,
) => {
  const chunks: Array<Buffer> = []
  let size = 0
  response.on("data", (chunk: Buffer) => {
    chunks.push(chunk)
    size += chunk.length
    if (size > largestBody) {
      settle(unreadable("an answer that is too large", response))
      request.destroy()
    }
  })
  response.once("error", (error) => settle({ _tag: "Network", sent: true, code: codeOf(error) }))
  response.once("close", () => settle(unreadable("an answer that was cut", response)))
  response.once("end", () =>
    settle(
      response.complete
        ? {
            _tag: "Reply",
            status: response.statusCode ?? 0,
            text: Buffer.concat(chunks).toString("utf8"),
            retryAfter: response.headers["retry-after"],
            requestId: one(response.headers["x-request-id"]),
            date: response.headers.date,
          }
        : unreadable("an answer that was cut", response),
    ),
  )
}

/** Sends it. A failure after the abort of `signal` is of no meaning: nobody waits for it. */
export const send = (wanted: Request, agent: Agent, signal: AbortSignal): Promise<Reply | Network | Unreadable> =>
  new Promise((settle) => {
    const secure = wanted.url.startsWith("https:")
    const request = (secure ? Https : Http).request(wanted.url, {
      method: wanted.method,
      headers: wanted.headers,
      agent,
      signal,
    })
    // The request leaves when the connection (and its TLS handshake, certificate included) is ready, not before.
    let ready = false
    const isReady = () => {
      ready = true
    }
    request.once("socket", (socket) =>
      request.reusedSocket ? isReady() : void socket.once(secure ? "secureConnect" : "connect", isReady),
    )
    request.once("response", (response) => collect(response, request, settle))
    request.once("error", (error) => {
      const code = codeOf(error)
      settle(
        code?.startsWith("HPE_") === true
          ? unreadable("an answer that is not HTTP")
          : { _tag: "Network", sent: ready, code },
      )
    })
    request.end(wanted.body)
  })
