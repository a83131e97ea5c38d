import { assert, describe, it } from "@effect/vitest"
import * as Domain from "@payment-orchestrator/domain"
import { Predicate, Schema } from "effect"

const schemas = Object.entries(Domain).flatMap(([module, exports]) =>
  Object.entries(exports).flatMap(([name, value]) => (Schema.isSchema(value) ? [{ name, module, schema: value }] : [])),
)
const names = new Set(schemas.map(({ module, name }) => `${module}.${name}`))

type Node = { readonly [key: string]: unknown }

/** Every object of a JSON schema. */
const nodesOf = (value: unknown): ReadonlyArray<Node> => {
  if (Array.isArray(value)) return value.flatMap(nodesOf)
  return Predicate.isReadonlyObject(value) ? [value, ...Object.values(value).flatMap(nodesOf)] : []
}

const nodes = (schema: Schema.Top): ReadonlyArray<Node> => nodesOf(Schema.toJsonSchemaDocument(schema))

const keysOf = (schema: Schema.Top) =>
  nodes(schema).flatMap(({ properties }) => (Predicate.isReadonlyObject(properties) ? Object.keys(properties) : []))

const valuesOf = (schema: Schema.Top) =>
  nodes(schema).flatMap((node) => [...(Array.isArray(node["enum"]) ? node["enum"] : []), node["const"] ?? []].flat())

/** What goes over HTTP: all but errors, and but what is written otherwise there. */
const isWritten = ({ module, name }: (typeof schemas)[number]) =>
  !names.has(`${module}.${name}Json`) && !["PaymentError", "Webhook", "CheckoutRequest"].includes(module)

describe("what goes over HTTP", () => {
  it("has names in small letters and underscores", () => {
    const written = [
      ...schemas.filter(isWritten).map(({ schema }) => schema),
      Domain.CheckoutRequest.CheckoutRequestJson,
    ]
    assert.isAbove(written.length, 50)
    for (const schema of written) {
      for (const key of keysOf(schema)) assert.match(key, /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/)
    }
  })
})

describe("every schema of the domain", () => {
  it("has values that are words, where it has a list of them", () => {
    for (const { module, name, schema } of schemas) {
      for (const value of valuesOf(schema))
        assert.match(String(value), /^[A-Za-z0-9]+([_.][a-z0-9]+)*$/, `${module}.${name}`)
    }
  })

  it("has something that it takes, and fields where it is an object", () => {
    for (const { module, name, schema } of schemas) {
      const where = `${module}.${name}`
      for (const node of nodes(schema)) {
        assert.notDeepEqual(node["not"], {}, where)
        if (node["type"] === "object")
          assert.isTrue("properties" in node || "additionalProperties" in node || "patternProperties" in node, where)
      }
    }
  })
})
