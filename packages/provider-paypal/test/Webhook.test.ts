import { Fault } from "@payment-orchestrator/emulators"
import { describe, expect, it } from "@effect/vitest"
import { Clock, Effect, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as Stage from "./support/Stage.ts"

const certificates = "GET /v1/notifications/certs/:id"
const verification = "POST /v1/notifications/verify-webhook-signature"

const attemptId = "att_01JD0000000000000000000000"
const approved = JSON.stringify({
  id: "WH-19973212WL0350101-0V985153WT7966604",
  event_type: "CHECKOUT.ORDER.APPROVED",
  create_time: "2018-19-12T22:20:32.000Z",
  resource: { id: "5O190127TN364715T", status: "APPROVED", purchase_units: [{ custom_id: attemptId }] },
})

describe("a delivery, checked here", () => {
  it.live("is believed with one certificate fetched for all, and PayPal is not asked", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      const webhook = yield* stage.signed(approved)
      const all = yield* Effect.all(
        Array.from({ length: 20 }, () => stage.provider.verifyWebhook(webhook)),
        { concurrency: "unbounded" },
      )
      expect(all[0]).toEqual([
        {
          provider: "paypal",
          eventId: "WH-19973212WL0350101-0V985153WT7966604",
          type: "CHECKOUT.ORDER.APPROVED",
          occurredAt: Option.none(),
          attemptId: Option.some(attemptId),
          subject: {
            _tag: "Session",
            sessionId: "5O190127TN364715T",
            state: "approved",
            subscriptionId: Option.none(),
          },
        },
      ])
      expect(yield* stage.emulator.journal.count(certificates)).toBe(1)
      expect(yield* stage.emulator.journal.count(verification)).toBe(0)
    }),
  )

  it.live("F48: may be signed for any of the configured webhooks, or for the one that is given with it", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make({ options: { webhookIds: ["OLD", "NEW"] } })
      for (const webhookId of ["OLD", "NEW"]) {
        expect((yield* stage.provider.verifyWebhook(yield* stage.signed(approved, { webhookId }))).length).toBe(1)
      }
      const other = yield* stage.signed(approved, { webhookId: "OTHER" })
      expect(yield* Effect.flip(stage.provider.verifyWebhook(other))).toMatchObject({ reason: "bad_signature" })
      expect((yield* stage.provider.verifyWebhook({ ...other, secret: "OTHER" })).length).toBe(1)
      expect(yield* Effect.flip(stage.provider.verifyWebhook({ ...other, secret: "NEW" }))).toMatchObject({
        reason: "bad_signature",
      })
    }),
  )

  it.live("cannot be checked without a webhook id", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make({ options: { webhookIds: [] } })
      expect(yield* Effect.flip(stage.provider.verifyWebhook(yield* stage.signed(approved)))).toMatchObject({
        reason: "not_configured",
      })
    }),
  )

  it.live("F49: names a certificate under PayPal's addresses, or nothing is fetched at all", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      for (const certUrl of [
        "https://evil.example/v1/notifications/certs/CERT-1",
        "https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1",
        "https://evilpaypal.com/v1/notifications/certs/CERT-1",
        "http://api.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com:8443/v1/notifications/certs/CERT-1",
        "https://user@api.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com/v1/notifications/certs/CERT-1?x=1",
        "https://api.paypal.com/v1/notifications/certs/../../evil",
        `${stage.emulator.url}/v1/notifications/certs/../../oauth2/token`,
        `${stage.emulator.url}/somewhere/CERT-1`,
        `http://127.0.0.1:1/v1/notifications/certs/CERT-1`,
        "file:///etc/passwd",
        "not a url",
      ]) {
        const webhook = yield* stage.signed(approved, { headers: { "paypal-cert-url": certUrl } })
        expect(yield* Effect.flip(stage.provider.verifyWebhook(webhook))).toMatchObject({ reason: "bad_signature" })
      }
      expect(yield* stage.emulator.journal.count()).toBe(0)
    }),
  )

  it.live("F47: is refused when older than seven days, or when its time is none", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      const week = 7 * 86_400_000
      const now = yield* Clock.currentTimeMillis
      const young = yield* stage.signed(approved, { at: now - week + 60_000 })
      expect((yield* stage.provider.verifyWebhook(young)).length).toBe(1)
      const old = yield* stage.signed(approved, { at: now - week - 60_000 })
      expect(yield* Effect.flip(stage.provider.verifyWebhook(old))).toMatchObject({ reason: "stale" })
      const timeless = yield* stage.signed(approved, { headers: { "paypal-transmission-time": "yesterday" } })
      expect(yield* Effect.flip(stage.provider.verifyWebhook(timeless))).toMatchObject({ reason: "bad_signature" })
    }),
  )

  it.live("that is signed but no event is malformed", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      for (const body of [
        "",
        "null",
        "[]",
        "{",
        '{"id":"WH-1"}',
        '{"id":"WH-1","event_type":"CHECKOUT.ORDER.APPROVED","resource":{}}',
      ]) {
        expect(yield* Effect.flip(stage.provider.verifyWebhook(yield* stage.signed(body)))).toMatchObject({
          reason: "malformed",
        })
      }
    }),
  )

  it.live("with another algorithm is refused", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      const webhook = yield* stage.signed(approved, { headers: { "paypal-auth-algo": "SHA1withRSA" } })
      expect(yield* Effect.flip(stage.provider.verifyWebhook(webhook))).toMatchObject({ reason: "bad_signature" })
    }),
  )
})

describe("a delivery whose certificate cannot be had", () => {
  it.live.each([
    ["404", Fault.status(404)],
    ["503", Fault.status(503)],
    ["a page", Fault.html(200)],
    ["a redirect", Fault.redirect("https://evil.example/cert.pem")],
    ["a reset connection", Fault.reset()],
    ["no end", Fault.status(200, { body: "x".repeat(200_000) })],
  ] as const)(
    "because the answer is %s: PayPal is asked instead, and for ten minutes the certificate is not",
    ([, fault]) =>
      Effect.gen(function* () {
        const stage = yield* Stage.make()
        yield* stage.emulator.faults.add({ route: certificates, fault })
        for (let turn = 0; turn < 3; turn++) {
          expect((yield* stage.provider.verifyWebhook(yield* stage.signed(approved))).length).toBe(1)
        }
        expect(yield* stage.emulator.journal.count(certificates)).toBe(1)
        expect(yield* stage.emulator.journal.count(verification)).toBe(3)
        const forged = {
          ...(yield* stage.signed(approved)),
          body: new TextEncoder().encode(approved.replace("5O19", "6O19")),
        }
        expect(yield* Effect.flip(stage.provider.verifyWebhook(forged))).toMatchObject({ reason: "bad_signature" })
      }),
  )

  it.live("because it is somewhere else now: the redirect is not followed, though it leads to a good one", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      const webhook = yield* stage.signed(approved)
      const location = String(webhook.headers["paypal-cert-url"])
      yield* stage.emulator.faults.add({ route: certificates, fault: Fault.redirect(location), times: 1 })
      yield* stage.provider.verifyWebhook(webhook)
      expect(yield* stage.emulator.journal.count(certificates)).toBe(1)
      expect(yield* stage.emulator.journal.count(verification)).toBe(1)
    }),
  )

  it.live("F49: while PayPal cannot be asked either is not refused but told as an outage", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      yield* stage.emulator.faults.add({ route: "*", fault: Fault.status(503) })
      expect(yield* Effect.flip(stage.provider.verifyWebhook(yield* stage.signed(approved)))).toMatchObject({
        _tag: "TransientPaymentError",
        operation: "verifyWebhook",
        status: 503,
      })
    }),
  )

  it.live("F49: whoever names ever new certificates causes at most ten fetches a minute", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      for (let turn = 0; turn < 15; turn++) {
        const certUrl = `${stage.emulator.url}/v1/notifications/certs/CERT-${turn}`
        const webhook = yield* stage.signed(approved, { headers: { "paypal-cert-url": certUrl } })
        expect(yield* Effect.flip(stage.provider.verifyWebhook(webhook))).toMatchObject({ reason: "bad_signature" })
      }
      expect(yield* stage.emulator.journal.count(certificates)).toBe(10)
    }),
  )

  it.effect("because it is out of date: PayPal is asked, and it is fetched again", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      yield* stage.provider.verifyWebhook(yield* stage.signed(approved))
      expect(yield* stage.emulator.journal.count(verification)).toBe(0)
      yield* TestClock.adjust("366 days")
      expect((yield* stage.provider.verifyWebhook(yield* stage.signed(approved))).length).toBe(1)
      expect(yield* stage.emulator.journal.count(verification)).toBe(1)
    }),
  )
})

describe("a delivery, checked by PayPal", () => {
  it.live("F46: goes back byte for byte, every time", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make({ options: { webhookVerify: "postback" } })
      const body = `{"id":"WH-1",  "event_type":"INVOICING.INVOICE.PAID","resource":{"rate":1.0,"name":"caf\\u00e9 \\/ é" }}`
      expect(yield* stage.provider.verifyWebhook(yield* stage.signed(body))).toEqual([])
      expect(yield* stage.provider.verifyWebhook(yield* stage.signed(body))).toEqual([])
      const asked = (yield* stage.emulator.journal.requests).filter(({ route }) => route === verification)
      expect(asked.length).toBe(2)
      expect(asked[0]?.body).toContain(`"webhook_event":${body}}`)
      expect(yield* stage.emulator.journal.count(certificates)).toBe(0)
    }),
  )

  it.live("cannot smuggle a webhook id of its own into the question", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make({ options: { webhookVerify: "postback" } })
      for (const body of [
        `{},"webhook_id":"ATTACKER","webhook_event":{"id":"WH-1","event_type":"CHECKOUT.ORDER.APPROVED"}`,
        `{}}{`,
        `{} {}`,
      ]) {
        expect(yield* Effect.flip(stage.provider.verifyWebhook(yield* stage.signed(body)))).toMatchObject({
          reason: "malformed",
        })
      }
      const bytes = { ...(yield* stage.signed("{}")), body: Uint8Array.from([0x22, 0xff, 0x22]) }
      expect(yield* Effect.flip(stage.provider.verifyWebhook(bytes))).toMatchObject({ reason: "malformed" })
      expect(yield* stage.emulator.journal.count(verification)).toBe(0)
    }),
  )

  it.live("is asked about for each configured webhook, and refused when none fits", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make({ options: { webhookVerify: "postback", webhookIds: ["OLD", Stage.webhookId] } })
      expect((yield* stage.provider.verifyWebhook(yield* stage.signed(approved))).length).toBe(1)
      expect(yield* stage.emulator.journal.count(verification)).toBe(2)
      const other = yield* stage.signed(approved, { webhookId: "OTHER" })
      expect(yield* Effect.flip(stage.provider.verifyWebhook(other))).toMatchObject({ reason: "bad_signature" })
    }),
  )

  it.live.each([400, 422])("and not even well-formed to it (%i) is refused", (status) =>
    Effect.gen(function* () {
      const stage = yield* Stage.make({ options: { webhookVerify: "postback" } })
      yield* stage.emulator.faults.add({ route: verification, fault: Fault.status(status) })
      expect(yield* Effect.flip(stage.provider.verifyWebhook(yield* stage.signed(approved)))).toMatchObject({
        reason: "bad_signature",
      })
    }),
  )

  it.live.each([403, 429, 500])("that does not answer the question (%i) is neither believed nor refused", (status) =>
    Effect.gen(function* () {
      const stage = yield* Stage.make({ options: { webhookVerify: "postback" } })
      yield* stage.emulator.faults.add({ route: verification, fault: Fault.status(status) })
      expect(yield* Effect.flip(stage.provider.verifyWebhook(yield* stage.signed(approved)))).toMatchObject({
        operation: "verifyWebhook",
        status,
      })
    }),
  )
})

const link = (rel: string, query: string) => ({
  rel,
  href: `https://api-m.paypal.com/v1/notifications/webhooks-events?${query}`,
})

const page = (ids: ReadonlyArray<string>, next: string | undefined) => ({
  events: [...ids.map((id) => ({ ...JSON.parse(approved), id })), { id: "WH-X", event_type: "INVOICING.INVOICE.PAID" }],
  links: [link("self", "page_size=300"), ...(next === undefined ? [] : [link("next", next)])],
})

describe("events that nobody received", () => {
  it.live("F50: are told page by page, unknown types left out", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      const route = "GET /v1/notifications/webhooks-events"
      yield* stage.emulator.faults.add({
        route,
        fault: Fault.status(200, { body: page(["WH-3", "WH-2"], "page_size=300&start_index=2") }),
        times: 1,
      })
      yield* stage.emulator.faults.add({
        route,
        fault: Fault.status(200, { body: page(["WH-1"], undefined) }),
        times: 1,
      })
      const events = yield* Stream.runCollect(stage.provider.missedEvents(1_790_000_000_000))
      expect(events.map(({ eventId }) => eventId)).toEqual(["WH-3", "WH-2", "WH-1"])
      const asked = (yield* stage.emulator.journal.requests).filter((one) => one.route === route)
      expect(asked.map(({ query }) => new URLSearchParams(query).get("start_index"))).toEqual([null, "2"])
      expect(new URLSearchParams(asked[0]?.query).get("start_time")).toBe("2026-09-21T14:13:20.000Z")
    }),
  )
})
