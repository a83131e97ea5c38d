import { assert, describe, it } from "@effect/vitest"
import { Result, Schema, SchemaIssue } from "effect"
import { Catalog, CheckoutRequest, Event, Text, Timestamp, WebhookEndpoint } from "@payment-orchestrator/domain"

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** Each fault as `path: what is wrong`; none when it is read. */
const faults = (schema: Schema.Codec<unknown, unknown>, input: unknown): ReadonlyArray<string> =>
  Result.match(Schema.decodeUnknownResult(schema)(input), {
    onSuccess: () => [],
    onFailure: ({ issue }) => format(issue).issues.map(({ message, path = [] }) => `${path.join(".")}: ${message}`),
  })
const faultsOf = (input: unknown) => faults(CheckoutRequest.CheckoutRequest, input)

describe("a request for a checkout", () => {
  it("has an amount that its currency can have and that is more than nothing", () => {
    for (const amount of ["0.01", "99.99", 20, 0.5]) assert.deepStrictEqual(faultsOf({ amount }), [])
    assert.deepStrictEqual(faultsOf({ amount: "1", currency: "JPY" }), [])
    assert.deepStrictEqual(faultsOf({ amount: "0.00" }), ["amount: must be more than 0 (the least is 0.01)"])
    assert.deepStrictEqual(faultsOf({ amount: "0", currency: "JPY" }), ["amount: must be more than 0 (the least is 1)"])
    assert.deepStrictEqual(faultsOf({ amount: "1.001" }), [
      "amount: must have at most 2 decimals, because USD has no more",
    ])
    for (const amount of [-1, 1e21, 0.1 + 0.2, "", "x", "-1", "1,50", ".5", "1e3"]) {
      assert.deepStrictEqual(faultsOf({ amount }), ['amount: must be a positive decimal such as "99.99"'])
    }
  })

  it("is of a tenant that is named by letters, digits, dashes and underscores alone", () => {
    for (const tenantId of ["a", "shop-1_B", "x".repeat(64)]) {
      assert.deepStrictEqual(faultsOf({ amount: "1", tenantId }), [], tenantId)
    }
    for (const tenantId of ["", "shop 1", "shop/1", "/shop", "x".repeat(65)]) {
      assert.deepStrictEqual(faultsOf({ amount: "1", tenantId }), [
        "tenantId: must be 1 to 64 letters, digits, dashes or underscores",
      ])
    }
  })

  it("has an amount or a price, and a price where it is for a subscription", () => {
    assert.deepStrictEqual(faultsOf({ priceId: "gold" }), [])
    assert.deepStrictEqual(faultsOf({ mode: "subscription", priceId: "gold" }), [])
    assert.deepStrictEqual(faultsOf({}), ["amount: is needed, or a price_id whose amount the catalog knows"])
    assert.deepStrictEqual(faultsOf({ mode: "subscription", amount: "5.00" }), [
      "priceId: is needed for a subscription",
    ])
  })

  it("has an address that mail can be sent to", () => {
    const mail = (customerEmail: string) => faultsOf({ amount: "5.00", customerEmail })
    const long = (length: number) => `buyer@${"x".repeat(length - 10)}.com`
    for (const address of ["buyer@example.com", "käufer+1@mail.bücher.example", `${"b".repeat(64)}@a.co`, long(254)]) {
      assert.deepStrictEqual(mail(address), [], address)
    }
    for (const address of [
      long(255),
      "buyer",
      "buyer@localhost",
      "@example.com",
      "a b@example.com",
      "buyer@example.com.",
      "buyer@example.com x",
      "a@b@example.com",
      `${"b".repeat(65)}@example.com`,
      "buyer\ud800@example.com",
    ]) {
      assert.deepStrictEqual(mail(address), ["customerEmail: must be an e-mail address"], address)
    }
  })

  it("names the key or the number of its metadata that is at fault", () => {
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, "v"]))
    assert.deepStrictEqual(faults(CheckoutRequest.Metadata, many), [": must have at most 50 keys"])
    assert.deepStrictEqual(faults(CheckoutRequest.Metadata, { ok: "v", "a\nb": "v" }), [
      "a\nb: must have a key of 1 to 40 characters without control characters",
    ])
  })
})

describe("an entry of the catalog", () => {
  it("names its amount when its currency cannot have it", () => {
    assert.deepStrictEqual(faults(Catalog.Catalog, { gold: { amount: "1.5", currency: "JPY" } }), [
      "gold.amount: must have no decimals, because JPY has none",
    ])
  })
})

describe("a URL of the merchant's shop", () => {
  const fault = ": must be an absolute https: (or http:) URL without user information, at most 2,048 characters"

  it("is as long as 2,048 characters, and holds neither a user nor a password", () => {
    const long = (length: number) => "https://shop.example/".padEnd(length, "x")
    assert.deepStrictEqual(faults(Text.WebUrl, long(2_048)), [])
    for (const url of [long(2_049), "https://user@shop.example/", "https://:secret@shop.example/"]) {
      assert.deepStrictEqual(faults(Text.WebUrl, url), [fault])
    }
  })
})

describe("what an endpoint wants to hear", () => {
  it("is a type, all of one object, or everything", () => {
    for (const pattern of ["payment.captured", "payment.*", "*"]) {
      assert.deepStrictEqual(faults(WebhookEndpoint.EventPattern, pattern), [], pattern)
    }
    for (const pattern of ["payment", "paymentxx", "payment.", "nothing.*", "**", ""]) {
      assert.deepStrictEqual(
        faults(WebhookEndpoint.EventPattern, pattern),
        [": must be a type of event, all of one object (payment.*), or *"],
        pattern,
      )
    }
  })
})

describe("what is said of a field that is not taken", () => {
  it("is a sentence about it: a time, the events that an endpoint wants", () => {
    for (const text of ["yesterday", "", "2026-13-01"]) {
      assert.deepStrictEqual(faults(Timestamp.Timestamp, text), [
        ": must be an ISO 8601 time, e.g. 2026-11-22T20:00:00Z",
      ])
    }
    const { events } = WebhookEndpoint.settings
    assert.deepStrictEqual(faults(events, []), [": must name at least one type of event"])
    const many = Event.EventType.literals.concat(Array.from({ length: 30 }, () => "checkout.paid" as const))
    assert.include(faults(events, many).join("; "), "must have at most 50 patterns")
    assert.deepStrictEqual(faults(events, ["checkout.paid"]), [])
  })
})
