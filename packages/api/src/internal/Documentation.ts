/** What the OpenAPI document says besides what the schemas do: examples, and the answer to what is unforeseen. */
import type { Schema } from "effect"
import { examples } from "./Examples.ts"

type Json = { readonly [key: string]: Schema.Json }

interface Content {
  [type: string]: { schema?: Json; example?: Schema.Json }
}

interface Answer {
  readonly description: string
  content?: Content
}

interface Operation {
  readonly operationId?: string
  readonly requestBody?: { content: Content }
  responses: { [status: string]: Answer }
}

interface Property {
  readonly enum?: ReadonlyArray<Schema.Json>
  readonly type?: string
  readonly $ref?: string
}

interface Component {
  readonly properties?: { readonly [name: string]: Property }
  readonly required?: ReadonlyArray<string>
  example?: Schema.Json
}

/** As much of the document as is looked at. */
export interface Document {
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } }
  readonly components: { readonly schemas: { [name: string]: Component } }
}

const give = (content: Content | undefined, example: Schema.Json | undefined) => {
  for (const media of Object.values(content ?? {})) if (example !== undefined) media.example = example
}

const internalError: Component & { readonly type: string } = {
  type: "object",
  properties: {
    type: { type: "string", enum: ["urn:payment-orchestrator:problem:internal_error"] },
    title: { type: "string" },
    status: { type: "number", enum: [500] },
    detail: { type: "string" },
    code: { type: "string", enum: ["internal_error"] },
    retryable: { type: "boolean", enum: [true] },
  },
  required: ["type", "status", "code", "retryable"],
}

/** Words for the fields of problems that have no fixed value. */
const words: Json = {
  detail: "what went wrong in this case, and what to do about it",
  errors: [{ path: "amount", message: 'must be a positive decimal such as "99.99"' }],
  provider: "paypal",
  provider_code: "INSTRUMENT_DECLINED",
  checkout_id: "co_01JD8ZJ5M0E9Q3R7T1V5X8Z2B4",
  checkout: examples["checkouts.get"]?.response ?? null,
  subscription: examples["subscriptions.get"]?.response ?? null,
  attempts: [
    {
      provider: "paypal",
      result: "skipped",
      reason: "circuit_open",
      started_at: "2026-11-22T20:00:00.000Z",
      duration_ms: 0,
      tries: 0,
    },
  ],
}

const isProblem = ({ properties }: Component) =>
  properties?.["code"] !== undefined && properties["retryable"] !== undefined

/** A problem with the first of its codes. */
const problemOf = ({ properties = {} }: Component): Json =>
  Object.fromEntries(
    Object.entries(properties).flatMap(([name, { enum: values, type }]) => {
      const value = values?.[0] ?? words[name] ?? (type === "boolean" ? false : undefined)
      return value === undefined ? [] : [[name, value]]
    }),
  )

/** Adds to the document in place. */
export const complete = ({ components, paths }: Document): void => {
  components.schemas["InternalError"] = internalError
  for (const component of Object.values(components.schemas)) {
    if (isProblem(component)) component.example = problemOf(component)
  }
  for (const operation of Object.values(paths).flatMap((item) => Object.values(item))) {
    const { request, response } = examples[operation.operationId ?? ""] ?? {}
    give(operation.requestBody?.content, request)
    for (const [status, answer] of Object.entries(operation.responses)) {
      if (status.startsWith("2")) give(answer.content, response)
    }
    operation.responses["500"] = {
      description: "Something unforeseen happened: the fault is ours. Repeat it with the same Idempotency-Key",
      content: { "application/problem+json": { schema: { $ref: "#/components/schemas/InternalError" } } },
    }
  }
}
