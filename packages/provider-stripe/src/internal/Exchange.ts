/** Reading what Stripe answered. Pure. */
import { Option, Schema } from "effect"
import type { Failure } from "./errors.ts"

const property = (value: unknown, key: string): unknown =>
  (typeof value === "object" && value !== null) || typeof value === "function" ? Reflect.get(value, key) : undefined

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)

const parse = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))

const isRecord = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value)

/** The answer as it came: status, the headers that are needed, the whole body. */
export interface RawAnswer {
  readonly status: number
  readonly requestId?: string
  readonly retryAfter?: string
  readonly body: string
}

/** Undefined when the answer is a 2xx with one JSON object that is no error; else what is wrong with it. */
export const faultOf = (answer: RawAnswer): Failure | undefined => {
  const { body, status } = answer
  const requestId = answer.requestId === undefined ? {} : { requestId: answer.requestId }
  const json = Option.getOrUndefined(parse(body))
  const error = property(json, "error")
  if (status < 200 || status > 299) {
    const type = text(property(error, "type"))
    const code = text(property(error, "code")) ?? text(property(error, "decline_code"))
    const message = text(property(error, "message"))
    return {
      _tag: "Refusal",
      status,
      ...requestId,
      ...(answer.retryAfter === undefined ? {} : { retryAfter: answer.retryAfter }),
      ...(type === undefined ? {} : { type }),
      ...(code === undefined ? {} : { code }),
      ...(message === undefined ? {} : { message }),
    }
  }
  if (body.trim() === "") return { _tag: "Unreadable", status, ...requestId, detail: "an empty body" }
  if (!isRecord(json)) return { _tag: "Unreadable", status, ...requestId, detail: "the body is not a JSON object" }
  if (error !== undefined && error !== null && error !== false) {
    return { _tag: "Unreadable", status, ...requestId, detail: "an error in a successful answer" }
  }
  return undefined
}
