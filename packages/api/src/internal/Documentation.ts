/** What the OpenAPI document says besides what the schemas do: examples, and the answer to what is unforeseen. */
import type { Schema } from "effect"
import { sessionCookie } from "../Authorization.ts"
import { examples } from "./Examples.ts"

type Json = { readonly [key: string]: Schema.Json }

interface Content {
  [type: string]: { schema?: Json; examples?: { readonly [name: string]: { readonly value: Schema.Json } } }
}

interface Answer {
  readonly description: string
  content?: Content
}

interface Operation {
  readonly operationId?: string
  readonly requestBody?: { content: Content; required: boolean }
  readonly security?: Array<{ [scheme: string]: ReadonlyArray<string> }>
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
  readonly components: {
    readonly schemas: { [name: string]: Component }
    readonly securitySchemes: { [name: string]: { [field: string]: Schema.Json } }
  }
}

const give = (content: Content | undefined, example: Schema.Json | undefined) => {
  for (const media of Object.values(content ?? {}))
    if (example !== undefined) media.examples = { example: { value: example } }
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

/** The cookie of a person who signed in goes wherever a key goes. */
const cookie = {
  type: "apiKey",
  in: "cookie",
  name: sessionCookie,
  description:
    "Of `POST /v1/session`, instead of a key. What changes something also needs the header `x-csrf-token` with the `csrf_token` of `GET /v1/session`, and an `Origin` of this server. Over plain http on the server's own machine the cookie is called `payment_session`.",
}

const isNull = (schema: Schema.Json | undefined): boolean =>
  typeof schema === "object" && schema !== null && "type" in schema && schema.type === "null"

const isJson = (schema: Schema.Json | undefined): schema is Json =>
  typeof schema === "object" && schema !== null && !Array.isArray(schema)

/** A body that may be `null` may be left out; that is how the document says it. */
const mayBeLeftOut = (body: NonNullable<Operation["requestBody"]>) => {
  for (const media of Object.values(body.content)) {
    const choices = media.schema?.["anyOf"]
    if (!Array.isArray(choices) || !choices.some(isNull)) continue
    const left = choices.filter((choice) => !isNull(choice))
    media.schema = left.length === 1 && isJson(left[0]) ? left[0] : { anyOf: left }
    body.required = false
  }
}

/** Adds to the document in place. */
export const complete = ({ components, paths }: Document): void => {
  components.schemas["InternalError"] = internalError
  components.securitySchemes["session"] = cookie
  // As its registry writes it; not everybody who reads it is as lenient as HTTP is.
  for (const scheme of Object.values(components.securitySchemes)) {
    if (scheme["scheme"] === "Bearer") scheme["scheme"] = "bearer"
  }
  for (const component of Object.values(components.schemas)) {
    if (isProblem(component)) component.example = problemOf(component)
  }
  for (const operation of Object.values(paths).flatMap((item) => Object.values(item))) {
    const { request, response } = examples[operation.operationId ?? ""] ?? {}
    if (operation.requestBody !== undefined) mayBeLeftOut(operation.requestBody)
    if (operation.security?.some((way) => "apiKey" in way) === true) operation.security.push({ session: [] })
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
