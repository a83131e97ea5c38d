/** What is not changed, because a change there says nothing about behaviour. */
import type { Ignorer, NodePath } from "@stryker-mutator/api/ignore"

/** As much of a syntax tree's node as is looked at. */
interface Node {
  readonly type: string
  readonly callee?: Node
  readonly property?: Node
  readonly object?: Node
  readonly name?: string
}

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && "type" in value

const nodeOf = (path: NodePath): Node | undefined => {
  const node: unknown = "node" in path ? path.node : undefined
  return isNode(node) ? node : undefined
}

const parentOf = (path: NodePath): Node | undefined => {
  const parent: unknown = "parent" in path ? path.parent : undefined
  return isNode(parent) ? parent : undefined
}

/** `annotate` of `Schema.String.annotate(…)`, `Effect.withSpan` of `Effect.withSpan(…)`, and of `Context.Service<…>()(…)`. */
const calleeName = (callee: Node | undefined): string => {
  if (callee?.type === "MemberExpression") {
    const object = callee.object?.type === "Identifier" ? `${callee.object.name}.` : "."
    return `${object}${callee.property?.name ?? ""}`
  }
  if (callee?.type === "CallExpression") return `${calleeName(callee.callee)}()`
  return callee?.name ?? ""
}

/** Calls whose arguments are names or prose for people: schemas' descriptions, spans, metrics, keys of services and classes. */
const words = [
  /\.annotate(Key)?$/,
  /^Effect\.(fn|fnUntraced|withSpan|annotateCurrentSpan|annotateLogs|log\w*)$/,
  /^Tracing\.span$/,
  /^Metric\.\w+$/,
  /^Context\.(Service|Reference)(\(\))?$/,
  /^Schema\.(brand|TaggedError|TaggedErrorClass|TaggedClass|ErrorClass|Class)(\(\))?$/,
]

const isWords = (call: Node | undefined): boolean =>
  call?.type === "CallExpression" && words.some((pattern) => pattern.test(calleeName(call.callee)))

/** `Effect.fn("name")` is a name; `Effect.fn("name")(function* () {…})` is code, so only strings and plain objects are left out. */
const literals = new Set(["StringLiteral", "TemplateLiteral", "ObjectExpression"])

export const ignorer: Ignorer = {
  shouldIgnore: (path) => {
    const node = nodeOf(path)
    return node !== undefined && literals.has(node.type) && isWords(parentOf(path)) ? "words for people" : undefined
  },
}
