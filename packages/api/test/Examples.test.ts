import { assert, describe, it } from "@effect/vitest"
import { Api } from "@payment-orchestrator/api"
import { Schema } from "effect"
import { HttpApi, OpenApi } from "effect/http-api"
import { examples } from "../src/internal/Examples.ts"

const spec = OpenApi.fromApi(Api)
const operations = Object.entries(spec.paths).flatMap(([path, item]) =>
  (["get", "post", "patch", "delete"] as const).flatMap((method) => {
    const operation = item[method]
    return operation === undefined ? [] : [{ where: `${method} ${path}`, path, operation }]
  }),
)

/** Whether a schema of the contract takes this, nothing more and nothing less. */
const takes = (schema: Schema.Top, value: unknown): true | string => {
  if (!Schema.isSchema(schema)) return "is no schema"
  const decode = Schema.decodeUnknownResult(schema as Schema.Codec<unknown, unknown>, {
    errors: "all",
    onExcessProperty: "error",
  })
  const result = decode(value)
  return result._tag === "Success" ? true : String(result.failure)
}

const exampleOf = (body: unknown): unknown =>
  Object.values((body as { readonly content?: object } | undefined)?.content ?? {}).map(
    (media) =>
      (media as { readonly examples?: { readonly example?: { readonly value: unknown } } }).examples?.example?.value,
  )[0]

describe("the contract's document", () => {
  it("shows what every endpoint is asked and answers, and the schemas take it", () => {
    const seen: Array<string> = []
    HttpApi.reflect(Api, {
      onGroup: () => undefined,
      onEndpoint: ({ endpoint, group, successes }) => {
        const id = `${group.identifier}.${endpoint.identifier}`
        seen.push(id)
        const { request, response } = examples[id] ?? {}
        assert.property(examples, id, `${id} has no example in packages/api/src/internal/Examples.ts`)
        const [payload] = Array.from(endpoint.payload.values()).flatMap(({ schemas }) => schemas)
        assert.strictEqual(request !== undefined, payload !== undefined, `${id}: request`)
        if (payload !== undefined) assert.strictEqual(takes(payload, request), true, id)
        for (const [status, schemas] of successes) {
          if (status === 204) assert.isTrue(response === undefined || successes.size > 1, id)
          else if (id !== "events.live") assert.strictEqual(takes(schemas[0], response), true, id)
        }
      },
    })
    assert.sameMembers(Object.keys(examples), seen)
    for (const { operation, where } of operations) {
      if (operation.requestBody !== undefined) assert.isDefined(exampleOf(operation.requestBody), where)
      for (const [status, answer] of Object.entries(operation.responses)) {
        if (status.startsWith("2") && status !== "204") assert.isDefined(exampleOf(answer), `${where} ${status}`)
      }
    }
  })

  it("lists every error with its codes, and an example of each", () => {
    for (const { operation, path, where } of operations) {
      const errors = Object.keys(operation.responses).filter((status) => !status.startsWith("2"))
      assert.include(errors, "500", where)
      if (path.startsWith("/v1/")) {
        assert.includeMembers(errors, ["400", "401", "403", "413", "429", "503"], where)
      }
      if (path.includes("{")) assert.include(errors, "404", where)
    }
    const problems = Object.entries(spec.components.schemas).filter(
      ([, schema]) => (schema as { readonly properties?: object }).properties?.hasOwnProperty("retryable") === true,
    )
    assert.isAbove(problems.length, 14)
    for (const [name, schema] of problems) {
      const { example, properties, required } = schema as {
        readonly example?: { readonly [name: string]: unknown }
        readonly properties: { readonly code: { readonly enum: ReadonlyArray<string> } }
        readonly required: ReadonlyArray<string>
      }
      assert.isAbove(properties.code.enum.length, 0, name)
      assert.containsAllKeys(example, [...required], name)
      assert.include(properties.code.enum, example?.["code"], name)
    }
  })
})
