/**
 * What can go wrong on the wire, as data, so that a test and the control API say it in the same words.
 */
import { Schema } from "effect"

/**
 * With `apply` the request is carried out first and only its answer is replaced or lost ("apply then drop", "apply
 * then 500"). Without it the request changes nothing.
 */
const apply = Schema.optionalKey(Schema.Boolean)
const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000_000 }))
const HttpStatus = Schema.Int.check(Schema.isBetween({ minimum: 200, maximum: 599 }))
const Headers = Schema.Record(Schema.String, Schema.String)

/** This status; the body is the provider's own error body for it unless one is given (a string is sent as it is). */
export const Status = Schema.Struct({
  kind: Schema.Literal("Status"),
  status: HttpStatus,
  headers: Schema.optionalKey(Headers),
  body: Schema.optionalKey(Schema.Unknown),
  apply,
})

/** The request is read and never answered. The socket stays open until the client gives up. */
export const Hang = Schema.Struct({ kind: Schema.Literal("Hang"), apply })

/** Headers at once, the body at this many bytes a second. */
export const SlowDrip = Schema.Struct({
  kind: Schema.Literal("SlowDrip"),
  bytesPerSecond: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 })),
  apply,
})

/** Headers and the first bytes of the body, then nothing; the socket stays open. */
export const StallBody = Schema.Struct({ kind: Schema.Literal("StallBody"), afterBytes: Count, apply })

/** `content-length` promises the whole body, the socket ends after the first bytes. */
export const CutBody = Schema.Struct({ kind: Schema.Literal("CutBody"), afterBytes: Count, apply })

/** A TCP reset before any answer. */
export const Reset = Schema.Struct({ kind: Schema.Literal("Reset"), apply })

/** A body that ends in the middle of its JSON, with the normal status. */
export const MalformedJson = Schema.Struct({ kind: Schema.Literal("MalformedJson"), apply })

/** Well-formed JSON of another shape, `{"hello":1}`, with the normal status. */
export const WrongShape = Schema.Struct({ kind: Schema.Literal("WrongShape"), apply })

/** No body at all, with the normal status. */
export const EmptyBody = Schema.Struct({ kind: Schema.Literal("EmptyBody"), apply })

/** The page of a firewall or a gateway in front of the provider. */
export const Html = Schema.Struct({ kind: Schema.Literal("Html"), status: HttpStatus, apply })

/** 307 to somewhere else. */
export const Redirect = Schema.Struct({ kind: Schema.Literal("Redirect"), location: Schema.String, apply })

/** Waits, then answers normally. With `apply` the request is carried out before the wait. */
export const Latency = Schema.Struct({ kind: Schema.Literal("Latency"), millis: Count, apply })

export const Fault = Schema.Union([
  Status,
  Hang,
  SlowDrip,
  StallBody,
  CutBody,
  Reset,
  MalformedJson,
  WrongShape,
  EmptyBody,
  Html,
  Redirect,
  Latency,
])
export type Fault = typeof Fault.Type

/**
 * When a fault is played. `route` is `*`, the name of a route (`POST /v2/checkout/orders`) or the beginning of one
 * with `*` at its end. The first `after` matching calls are let through, the next `times` (all of them when absent)
 * get the fault, of those only a `share` (0 to 1) chosen by `seed`.
 */
export const Rule = Schema.Struct({
  route: Schema.NonEmptyString,
  fault: Fault,
  times: Schema.optionalKey(Count),
  after: Schema.optionalKey(Count),
  share: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))),
  seed: Schema.optionalKey(Schema.String),
})
export type Rule = typeof Rule.Type

/** Whether a rule's `route` covers the route of this name. */
export const matches = (pattern: string, route: string): boolean =>
  pattern.endsWith("*") ? route.startsWith(pattern.slice(0, -1)) : pattern === route

export const status = (
  status: number,
  options: {
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: unknown
    readonly apply?: boolean
  } = {},
): Fault => ({ kind: "Status", status, ...options })
export const hang = (options: { readonly apply?: boolean } = {}): Fault => ({ kind: "Hang", ...options })
export const reset = (options: { readonly apply?: boolean } = {}): Fault => ({ kind: "Reset", ...options })
export const slowDrip = (bytesPerSecond: number, options: { readonly apply?: boolean } = {}): Fault => ({
  kind: "SlowDrip",
  bytesPerSecond,
  ...options,
})
export const stallBody = (afterBytes: number, options: { readonly apply?: boolean } = {}): Fault => ({
  kind: "StallBody",
  afterBytes,
  ...options,
})
export const cutBody = (afterBytes: number, options: { readonly apply?: boolean } = {}): Fault => ({
  kind: "CutBody",
  afterBytes,
  ...options,
})
export const malformedJson = (options: { readonly apply?: boolean } = {}): Fault => ({
  kind: "MalformedJson",
  ...options,
})
export const wrongShape = (options: { readonly apply?: boolean } = {}): Fault => ({ kind: "WrongShape", ...options })
export const emptyBody = (options: { readonly apply?: boolean } = {}): Fault => ({ kind: "EmptyBody", ...options })
export const html = (status: number, options: { readonly apply?: boolean } = {}): Fault => ({
  kind: "Html",
  status,
  ...options,
})
export const redirect = (location: string, options: { readonly apply?: boolean } = {}): Fault => ({
  kind: "Redirect",
  location,
  ...options,
})
export const latency = (millis: number, options: { readonly apply?: boolean } = {}): Fault => ({
  kind: "Latency",
  millis,
  ...options,
})
