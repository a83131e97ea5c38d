import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Buyer from "./Buyer.ts"
import * as Collector from "./Collector.ts"
import * as House from "./House.ts"
import * as Receiver from "./Receiver.ts"
import { until } from "./Time.ts"

const collectorToken = "canary-collector-token"

const start = Effect.fnUntraced(function* (environment: { readonly [name: string]: string } = {}) {
  const collector = yield* Collector.make
  const house = yield* House.start({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${collectorToken}`,
    OTEL_BSP_SCHEDULE_DELAY: "50",
    PAYMENT_ENCRYPTION_KEY: Buffer.alloc(32, 5).toString("base64"),
    PAYMENT_ALLOW_PRIVATE_ENDPOINTS: "true",
    ...environment,
  })
  return { collector, house }
})

const attribute = ({ attributes }: Collector.Span, name: string) =>
  JSON.stringify(attributes.find(({ key }) => key === name)?.value)

describe("traces", () => {
  it.live(
    "one of a checkout that failed over, from the request through both providers' calls; webhook and delivery are linked to it",
    () =>
      Effect.gen(function* () {
        const { collector, house } = yield* start()
        const shop = yield* Receiver.make()
        yield* house.send("POST", "/v1/webhook_endpoints", { body: { url: shop.url, events: ["checkout.*"] } })
        yield* house.paypal.refuse(true)
        const checkout = yield* Buyer.opened(house)
        assert.strictEqual(checkout.provider, "polar")
        yield* house.polar.buyer.pay(checkout.provider_session_id)
        yield* until(
          Effect.sync(() => shop.types()),
          (types) => types.includes("checkout.paid"),
        )
        const named = (name: string) => collector.spans().filter((span) => span.name === name)
        const deliveries = yield* until(
          Effect.sync(() => named("Deliveries.send")),
          ({ length }) => length >= 2,
        )

        const request = named("POST").find((span) => attribute(span, "http.route")?.includes("/v1/checkouts"))
        assert.isDefined(request)
        const inTrace = collector.spans().filter(({ traceId }) => traceId === request.traceId)
        const ids = new Set(inTrace.map(({ spanId }) => spanId))
        for (const { parentSpanId, spanId } of inTrace) {
          assert.isTrue(spanId === request.spanId || ids.has(parentSpanId ?? ""), "a span hangs in the air")
        }
        const turns = inTrace.filter(({ name }) => name === "Failover.turn").map((span) => attribute(span, "provider"))
        assert.deepStrictEqual(turns.toSorted(), ['{"stringValue":"paypal"}', '{"stringValue":"polar"}'])
        const calls = inTrace.filter(({ name }) => name === "PaymentProvider.createCheckoutSession")
        assert.deepStrictEqual(
          calls.map((span) => [attribute(span, "provider"), span.status.code]).toSorted(),
          // OTLP's codes: 1 is well, 2 is an error.
          [
            ['{"stringValue":"paypal"}', 2],
            ['{"stringValue":"paypal"}', 2],
            ['{"stringValue":"paypal"}', 2],
            ['{"stringValue":"polar"}', 1],
          ].slice(-calls.length),
        )

        const isLinked = ({ links }: Collector.Span) => links.some(({ traceId }) => traceId === request.traceId)
        assert.isTrue(deliveries.every(isLinked), "a delivery is not linked")
        assert.isTrue(named("Settlement.settle").some(isLinked), "the look that found the money is not linked")
        const webhook = named("WebhookInbox.receive").find(isLinked)
        assert.isDefined(webhook, "the webhook is not linked")
        assert.isTrue(
          collector
            .spans()
            .some((span) => span.traceId === webhook.traceId && attribute(span, "http.route")?.includes("/webhooks/")),
          "the webhook's span is not under its request",
        )
        const line = house.log.find((text) => text.includes(request.traceId) && text.includes("POST /v1/checkouts 201"))
        assert.isDefined(line, "the log does not lead to the trace")
      }),
  )

  it.live("hold no secret, no buyer's link, no query and no header, whatever goes wrong", () =>
    Effect.gen(function* () {
      const { collector, house } = yield* start({ PAYMENT_MAX_RETRIES: "0", PAYMENT_TIMEOUT: "0.3" })
      const checkout = yield* Buyer.opened(house, { customer_email: "canary@example.com" })
      yield* Buyer.opens(house, checkout)
      yield* house.send("GET", "/v1/checkouts?reference=canary-query", { key: "sk_canary_wrong_0123" })
      yield* house.send("POST", "/webhooks/stripe", {
        key: null,
        body: "{}",
        headers: { "stripe-signature": "canary" },
      })
      for (const status of [401, 422, 503]) {
        for (const emulator of [house.paypal, house.polar, house.stripe]) {
          yield* emulator.faults.add({ route: "*", fault: { kind: "Status", status }, times: 3 })
        }
        yield* House.open(house)
      }
      yield* until(
        Effect.sync(() => collector.spans().length),
        (count) => count > 30,
      )
      yield* Effect.sleep("200 millis")
      const seen = collector.bodies.join("\n")
      const token = new URL(checkout.link).pathname.split("/")[2] ?? "none"
      for (const secret of [
        ...Object.values(House.canaries),
        token,
        "canary@example.com",
        "canary-query",
        "sk_canary",
        collectorToken,
      ]) {
        assert.notInclude(seen, secret)
      }
      assert.include(seen, "/pay/…")
      assert.deepInclude(collector.headers[0], { url: "/v1/traces", authorization: `Bearer ${collectorToken}` })
    }),
  )

  it.live("are not collected, kept or looked up when no collector is named; a wrong name stops the start", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      yield* House.open(house)
      assert.isFalse(house.log.some((line) => line.includes("trace_id")))
      const wrong = yield* Effect.exit(
        House.start({ OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318", OTEL_EXPORTER_OTLP_HEADERS: "canary secret" }),
      )
      const told = JSON.stringify(wrong)
      assert.include(told, "OTEL_EXPORTER_OTLP_ENDPOINT")
      assert.include(told, "must be an http(s) URL")
      assert.include(told, "OTEL_EXPORTER_OTLP_HEADERS")
      assert.notInclude(told, "canary secret")
    }),
  )
})
