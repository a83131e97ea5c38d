import { assert, describe, it } from "@effect/vitest"
import { Api, Operations, Problem } from "@payment-orchestrator/api"
import { Effect, Option, Schema } from "effect"
import { OpenApi } from "effect/http-api"

const spec = OpenApi.fromApi(Api)
const methods = ["get", "post", "patch", "delete"] as const
const operations = Object.entries(spec.paths).flatMap(([path, item]) =>
  methods.flatMap((method) => {
    const operation = item[method]
    return operation === undefined ? [] : [{ path, method, operation }]
  }),
)

describe("the contract", () => {
  it("lists every endpoint of this version", () => {
    assert.sameMembers(
      operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`),
      [
        "POST /v1/checkouts",
        "GET /v1/checkouts",
        "GET /v1/payments",
        "GET /v1/payments/{id}",
        "POST /v1/payments/{id}/refunds",
        "GET /v1/refunds",
        "GET /v1/refunds/{id}",
        "GET /v1/checkouts/{id}",
        "GET /v1/checkouts/{id}/explain",
        "POST /v1/checkouts/{id}/expire",
        "GET /v1/subscriptions",
        "GET /v1/subscriptions/{id}",
        "POST /v1/subscriptions/{id}/cancel",
        "POST /v1/subscriptions/cancel",
        "GET /v1/disputes",
        "GET /v1/disputes/{id}",
        "GET /v1/events",
        "GET /v1/events/{id}",
        "POST /v1/events/{id}/redeliver",
        "GET /v1/live",
        "POST /v1/webhook_endpoints",
        "GET /v1/webhook_endpoints",
        "GET /v1/webhook_endpoints/{id}",
        "PATCH /v1/webhook_endpoints/{id}",
        "DELETE /v1/webhook_endpoints/{id}",
        "POST /v1/webhook_endpoints/{id}/rotate",
        "POST /v1/webhook_endpoints/{id}/test",
        "POST /v1/webhook_endpoints/{id}/redeliver",
        "GET /v1/deliveries",
        "GET /v1/stats",
        "GET /v1/stats/series",
        "GET /v1/failovers",
        "GET /v1/providers",
        "POST /v1/providers/{name}/drain",
        "POST /v1/providers/{name}/restore",
        "GET /v1/alerts",
        "GET /v1/inbox",
        "GET /v1/inbox/rejected",
        "POST /v1/drills",
        "GET /v1/drills",
        "GET /v1/drills/{id}",
        "POST /v1/keys",
        "GET /v1/keys",
        "GET /v1/keys/{id}",
        "DELETE /v1/keys/{id}",
        "GET /v1/audit",
        "GET /v1/config",
        "POST /v1/session",
        "GET /v1/session",
        "DELETE /v1/session",
        "POST /webhooks/{provider}",
        "GET /healthz",
        "GET /readyz",
      ],
    )
  })

  it("wants a key on every /v1 endpoint but the door, and on no other, and says what else can be answered", () => {
    for (const { method, operation, path } of operations) {
      const isDoor = path === "/v1/session" && method !== "delete"
      assert.strictEqual((operation.security ?? []).length > 0, path.startsWith("/v1/") && !isDoor, path)
      if (path.startsWith("/v1/"))
        assert.includeMembers(Object.keys(operation.responses), ["400", "401", "429", "503"], path)
    }
    const open = Object.keys(spec.paths["/v1/checkouts"]?.post?.responses ?? {})
    assert.includeMembers(open, ["201", "400", "401", "403", "409", "413", "422", "429", "503"])
  })

  it("takes the cookie of who signed in wherever it takes a key, and nowhere else", () => {
    const { securitySchemes } = spec.components
    assert.deepInclude(securitySchemes["session"], { type: "apiKey", in: "cookie", name: "__Host-payment_session" })
    for (const { operation, path } of operations) {
      const ways = (operation.security ?? []).flatMap((way) => Object.keys(way))
      assert.deepStrictEqual(ways, ways.length === 0 ? [] : ["apiKey", "session"], path)
    }
  })

  it("says of bodies that may be left out that they may", () => {
    const bodyOf = (path: string) =>
      operations.find((one) => one.path === path && one.method === "post")?.operation.requestBody
    for (const path of ["/v1/checkouts/{id}/expire", "/v1/events/{id}/redeliver"]) {
      assert.strictEqual(bodyOf(path)?.required, false, path)
      assert.notInclude(JSON.stringify(bodyOf(path)), '"null"', path)
    }
    assert.strictEqual(bodyOf("/v1/checkouts")?.required, true)
  })

  it("writes an error as a problem document with code and retryable, and without a tag or a cause", () => {
    const problem = new Problem.TryAgain({ detail: "PayPal 503 Service Unavailable" })
    assert.deepStrictEqual(Schema.encodeUnknownSync(Problem.TryAgain)(problem), {
      type: "urn:payment-orchestrator:problem:try_again",
      status: 503,
      title: "Not possible right now",
      code: "try_again",
      retryable: true,
      detail: "PayPal 503 Service Unavailable",
    })
  })

  it.effect("reads windows of time, and refuses what is none", () =>
    Effect.sync(() => {
      const read = (text: string) => Option.getOrUndefined(Schema.decodeUnknownOption(Operations.Window)(text))
      assert.deepStrictEqual(["5m", "90s", "24h", "31d"].map(read), [300_000, 90_000, 86_400_000, 2_678_400_000])
      for (const text of ["", "5", "m", "0m", "32d", "-5m", "1.5h", "5 m", "1y"]) assert.isUndefined(read(text), text)
    }),
  )
})
