/**
 * PayPal's refusals. The envelope and the names are those of the public OpenAPI
 * (github.com/paypal/paypal-rest-api-specifications, `error_400` … `error_503`).
 */
import { Schema } from "effect"

export interface Detail {
  readonly issue: string
  readonly description?: string
  /** A JSON pointer into the request. */
  readonly field?: string
  readonly value?: string
  readonly location?: "body" | "path" | "query" | "header"
}

export interface Link {
  readonly href: string
  readonly rel: string
  readonly method?: string
}

/** A request that PayPal refuses with this status, name and details. */
export class Problem extends Schema.TaggedError<Problem>()("PayPalProblem", {
  status: Schema.Int,
  name: Schema.String,
  description: Schema.String,
  details: Schema.Array(
    Schema.Struct({
      issue: Schema.String,
      description: Schema.optionalKey(Schema.String),
      field: Schema.optionalKey(Schema.String),
      value: Schema.optionalKey(Schema.String),
      location: Schema.optionalKey(Schema.Literals(["body", "path", "query", "header"])),
    }),
  ),
  links: Schema.Array(
    Schema.Struct({ href: Schema.String, rel: Schema.String, method: Schema.optionalKey(Schema.String) }),
  ),
}) {}

const envelopes: Readonly<Record<number, readonly [name: string, message: string]>> = {
  400: ["INVALID_REQUEST", "Request is not well-formed, syntactically incorrect, or violates schema."],
  401: [
    "AUTHENTICATION_FAILURE",
    "Authentication failed due to missing authorization header, or invalid authentication credentials.",
  ],
  403: ["NOT_AUTHORIZED", "Authorization failed due to insufficient permissions."],
  404: ["RESOURCE_NOT_FOUND", "The specified resource does not exist."],
  405: ["METHOD_NOT_SUPPORTED", "The server does not implement the requested HTTP method."],
  406: [
    "MEDIA_TYPE_NOT_ACCEPTABLE",
    "The server does not implement the media type that would be acceptable to the client.",
  ],
  409: ["RESOURCE_CONFLICT", "The server has detected a conflict while processing this request."],
  415: ["UNSUPPORTED_MEDIA_TYPE", "The server does not support the request payload's media type."],
  422: [
    "UNPROCESSABLE_ENTITY",
    "The requested action could not be performed, semantically incorrect, or failed business validation.",
  ],
  429: ["RATE_LIMIT_REACHED", "Too many requests. Blocked due to rate limiting."],
  500: ["INTERNAL_SERVER_ERROR", "An internal server error occurred."],
  503: ["SERVICE_UNAVAILABLE", "Service Unavailable."],
}

/** The problem PayPal names for a status. */
export const of = (status: number, details: ReadonlyArray<Detail> = [], links: ReadonlyArray<Link> = []): Problem => {
  const [name, description] = envelopes[status] ?? [
    status < 500 ? "INVALID_REQUEST" : "INTERNAL_SERVER_ERROR",
    `HTTP ${status}`,
  ]
  return new Problem({ status, name, description, details, links })
}

/** 422 with one issue. */
export const unprocessable = (issue: string, description: string, more: Partial<Detail> = {}): Problem =>
  of(422, [{ issue, description, ...more }])

/** 404 for an id that is not known. */
export const unknownId = (field: string, value: string): Problem =>
  of(404, [
    {
      issue: "INVALID_RESOURCE_ID",
      description: "Specified resource ID does not exist. Please check the resource ID and try again.",
      field,
      value,
      location: "path",
    },
  ])

/** The refusals of the older APIs (`/v1/notifications`, `/v1/payments`), whose names differ. */
export const legacy = (
  status: number,
  name: string,
  description: string,
  details: ReadonlyArray<Detail> = [],
): Problem => new Problem({ status, name, description, details, links: [] })

/** The body that goes on the wire. */
export const body = (problem: Problem, debugId: string): unknown => ({
  name: problem.name,
  message: problem.description,
  debug_id: debugId,
  ...(problem.details.length === 0 ? {} : { details: problem.details }),
  links: [
    ...problem.links,
    ...problem.details.map(({ issue }) => ({
      href: `https://developer.paypal.com/api/rest/reference/orders/v2/errors/#${issue}`,
      rel: "information_link",
      method: "GET",
    })),
  ],
})
