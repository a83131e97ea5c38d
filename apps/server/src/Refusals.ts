/** Deliveries of providers that are refused, as they come over HTTP: told to whoever counts them. */
import { NodeHttpServerRequest } from "@effect/platform-node"
import type { RejectedWebhook } from "@payment-orchestrator/domain"
import { Rejections } from "@payment-orchestrator/payments"
import { Effect, Option } from "effect"
import { HttpServerRequest } from "effect/http"
import * as Address from "./Address.ts"

/** Every header with all its values, so that a doubled one is seen and not joined. */
export const rawHeaders = (request: HttpServerRequest.HttpServerRequest) => {
  const { rawHeaders } = NodeHttpServerRequest.toIncomingMessage(request)
  const headers: { [name: string]: Array<string> } = {}
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? "").toLowerCase()
    headers[name] = [...(headers[name] ?? []), rawHeaders[i + 1] ?? ""]
  }
  return headers
}

export interface Refusal {
  /** As the path names it. */
  readonly provider: string
  readonly reason: RejectedWebhook.RejectionReason
  readonly detail?: string | undefined
  readonly body?: Uint8Array
}

export const note = Effect.fnUntraced(function* ({ body, detail, provider, reason }: Refusal) {
  const request = yield* HttpServerRequest.HttpServerRequest
  const rejections = yield* Rejections.Rejections
  const address = yield* Address.current
  yield* rejections.note({
    provider,
    reason,
    detail: Option.fromUndefinedOr(detail),
    address,
    sender: Address.groupOf(address),
    headers: rawHeaders(request),
    body: Option.fromUndefinedOr(body),
  })
})

/** The provider that a path's delivery is for; none when it is no delivery. */
export const providerOf = ({ method, url }: HttpServerRequest.HttpServerRequest): Option.Option<string> =>
  Option.fromUndefinedOr(method === "POST" ? /^\/webhooks\/([^/?#]+)\/?(?:[?#]|$)/.exec(url)?.[1] : undefined)
