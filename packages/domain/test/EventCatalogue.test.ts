import { assert, describe, it } from "@effect/vitest"
import { DeliverySchedule, Event, EventCatalogue, WebhookEndpoint } from "@payment-orchestrator/domain"
import { Effect, Schema } from "effect"
import { readFileSync } from "node:fs"

const decode = Schema.decodeUnknownEffect(EventCatalogue.EventJson)
const encode = Schema.encodeEffect(EventCatalogue.EventJson)

const Envelope = Schema.Struct({
  livemode: Schema.Boolean,
  tenant_id: Schema.String,
  object_id: Schema.String,
  provider: Schema.NullOr(Schema.String),
  data: Schema.Struct({
    id: Schema.optionalKey(Schema.String),
    provider: Schema.optionalKey(Schema.NullOr(Schema.String)),
  }),
})

describe("the catalogue of events", () => {
  it("has an entry with a version and a moment for every type", () => {
    assert.sameMembers(
      EventCatalogue.entries.map(({ type }) => type),
      [...Event.EventType.literals],
    )
    for (const { moment, type, version } of EventCatalogue.entries) {
      assert.match(version, /^[1-9][0-9]*$/, type)
      assert.isAbove(moment.length, 10, type)
      assert.strictEqual(EventCatalogue.versionOf(type), version)
    }
  })

  it.effect("has an example of every type that its schema reads and writes again as it was", () =>
    Effect.gen(function* () {
      for (const { example, type } of EventCatalogue.entries) {
        const event = yield* decode(example)
        assert.strictEqual(event.type, type)
        assert.deepStrictEqual(yield* encode(event), example, type)
      }
    }),
  )

  it("names in each example the object and the provider that it is about, and the tenant there is", () => {
    for (const { example, type } of EventCatalogue.entries) {
      const { data, livemode, object_id, provider, tenant_id } = Schema.decodeUnknownSync(Envelope)(example)
      assert.deepStrictEqual({ livemode, tenant_id }, { livemode: true, tenant_id: "default" }, type)
      assert.strictEqual(provider, data.provider ?? null, type)
      assert.strictEqual(object_id, data.id ?? data.provider, type)
      assert.isNotEmpty(object_id, type)
    }
  })

  it.effect("tells by the type what the data is", () =>
    Effect.gen(function* () {
      const paid = EventCatalogue.entries.find(({ type }) => type === "checkout.paid")
      const event = yield* decode(paid?.example)
      assert.strictEqual(event.type === "checkout.paid" ? event.data.amountPaid : undefined, 9_999)
    }),
  )

  it.effect("refuses an event whose data is of another object, or whose type it does not know", () =>
    Effect.gen(function* () {
      const [opened] = EventCatalogue.entries
      const example = Object(opened?.example)
      assert.isTrue((yield* Effect.exit(decode({ ...example, type: "refund.failed" })))._tag === "Failure")
      assert.isTrue((yield* Effect.exit(decode({ ...example, type: "checkout.exploded" })))._tag === "Failure")
    }),
  )
})

describe("docs/webhooks.md", () => {
  const text = readFileSync(new URL("../../../docs/webhooks.md", import.meta.url), "utf8")

  it("lists the catalogue as it is", () => {
    const rows = [...text.matchAll(/^\| `([a-z]+\.[a-z_]+)` \| (.+) \|$/gm)].map(([, type, moment]) => ({
      type,
      moment,
    }))
    assert.deepStrictEqual(
      rows,
      EventCatalogue.entries.map(({ moment, type }) => ({ type, moment })),
    )
  })

  it("tells the schedule of retries as it is", () => {
    const words = (millis: number) => {
      if (millis < 60_000) return `${millis / 1000} s`
      return millis < 3_600_000 ? `${millis / 60_000} min` : `${millis / 3_600_000} h`
    }
    assert.include(text, `tried again after ${DeliverySchedule.retries.map(words).join(", ")},`)
  })
})

describe("patterns of events", () => {
  it("are a type, all of one object, or everything", () => {
    const isPattern = Schema.is(WebhookEndpoint.EventPattern)
    for (const pattern of ["*", "payment.*", "payment.captured", "endpoint.test"])
      assert.isTrue(isPattern(pattern), pattern)
    for (const pattern of ["", "**", "payment", "payment.", "pay.*", "payment.c*", "*.captured", "Payment.*"]) {
      assert.isFalse(isPattern(pattern), pattern)
    }
  })

  it("match a type by its three patterns", () => {
    assert.deepStrictEqual(WebhookEndpoint.patternsOf("refund.failed"), ["refund.failed", "refund.*", "*"])
  })
})
