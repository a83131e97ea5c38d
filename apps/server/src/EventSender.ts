/**
 * `Sender` over Node's HTTP client. The host's addresses are looked up once for each connection and all of them checked;
 * the connection goes to one of those, so that a name server cannot show one address to the check and another to the
 * connection. No redirect is followed, no proxy used, and little of the answer is read.
 */
import { EndpointUrl, PublicAddress, Tracing } from "@payment-orchestrator/domain"
import { Sender } from "@payment-orchestrator/payments"
import { Clock, DateTime, Effect, Layer, Option, Predicate } from "effect"
import * as http from "node:http"
import * as https from "node:https"
import type { LookupFunction } from "node:net"
import { Resolve } from "./Resolve.ts"

type Reason = Sender.NotSent["reason"]

/** Of an answer's body, and how long for it after the status. */
const bodyBytes = 65_536
const bodyMillis = 2_000
const headerBytes = 16_384

/** An error that already knows what it is. */
class Refusal extends Error {
  readonly reason: Reason
  constructor(reason: Reason) {
    super(reason)
    this.reason = reason
  }
}

/** What Node asks for the addresses of a connection; an address in the URL itself it does not ask for. */
const guardedLookup =
  (resolve: Resolve, { allowPrivate }: EndpointUrl.Policy): LookupFunction =>
  (host, options, callback) => {
    const refuse = (reason: Reason) => callback(new Refusal(reason), "", 0)
    resolve(host).then(
      (addresses) => {
        const found = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }))
        const [first] = found
        if (first === undefined) return refuse("dns")
        if (!allowPrivate && !addresses.every(PublicAddress.isPublic)) return refuse("address_refused")
        return options.all === true ? callback(null, found) : callback(null, first.address, first.family)
      },
      () => refuse("dns"),
    )
  }

const reasonOf = (error: Error): Reason => {
  if (error instanceof Refusal) return error.reason
  const code = Predicate.hasProperty(error, "code") ? String(error.code) : ""
  if (code === "ECONNREFUSED" || code === "EHOSTUNREACH" || code === "ENETUNREACH") return "connection_refused"
  if (code === "ETIMEDOUT") return "timeout"
  if (code.startsWith("HPE_")) return "bad_answer"
  return /TLS|SSL|CERT|SELF_SIGNED|UNABLE_TO|EPROTO/.test(code) ? "tls" : "connection_lost"
}

const retryAfterOf = (text: string | undefined, now: number): Option.Option<number> => {
  if (text === undefined) return Option.none()
  if (/^\d{1,9}$/.test(text)) return Option.some(Number(text) * 1000)
  return Option.map(DateTime.make(text), ({ epochMilliseconds }) => Math.max(0, epochMilliseconds - now))
}

interface Heard {
  readonly status: number
  readonly retryAfter: string | undefined
}

/** Reads on until the body ends, so that the connection can be used again, or is not worth it. */
const drain = (response: http.IncomingMessage, done: () => void) => {
  let bytes = 0
  const cut = setTimeout(() => response.destroy(), bodyMillis)
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > bodyBytes) response.destroy()
  })
  response.on("error", () => undefined)
  response.on("close", () => {
    clearTimeout(cut)
    done()
  })
}

/** One request; `onError` gets whether the connection was one that was kept, and nothing was heard on it. */
const post = (
  agents: { readonly [protocol: string]: http.Agent | undefined },
  { body, headers, url }: Sender.Message,
  onHeard: (heard: Heard) => void,
  onError: (error: Error, wasStale: boolean) => void,
): http.ClientRequest => {
  const target = new URL(url)
  const agent = agents[target.protocol]
  const options = { method: "POST", maxHeaderSize: headerBytes, headers, ...(agent === undefined ? {} : { agent }) }
  const request = target.protocol === "https:" ? https.request(target, options) : http.request(target, options)
  let heard = false
  request.on("response", (response) => {
    heard = true
    const retryAfter = response.headers["retry-after"]
    drain(response, () => onHeard({ status: response.statusCode ?? 0, retryAfter }))
  })
  request.on("error", (error) => (heard ? undefined : onError(error, request.reusedSocket)))
  request.end(body)
  return request
}

const make = Effect.fnUntraced(function* (policy: EndpointUrl.Policy) {
  const lookup = guardedLookup(yield* Resolve, policy)
  const kept = { keepAlive: true, lookup, maxFreeSockets: 256 }
  const agents = yield* Effect.acquireRelease(
    Effect.sync(() => ({ "http:": new http.Agent(kept), "https:": new https.Agent(kept) })),
    (all) => Effect.sync(() => Object.values(all).forEach((agent) => agent.destroy())),
  )

  /** A kept connection that the other side has just closed is no failure of the endpoint: once more on a new one. */
  const send = (message: Sender.Message, again: boolean): Effect.Effect<Heard, Sender.NotSent> =>
    Effect.callback<Effect.Effect<Heard, Sender.NotSent>>((resume) => {
      const request = post(
        agents,
        message,
        (heard) => resume(Effect.succeed(Effect.succeed(heard))),
        (error, wasStale) =>
          resume(
            Effect.succeed(
              wasStale && again ? send(message, false) : Effect.fail(new Sender.NotSent({ reason: reasonOf(error) })),
            ),
          ),
      )
      return Effect.sync(() => request.destroy())
    }).pipe(Effect.flatten)

  return Sender.Sender.of({
    send: Effect.fnUntraced(function* ({ body, headers, url }) {
      if (EndpointUrl.faultOf(url, policy) !== undefined) return yield* new Sender.NotSent({ reason: "url_refused" })
      const length = String(Buffer.byteLength(body))
      const heard = yield* send({ url, body, headers: { ...headers, "content-length": length } }, true)
      const now = yield* Clock.currentTimeMillis
      return { status: heard.status, retryAfter: retryAfterOf(heard.retryAfter, now) }
    }, Tracing.span("EventSender.send")),
  })
})

/** Sends where the policy allows. */
export const layer = (policy: EndpointUrl.Policy): Layer.Layer<Sender.Sender> =>
  Layer.effect(Sender.Sender, make(policy))
