/**
 * Reads a JSON body field by field and collects what is wrong with it, in pydantic's types and words.
 */
import { Result } from "effect"
import { isUuid } from "../internal/Ids.ts"
import type { Metadata } from "./Model.ts"
import * as Problem from "./Problem.ts"

/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>

/** Whether a value is a JSON object. */
export const isJson = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const decode = (text: string) => Result.try((): unknown => JSON.parse(text))

/** The JSON object in a request's body, or the 422 that says why there is none. */
export const parse = (text: string): Result.Result<Json, Problem.Problem> => {
  if (text === "") {
    return Result.fail(Problem.invalid([{ type: "missing", loc: ["body"], msg: "Field required", input: null }]))
  }
  const parsed = decode(text)
  if (Result.isFailure(parsed)) {
    return Result.fail(
      Problem.invalid([{ type: "json_invalid", loc: ["body", 0], msg: "JSON decode error", input: {} }]),
    )
  }
  if (!isJson(parsed.success)) {
    return Result.fail(
      Problem.invalid([
        {
          type: "model_attributes_type",
          loc: ["body"],
          msg: "Input should be a valid dictionary or object to extract fields from",
          input: parsed.success,
        },
      ]),
    )
  }
  return Result.succeed(parsed.success)
}

/** Collects the faults of one body. The readers answer `undefined` for a field that is absent or wrong. */
export interface Collector {
  readonly items: Array<Problem.Item>
  readonly add: (type: string, loc: ReadonlyArray<string | number>, msg: string, input: unknown) => undefined
  /** Whether the field is there at all, null included. */
  readonly has: (key: string) => boolean
  readonly string: (key: string, limits?: { min?: number; max?: number }) => string | null | undefined
  readonly boolean: (key: string) => boolean | undefined
  readonly integer: (key: string, limits: { min?: number; above?: number; max?: number }) => number | null | undefined
  readonly oneOf: (key: string, options: ReadonlyArray<string>) => string | null | undefined
  readonly uuid: (key: string) => string | null | undefined
  readonly url: (key: string) => string | null | undefined
  readonly metadata: (key: string) => Metadata | undefined
  readonly required: (key: string) => void
}

/** A collector over one JSON object; `at` is the object's own place. */
export const collect = (body: Json, at: ReadonlyArray<string | number> = ["body"]): Collector => {
  const items: Array<Problem.Item> = []
  const add: Collector["add"] = (type, loc, msg, input) => {
    items.push({ type, loc: [...at, ...loc], msg, input })
    return undefined
  }
  const present = (key: string) => Object.hasOwn(body, key)
  const string: Collector["string"] = (key, limits = {}) => {
    const value = body[key]
    if (value === undefined || value === null) return value
    if (typeof value !== "string") return add("string_type", [key], "Input should be a valid string", value)
    const { min, max } = limits
    if (min !== undefined && value.length < min) {
      return add(
        "string_too_short",
        [key],
        `String should have at least ${min} character${min === 1 ? "" : "s"}`,
        value,
      )
    }
    if (max !== undefined && value.length > max) {
      return add("string_too_long", [key], `String should have at most ${max} characters`, value)
    }
    return value
  }
  return {
    items,
    add,
    has: present,
    string,
    boolean: (key) => {
      const value = body[key]
      if (value === undefined || typeof value === "boolean") return value
      return add("bool_type", [key], "Input should be a valid boolean", value)
    },
    integer: (key, limits) => {
      const value = body[key]
      if (value === undefined || value === null) return value
      if (typeof value !== "number") return add("int_type", [key], "Input should be a valid integer", value)
      if (!Number.isInteger(value)) {
        return add(
          "int_from_float",
          [key],
          "Input should be a valid integer, got a number with a fractional part",
          value,
        )
      }
      if (limits.above !== undefined && value <= limits.above) {
        return add("greater_than", [key], `Input should be greater than ${limits.above}`, value)
      }
      if (limits.min !== undefined && value < limits.min) {
        return add("greater_than_equal", [key], `Input should be greater than or equal to ${limits.min}`, value)
      }
      if (limits.max !== undefined && value > limits.max) {
        return add("less_than_equal", [key], `Input should be less than or equal to ${limits.max}`, value)
      }
      return value
    },
    oneOf: (key, options) => {
      const value = body[key]
      if (value === undefined || value === null) return value
      if (typeof value === "string" && options.includes(value)) return value
      const quoted = options.map((option) => `'${option}'`)
      const list = quoted.length < 2 ? quoted.join("") : `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1) ?? ""}`
      return add("enum", [key], `Input should be ${list}`, value)
    },
    uuid: (key) => {
      const value = string(key)
      if (value === undefined || value === null || isUuid(value)) return value
      return add("uuid_parsing", [key], "Input should be a valid UUID", value)
    },
    url: (key) => {
      const value = string(key, { min: 1, max: 2083 })
      if (value === undefined || value === null) return value
      const url = URL.parse(value)
      if (url === null) return add("url_parsing", [key], "Input should be a valid URL", value)
      if (url.protocol !== "http:" && url.protocol !== "https:") {
        return add("url_scheme", [key], "URL scheme should be 'http' or 'https'", value)
      }
      return value
    },
    metadata: (key) => {
      const value = body[key]
      if (value === undefined) return undefined
      if (!isJson(value)) return add("dict_type", [key], "Input should be a valid dictionary", value)
      return metadata(value, key, add)
    },
    required: (key) => {
      if (!present(key)) add("missing", [key], "Field required", body)
    },
  }
}

/** At most 50 keys of 1 to 40 characters; texts of 1 to 500 characters, numbers or booleans (`kit/metadata.py`). */
const metadata = (value: Json, key: string, add: Collector["add"]): Metadata => {
  const result: Record<string, string | number | boolean> = {}
  const entries = Object.entries(value)
  if (entries.length > 50) {
    add("too_long", [key], `Dictionary should have at most 50 items after validation, not ${entries.length}`, value)
  }
  for (const [name, entry] of entries) {
    if (name.length < 1) add("string_too_short", [key, name, "[key]"], "String should have at least 1 character", name)
    if (name.length > 40) add("string_too_long", [key, name, "[key]"], "String should have at most 40 characters", name)
    if (typeof entry === "string") {
      if (entry.length < 1) {
        add("string_too_short", [key, name, "constrained-str"], "String should have at least 1 character", entry)
      } else if (entry.length > 500) {
        add("string_too_long", [key, name, "constrained-str"], "String should have at most 500 characters", entry)
      }
      result[name] = entry
    } else if (typeof entry === "number" || typeof entry === "boolean") {
      result[name] = entry
    } else {
      add("string_type", [key, name, "constrained-str"], "Input should be a valid string", entry)
    }
  }
  return result
}

/** Notes fields that are there as null where only a value will do. */
export const notNull = (collector: Collector, body: Json, kinds: Readonly<Record<string, string>>): void => {
  for (const [key, kind] of Object.entries(kinds)) {
    if (body[key] === null) collector.add(`${kind}_type`, [key], `Input should be a valid ${kind}`, null)
  }
}

/** The value, or the 422 with everything collected. */
export const settle = <A>(collector: Collector, value: A): Result.Result<A, Problem.Problem> =>
  collector.items.length === 0 ? Result.succeed(value) : Result.fail(Problem.invalid(collector.items))
