/**
 * Form-encoded parameters with brackets (`line_items[0][price_data][currency]=usd`) as a tree, and readers over it.
 */
import { Result } from "effect"
import * as Problem from "./Problem.ts"

type Outcome<A> = Result.Result<A, Problem.Problem>

/** A parameter: a text, or more parameters by name (a list has the names 0, 1, 2 …). */
export type Node = string | Tree

/** Parameters by name. */
export interface Tree {
  readonly [name: string]: Node | undefined
}

interface Growing {
  [name: string]: string | Growing | undefined
}

const segments = (name: string): ReadonlyArray<string> => {
  const head = /^[^[]*/.exec(name)?.[0] ?? ""
  return [head, ...[...name.slice(head.length).matchAll(/\[([^\]]*)\]/g)].map((match) => match[1] ?? "")]
}

/** The tree of a query or a form body. `expand[]=a&expand[]=b` is numbered in order. */
export const parse = (params: URLSearchParams): Tree => {
  const root: Growing = Object.create(null)
  for (const [name, value] of params) {
    const path = segments(name)
    let at = root
    path.forEach((segment, index) => {
      const key = segment === "" && index > 0 ? String(Object.keys(at).length) : segment
      if (index === path.length - 1) {
        at[key] = value
        return
      }
      const next = at[key]
      const inner: Growing = typeof next === "object" ? next : Object.create(null)
      at[key] = inner
      at = inner
    })
  }
  return root
}

/** The parameters under a name; none when it is absent or a text. */
export const tree = (node: Node | undefined): Tree => (typeof node === "object" ? node : {})

/** The entries of a list, in order. */
export const list = (node: Node | undefined): ReadonlyArray<Node> =>
  Object.values(tree(node)).filter((entry) => entry !== undefined)

/** A text; an empty one means "unset" at Stripe and reads as null. */
export const text = (node: Node | undefined): string | null => (typeof node === "string" && node !== "" ? node : null)

/** A whole number, null when absent. */
export const integer = (node: Node | undefined, param: string): Outcome<number | null> => {
  const value = text(node)
  if (value === null) return Result.succeed(null)
  return /^-?\d+$/.test(value)
    ? Result.succeed(Number(value))
    : Result.fail(Problem.invalid(`Invalid integer: ${value}`, { code: "parameter_invalid_integer", param }))
}

/** `true` or `false`, null when absent. */
export const flag = (node: Node | undefined, param: string): Outcome<boolean | null> => {
  const value = text(node)
  if (value === null) return Result.succeed(null)
  return value === "true" || value === "false"
    ? Result.succeed(value === "true")
    : Result.fail(Problem.invalid(`Invalid boolean: ${value}`, { param }))
}

/** One of a closed list, null when absent. */
export const oneOf = <A extends string>(
  node: Node | undefined,
  param: string,
  options: ReadonlyArray<A>,
): Outcome<A | null> => {
  const value = text(node)
  if (value === null) return Result.succeed(null)
  const found = options.find((option) => option === value)
  const names = options.length === 1 ? options.join("") : `${options.slice(0, -1).join(", ")}, or ${options.at(-1)}`
  return found === undefined
    ? Result.fail(Problem.invalid(`Invalid ${param}: must be one of ${names}`, { param }))
    : Result.succeed(found)
}

/** An absolute http(s) address, null when absent. */
export const url = (node: Node | undefined, param: string): Outcome<string | null> => {
  const value = text(node)
  if (value === null) return Result.succeed(null)
  const parsed = URL.parse(value)
  return parsed !== null && (parsed.protocol === "https:" || parsed.protocol === "http:")
    ? Result.succeed(value)
    : Result.fail(Problem.invalid("Not a valid URL", { code: "url_invalid", param }))
}

/** Metadata: at most 50 keys of at most 40 characters, values of at most 500. Empty values unset a key. */
export const metadata = (node: Node | undefined, param: string): Outcome<Readonly<Record<string, string>>> => {
  const result: Record<string, string> = {}
  for (const [key, value] of Object.entries(tree(node))) {
    const at = `${param}[${key}]`
    if (typeof value !== "string") {
      return Result.fail(
        Problem.invalid(`Metadata values must be strings, but for key '${key}' you passed in a value of type hash`, {
          param: at,
        }),
      )
    }
    if (key.length > 40) {
      return Result.fail(
        Problem.invalid(
          `Metadata keys can be at most 40 characters. The key '${key}' is ${key.length} characters long.`,
          { param: at },
        ),
      )
    }
    if (value.length > 500) {
      return Result.fail(
        Problem.invalid(
          `Metadata values can be at most 500 characters. The value for the key '${key}' is ${value.length} characters long.`,
          {
            code: "parameter_invalid_string_length",
            param: at,
          },
        ),
      )
    }
    if (value !== "") result[key] = value
  }
  if (Object.keys(result).length > 50) {
    return Result.fail(Problem.invalid("You can only have up to 50 metadata keys", { param }))
  }
  return Result.succeed(result)
}

/** Fails on the first parameter that is not in `known`. */
export const only = (params: Tree, known: ReadonlySet<string>): Outcome<void> => {
  const other = Object.keys(params).find((name) => !known.has(name))
  return other === undefined ? Result.void : Result.fail(Problem.unknown(other))
}
