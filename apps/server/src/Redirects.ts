/** Where buyers may be sent back to: an allow-list of origins, so that nobody uses our pages to send them elsewhere. */
import type { OrchestratorError } from "@payment-orchestrator/core"
import type { CheckoutRequest } from "@payment-orchestrator/domain"
import { Option } from "effect"

const isLocalhost = ({ hostname }: URL): boolean =>
  hostname === "localhost" || hostname === "127.0.0.1" || hostname === "[::1]"

/** The faults of a request's URLs under a policy. */
export const faults = (
  request: Pick<CheckoutRequest.CheckoutRequest, "successUrl" | "cancelUrl">,
  policy: { readonly origins: Option.Option<ReadonlyArray<string>>; readonly livemode: boolean },
): ReadonlyArray<OrchestratorError.FieldError> => {
  const check = (path: string, text: string | undefined) => {
    if (text === undefined) return []
    const url = new URL(text)
    const message = Option.match(policy.origins, {
      onNone: () =>
        url.protocol === "https:" || (!policy.livemode && isLocalhost(url))
          ? undefined
          : "must be an https: URL (http://localhost is allowed outside live mode)",
      onSome: (origins) =>
        origins.includes(url.origin) ? undefined : `must have one of the origins ${origins.join(", ")}`,
    })
    return message === undefined ? [] : [{ path, message }]
  }
  return [...check("successUrl", request.successUrl), ...check("cancelUrl", request.cancelUrl)]
}
