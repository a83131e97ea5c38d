/**
 * Polar's lists: filters with repeatable parameters, sorting, and pages with a count.
 */
import { Result } from "effect"
import { isUuid } from "../internal/Ids.ts"
import * as Problem from "./Problem.ts"

type Outcome<A> = Result.Result<A, Problem.Problem>

const whole = (query: URLSearchParams, key: string, fallback: number): Outcome<number> => {
  const text = query.get(key)
  if (text === null) return Result.succeed(fallback)
  const at = ["query", key]
  if (!/^-?\d+$/.test(text)) {
    const msg = "Input should be a valid integer, unable to parse string as an integer"
    return Result.fail(Problem.invalid([{ type: "int_parsing", loc: at, msg, input: text }]))
  }
  const value = Number(text)
  return value > 0
    ? Result.succeed(value)
    : Result.fail(
        Problem.invalid([{ type: "greater_than", loc: at, msg: "Input should be greater than 0", input: text }]),
      )
}

/** A filter by ids: `undefined` when absent, a 422 when one is not a UUID. */
export const uuids = (query: URLSearchParams, key: string): Outcome<ReadonlyArray<string> | undefined> => {
  const values = query.getAll(key)
  const wrong = values.find((value) => !isUuid(value))
  if (wrong !== undefined) {
    const msg = "Input should be a valid UUID"
    return Result.fail(Problem.invalid([{ type: "uuid_parsing", loc: ["query", key, 0], msg, input: wrong }]))
  }
  return Result.succeed(values.length === 0 ? undefined : values)
}

/** A filter by words of a closed list. */
export const words = (
  query: URLSearchParams,
  key: string,
  options: ReadonlyArray<string>,
): Outcome<ReadonlyArray<string> | undefined> => {
  const values = query.getAll(key)
  const wrong = values.find((value) => !options.includes(value))
  if (wrong !== undefined) {
    const msg = `Input should be ${options.map((option) => `'${option}'`).join(", ")}`
    return Result.fail(Problem.invalid([{ type: "enum", loc: ["query", key, 0], msg, input: wrong }]))
  }
  return Result.succeed(values.length === 0 ? undefined : values)
}

/** A filter by true or false; `undefined` when absent. */
export const flag = (query: URLSearchParams, key: string): Outcome<boolean | undefined> => {
  const text = query.get(key)
  if (text === null) return Result.succeed(undefined)
  if (text === "true" || text === "1") return Result.succeed(true)
  if (text === "false" || text === "0") return Result.succeed(false)
  const msg = "Input should be a valid boolean, unable to interpret input"
  return Result.fail(Problem.invalid([{ type: "bool_parsing", loc: ["query", key], msg, input: text }]))
}

/** A filter by an ISO date and time, in milliseconds. */
export const time = (query: URLSearchParams, key: string): Outcome<number | undefined> => {
  const text = query.get(key)
  if (text === null) return Result.succeed(undefined)
  const millis = Date.parse(text)
  if (!Number.isNaN(millis)) return Result.succeed(millis)
  const msg = "Input should be a valid datetime"
  return Result.fail(Problem.invalid([{ type: "datetime_parsing", loc: ["query", key], msg, input: text }]))
}

/** `metadata[key]=value` parameters: whether a thing's metadata has one of the values under every key. */
export const metadata = (query: URLSearchParams) => {
  const wanted = new Map<string, Array<string>>()
  for (const [name, value] of query) {
    const key = /^metadata\[(.+)\]$/.exec(name)?.[1]
    if (key !== undefined) wanted.set(key, [...(wanted.get(key) ?? []), value])
  }
  return (value: Readonly<Record<string, string | number | boolean>>): boolean =>
    [...wanted].every(([key, options]) => value[key] !== undefined && options.includes(String(value[key])))
}

/** Whether a value passes a filter that may be absent. */
export const passes = (filter: ReadonlyArray<string> | undefined, value: string | null): boolean =>
  filter === undefined || (value !== null && filter.includes(value))

const compare = (left: string | number | null, right: string | number | null): number => {
  if (left === right) return 0
  if (left === null) return -1
  if (right === null) return 1
  return left < right ? -1 : 1
}

/** A thing's value for each property it can be sorted by. */
export type Sorters<A> = Readonly<Record<string, (value: A) => string | number | null>>

/** `{items, pagination}`, newest first unless `sorting` says otherwise; `limit` is cut to 100. */
export const page = <A, B>(
  query: URLSearchParams,
  all: Iterable<A>,
  sorters: Sorters<A>,
  view: (value: A) => B,
): Outcome<{ items: ReadonlyArray<B>; pagination: { total_count: number; max_page: number } }> =>
  Result.gen(function* () {
    const number = yield* whole(query, "page", 1)
    const limit = Math.min(yield* whole(query, "limit", 10), 100)
    const names = Object.keys(sorters)
    const sorting = (yield* words(query, "sorting", [...names, ...names.map((name) => `-${name}`)])) ?? ["-created_at"]
    // reversed, so that of two things made in the same millisecond the newer one comes first
    const sorted = [...all].toReversed().toSorted((left, right) => {
      for (const criterion of sorting) {
        const descending = criterion.startsWith("-")
        const key = sorters[descending ? criterion.slice(1) : criterion]
        const order = key === undefined ? 0 : compare(key(left), key(right))
        if (order !== 0) return descending ? -order : order
      }
      return 0
    })
    return {
      items: sorted.slice((number - 1) * limit, number * limit).map(view),
      pagination: { total_count: sorted.length, max_page: Math.ceil(sorted.length / limit) },
    }
  })
