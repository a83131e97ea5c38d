/**
 * Stripe's error object and the answers that carry it.
 *
 * Source: docs.stripe.com/api/errors.
 */

/** What an error says besides its type. */
export interface Extra {
  readonly code?: string
  readonly param?: string
  readonly decline_code?: string
}

/** An answer that ends a request. */
export interface Problem {
  readonly status: number
  readonly error: { readonly type: string; readonly message: string } & Extra
  readonly headers?: Record<string, string>
  /** The request had begun to be carried out: its answer is kept under the idempotency key. */
  readonly executed: boolean
}

const make = (status: number, type: string, message: string, extra: Extra = {}, executed = false): Problem => ({
  status,
  error: { type, message, ...extra },
  executed,
})

/** 400 for parameters that do not validate; not kept under the idempotency key. */
export const invalid = (message: string, extra: Extra = {}): Problem =>
  make(400, "invalid_request_error", message, extra)

/** 400 for what the object's state does not allow; kept under the idempotency key. */
export const refused = (message: string, extra: Extra = {}): Problem =>
  make(400, "invalid_request_error", message, extra, true)

/** 400: a required parameter is absent. */
export const missing = (param: string): Problem =>
  invalid(`Missing required param: ${param}.`, { code: "parameter_missing", param })

/** 400: a parameter Stripe does not know. */
export const unknown = (param: string): Problem =>
  invalid(`Received unknown parameter: ${param}`, { code: "parameter_unknown", param })

/** 404 for the object in the path, 400 for one that a parameter names. */
export const noSuch = (what: string, id: string, param: string, status: 400 | 404 = 404): Problem =>
  make(status, "invalid_request_error", `No such ${what}: '${id}'`, { code: "resource_missing", param })

/** 404 for a path that does not exist. */
export const noRoute = (method: string, path: string): Problem =>
  make(404, "invalid_request_error", `Unrecognized request URL (${method}: ${path}).`)

/** 401 without a key. */
export const noKey: Problem = make(
  401,
  "invalid_request_error",
  "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
)

/** 401 for a key that is not ours; only its last characters are shown. */
export const wrongKey = (key: string): Problem =>
  make(
    401,
    "invalid_request_error",
    `Invalid API Key provided: ${"*".repeat(Math.max(0, key.length - 4))}${key.slice(-4)}`,
  )

/** 403 for a restricted key. */
export const forbidden = (permission: string): Problem =>
  make(
    403,
    "invalid_request_error",
    `The provided key does not have the required permissions for this endpoint. Having the '${permission}' permission would allow this request to continue.`,
  )

/** 429; `retryAfter` in whole seconds. */
export const rateLimited = (retryAfter: number): Problem => ({
  ...make(429, "invalid_request_error", "Request rate limit exceeded.", { code: "rate_limit" }),
  headers: { "retry-after": String(retryAfter) },
})

/** 500 of Stripe's own making. */
export const internal: Problem = make(500, "api_error", "An unknown error occurred", {}, true)

/** 400: the key was used with other parameters. */
export const keyReused = (key: string): Problem =>
  make(
    400,
    "idempotency_error",
    `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
  )

/** 409: another request with the key is being carried out. */
export const keyInUse = (key: string): Problem =>
  make(
    409,
    "idempotency_error",
    `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}. Please try again later.`,
    { code: "idempotency_key_in_use" },
  )

/** The JSON body of an error. */
export const body = (problem: Problem, requestId: string): unknown => ({
  error: {
    ...problem.error,
    ...(problem.error.code === undefined
      ? {}
      : { doc_url: `https://stripe.com/docs/error-codes/${problem.error.code.replaceAll("_", "-")}` }),
    request_log_url: `https://dashboard.stripe.com/test/logs/${requestId}`,
  },
})

/** The error Stripe gives for a bare status, as used when a fault asks for one. */
export const ofStatus = (status: number): Problem => {
  if (status === 401) return wrongKey("sk_test_unknown")
  if (status === 402) {
    return make(402, "card_error", "Your card was declined.", {
      code: "card_declined",
      decline_code: "generic_decline",
    })
  }
  if (status === 403) return forbidden("rak_unknown")
  if (status === 404) return noRoute("GET", "/")
  if (status === 409) return keyInUse("unknown")
  if (status === 429) return rateLimited(1)
  return status >= 500 ? { ...internal, status } : { ...invalid("Invalid request."), status }
}
