import { errors } from "@polar-sh/sdk/2026-10"
import { PolarClientError, PolarNetworkError, PolarRateLimitError } from "@polar-sh/sdk"
import { createCheckouts, getCheckouts, listCheckouts, updateCheckouts } from "@polar-sh/sdk/2026-10/services/checkouts"
import { listOrganizations } from "@polar-sh/sdk/2026-10/services/organizations"
import { getProducts } from "@polar-sh/sdk/2026-10/services/products"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as PolarEmulator from "../src/PolarEmulator.ts"
import { body, call, open, rejection, sdk } from "./PolarShop.ts"

const detail = (error: unknown) => {
  if (!(error instanceof errors.HTTPValidationError)) return assert.fail(`not a validation error: ${String(error)}`)
  const items = error.error.detail
  if (!Array.isArray(items)) return assert.fail("no list of details")
  return items.map((item) => ({ loc: item.loc, type: item.type, msg: item.msg }))
}

describe("a checkout of the Polar stand-in", () => {
  it.live("is open for 24 hours, has a page, and gives the buyer's id back in its success address", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make()
      const checkout = yield* open(polar)
      assert.strictEqual(checkout.status, "open")
      assert.strictEqual(checkout.amount, 1999)
      assert.strictEqual(checkout.total_amount, 1999)
      assert.strictEqual(checkout.tax_amount, null)
      assert.strictEqual(Date.parse(checkout.expires_at) - Date.parse(checkout.created_at), 86_400_000)
      assert.strictEqual(checkout.success_url, `https://shop.example/ok?checkout_id=${checkout.id}`)
      assert.isTrue(checkout.url.startsWith(`${polar.url}/checkout/polar_c_`))
      assert.isTrue(checkout.allow_discount_codes)
      assert.deepStrictEqual(checkout.metadata, { attempt_id: "att_1" })
      const read = yield* Effect.promise(() => getCheckouts(sdk(polar))(checkout.id))
      assert.deepStrictEqual(read, checkout)
    }),
  )

  it.live("is made twice by the same request sent twice, whatever key comes with it", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make()
      const key = { "idempotency-key": "same" }
      const first = yield* call(polar, "POST", "/v1/checkouts/", body(), key)
      const second = yield* call(polar, "POST", "/v1/checkouts/", body(), key)
      assert.deepStrictEqual([first.status, second.status], [201, 201])
      assert.strictEqual((yield* polar.checkouts).length, 2)
    }),
  )

  it.live("is refused field by field when its body does not fit", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make()
      const answer = yield* call(polar, "POST", "/v1/checkouts/", {
        products: ["no-uuid"],
        success_url: "/relative",
        metadata: { empty: "" },
        unknown_field: true,
      })
      assert.strictEqual(answer.status, 422)
      assert.deepNestedPropertyVal(answer.value, "error", "RequestValidationError")
      assert.deepNestedPropertyVal(answer.value, "detail[0].loc", ["body", "products", 0])
      assert.deepNestedPropertyVal(answer.value, "detail[1].loc", ["body", "success_url"])
      assert.deepNestedPropertyVal(answer.value, "detail[2].loc", ["body", "metadata", "empty", "constrained-str"])
      const missing = yield* call(polar, "POST", "/v1/checkouts/", {})
      assert.deepNestedPropertyVal(missing.value, "detail[0].type", "missing")
      const noJson = yield* call(polar, "POST", "/v1/checkouts/", undefined)
      assert.strictEqual(noJson.status, 422)
      assert.strictEqual((yield* polar.checkouts).length, 0)
    }),
  )

  it.live("is refused for a product, a discount or a currency the organisation does not have", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make()
      const unknown = "99999999-9999-4999-8999-999999999999"
      const noProduct = yield* rejection(() => createCheckouts(sdk(polar))({ products: [unknown] }))
      assert.deepStrictEqual(detail(noProduct)[0], {
        loc: ["body", "products", 0],
        type: "value_error",
        msg: "Product does not exist.",
      })
      const noDiscount = yield* rejection(() => createCheckouts(sdk(polar))(body({ discount_id: unknown })))
      assert.deepStrictEqual(detail(noDiscount)[0]?.loc, ["body", "discount_id"])
      const noCurrency = yield* rejection(() => createCheckouts(sdk(polar))(body({ currency: "eur" })))
      assert.strictEqual(detail(noCurrency)[0]?.msg, "Product is not available in the specified currency.")
    }),
  )

  it.live("needs a price in the organisation's currency beside the one that is charged", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make()
      const id = PolarEmulator.carrierProductId
      const eur = { amount_type: "fixed" as const, price_amount: 1500, price_currency: "eur" as const }
      const usd = { amount_type: "fixed" as const, price_amount: 1700, price_currency: "usd" as const }
      const alone = yield* rejection(() =>
        createCheckouts(sdk(polar))(body({ currency: "eur", prices: { [id]: [eur] } })),
      )
      assert.deepStrictEqual(detail(alone)[0]?.loc, ["body", "prices", id])
      const both = yield* open(polar, { currency: "eur", prices: { [id]: [eur, usd] } })
      assert.strictEqual(both.currency, "eur")
      assert.strictEqual(both.amount, 1500)
    }),
  )

  it.live("is refused under a currency's minimum and above the maximum", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make({ defaultCurrency: "jpy" })
      const at = (price_amount: number) =>
        call(polar, "POST", "/v1/checkouts/", {
          products: [PolarEmulator.carrierProductId],
          prices: {
            [PolarEmulator.carrierProductId]: [{ amount_type: "fixed", price_amount, price_currency: "jpy" }],
          },
        })
      const statuses = yield* Effect.forEach([79, 80, 99_999_999, 100_000_000, 0], at)
      assert.deepStrictEqual(
        statuses.map((answer) => answer.status),
        [422, 201, 201, 422, 201],
      )
    }),
  )

  it.live("is refused because of an undeliverable e-mail address, and of that field only", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make()
      const error = yield* rejection(() =>
        createCheckouts(sdk(polar))(body({ customer_email: "a@mail.undeliverable.example" })),
      )
      assert.deepStrictEqual(
        detail(error).map((item) => item.loc),
        [["body", "customer_email"]],
      )
    }),
  )

  it.live("changes by PATCH while it is open, and is free with a discount of 100 %", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make()
      const checkout = yield* open(polar)
      const update = updateCheckouts(sdk(polar))
      const free = yield* Effect.promise(() =>
        update(checkout.id, { discount_id: PolarEmulator.fullDiscountId, metadata: { superseded: "yes" } }),
      )
      assert.strictEqual(free.total_amount, 0)
      assert.isFalse(free.is_payment_required)
      assert.deepStrictEqual(free.metadata, { superseded: "yes" })
      yield* polar.buyer.pay(checkout.id)
      const late = yield* rejection(() => update(checkout.id, { metadata: { late: "yes" } }))
      assert.instanceOf(late, errors.CheckoutsUpdate403Error)
      assert.deepNestedPropertyVal(late, "error.error", "NotOpenCheckout")
    }),
  )

  it.live("expires on the emulator's clock", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make()
      const checkout = yield* open(polar)
      yield* polar.clock.advance("24 hours")
      const read = yield* Effect.promise(() => getCheckouts(sdk(polar))(checkout.id))
      assert.strictEqual(read.status, "expired")
      const refused = yield* Effect.flip(polar.buyer.pay(checkout.id))
      assert.strictEqual(refused.status, 403)
      assert.strictEqual((yield* polar.orders).length, 0)
    }),
  )
})

describe("the list of checkouts", () => {
  it.live("finds by product, status and e-mail address, newest first, at most 100 at a time", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make()
      const first = yield* open(polar, { customer_email: "ada@shop.example" })
      const second = yield* open(polar, { customer_email: "Ada.L@shop.example" })
      yield* open(polar, { customer_email: "bob@shop.example" })
      const list = listCheckouts(sdk(polar))
      const found = yield* Effect.promise(() =>
        list({ product_id: PolarEmulator.carrierProductId, status: ["open"], query: "ada", limit: 1000 }),
      )
      assert.deepStrictEqual(
        found.items.map((item) => item.id),
        [second.id, first.id],
      )
      const paged = yield* Effect.promise(() => list({ limit: 2, page: 2 }))
      assert.deepStrictEqual(paged.pagination, { total_count: 3, max_page: 2 })
      assert.deepStrictEqual(
        paged.items.map((item) => item.id),
        [first.id],
      )
      const wrong = yield* call(polar, "GET", "/v1/checkouts/?status=paid")
      assert.strictEqual(wrong.status, 422)
    }),
  )

  it.live("finds a checkout whose answer was lost, by its e-mail address and metadata", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make()
      yield* polar.faults.add({ route: "POST /v1/checkouts/", fault: { kind: "Reset", apply: true }, times: 1 })
      const lost = yield* rejection(() => createCheckouts(sdk(polar))(body({ metadata: { attempt_id: "att_lost" } })))
      assert.instanceOf(lost, PolarNetworkError)
      const list = listCheckouts(sdk(polar))
      const found = yield* Effect.promise(() => list({ query: "buyer@shop.example", status: ["open"] }))
      assert.deepStrictEqual(
        found.items.map((item) => item.metadata["attempt_id"]),
        ["att_lost"],
      )
    }),
  )

  it.live("does not find a new customer's checkout by the external customer id", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make()
      const checkout = yield* open(polar, { external_customer_id: "user_1" })
      const list = listCheckouts(sdk(polar))
      const before = yield* Effect.promise(() => list({ external_customer_id: "user_1" }))
      assert.strictEqual(before.items.length, 0)
      yield* polar.buyer.pay(checkout.id)
      const after = yield* Effect.promise(() => list({ external_customer_id: "user_1" }))
      assert.strictEqual(after.items.length, 1)
    }),
  )
})

describe("the door of the Polar stand-in", () => {
  it.live("redirects a path that lacks its slash, and does not know other versions", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make()
      const redirected = yield* call(polar, "POST", "/v1/checkouts", body())
      assert.strictEqual(redirected.status, 307)
      assert.strictEqual(redirected.headers.get("location"), `${polar.url}/v1/checkouts/`)
      const version = yield* call(polar, "GET", "/v1/checkouts/", undefined, { "polar-version": "1999-01" })
      assert.deepStrictEqual([version.status, version.value], [404, { detail: "Not Found" }])
      const known = yield* call(polar, "GET", "/v1/checkouts/", undefined, { "polar-version": "2026-10" })
      assert.strictEqual(known.headers.get("polar-version"), "2026-10")
      const method = yield* call(polar, "PUT", "/v1/checkouts/")
      assert.strictEqual(method.status, 405)
    }),
  )

  it.live("refuses a wrong token with 401, a token without the scope with 403", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make({ scopes: ["checkouts:read"] })
      const wrong = yield* rejection(() => createCheckouts(sdk(polar, "polar_oat_other"))(body()))
      assert.instanceOf(wrong, PolarClientError)
      assert.propertyVal(wrong, "statusCode", 401)
      assert.include(String(wrong.error), "invalid_token")
      const narrow = yield* rejection(() => createCheckouts(sdk(polar))(body()))
      assert.propertyVal(narrow, "statusCode", 403)
      assert.include(String(narrow), "insufficient_scope")
    }),
  )

  it.live("answers 429 with a time to wait above the rate limit", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make({ rateLimit: { requests: 1, windowMillis: 60_000 } })
      const list = listCheckouts(sdk(polar))
      yield* Effect.promise(() => list())
      const limited = yield* rejection(() => list())
      assert.instanceOf(limited, PolarRateLimitError)
      assert.isAbove(limited.retryAfter ?? 0, 50)
      yield* polar.clock.advance("1 minute")
      yield* Effect.promise(() => list())
    }),
  )

  it.live("plays a fault instead of the route, and answers an unknown id with 404", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make()
      const checkout = yield* open(polar)
      yield* polar.faults.add({ route: "GET /v1/checkouts/:id", fault: { kind: "Status", status: 503 }, times: 1 })
      const down = yield* call(polar, "GET", `/v1/checkouts/${checkout.id}`)
      assert.strictEqual(down.status, 503)
      const unknown = yield* call(polar, "GET", "/v1/checkouts/99999999-9999-4999-8999-999999999999")
      assert.deepStrictEqual([unknown.status, unknown.value], [404, { error: "ResourceNotFound", detail: "Not found" }])
    }),
  )

  it.live("shows its products and its organisation", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make()
      const product = yield* Effect.promise(() => getProducts(sdk(polar))(PolarEmulator.catalogProductId))
      assert.isTrue(product.is_recurring)
      assert.strictEqual(product.prices.length, 2)
      const organizations = yield* Effect.promise(() => listOrganizations(sdk(polar))())
      assert.strictEqual(organizations.items[0]?.default_presentment_currency, "usd")
    }),
  )
})
