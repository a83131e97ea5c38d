import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { verify, X509Certificate } from "node:crypto"
import { crc32 } from "node:zlib"
import type { Entry } from "../src/Journal.ts"
import * as PayPalEmulator from "../src/PayPalEmulator.ts"
import { request } from "./support/Http.ts"
import * as Sdk from "./support/PayPalSdk.ts"
import * as Receiver from "./support/Receiver.ts"
import { bearer } from "./support/Token.ts"

const started = Effect.gen(function* () {
  const merchant = yield* Receiver.make
  const paypal = yield* PayPalEmulator.make({
    webhooks: [{ id: "8PT597110X687430L", url: merchant.url }],
    webhookRetries: Schedule.spaced("50 millis").pipe(Schedule.upTo({ times: 5 })),
  })
  const sdk = Sdk.make(paypal.url)
  return { merchant, paypal, sdk }
})

const approved = Effect.gen(function* () {
  const all = yield* started
  const id = (yield* Sdk.create(all.sdk, "create-1")).result.id ?? ""
  yield* all.paypal.buyer.approve(id)
  return { ...all, id }
})

/** PayPal's documented algorithm, with nothing but node. */
const verifies = (entry: Entry, pem: string, webhookId = "8PT597110X687430L", body = entry.body): boolean =>
  verify(
    "RSA-SHA256",
    Buffer.from(
      [
        entry.headers["paypal-transmission-id"],
        entry.headers["paypal-transmission-time"],
        webhookId,
        crc32(Buffer.from(body)),
      ].join("|"),
    ),
    new X509Certificate(pem).publicKey,
    Buffer.from(entry.headers["paypal-transmission-sig"] ?? "", "base64"),
  )

const first = (entries: ReadonlyArray<Entry>): Entry => {
  const [entry] = entries
  assert(entry !== undefined)
  return entry
}

describe("webhooks", () => {
  it.live("an approval is told, signed by PayPal's algorithm with the certificate at cert_url", () =>
    Effect.gen(function* () {
      const { id, merchant, paypal } = yield* approved
      const entry = first(yield* merchant.atLeast(1))
      const event = JSON.parse(entry.body)
      assert.strictEqual(event.event_type, "CHECKOUT.ORDER.APPROVED")
      assert.deepStrictEqual([event.resource.id, event.resource.status], [id, "APPROVED"])
      assert.strictEqual(event.resource.purchase_units[0].custom_id, "attempt_1")
      const url = entry.headers["paypal-cert-url"] ?? ""
      assert.isTrue(url.startsWith(`${paypal.url}/v1/notifications/certs/CERT-`))
      const pem = (yield* request(url)).text
      assert.isTrue(verifies(entry, pem))
      assert.isFalse(verifies(entry, pem, "OTHER"))
      assert.isFalse(verifies(entry, pem, undefined, `${entry.body} `))
    }),
  )

  it.live("the certificate names PayPal's host and chains to an authority of the emulator", () =>
    Effect.gen(function* () {
      const { paypal } = yield* started
      const { authorityPem, id, pem } = yield* paypal.certificate
      const leaf = new X509Certificate(pem)
      const authority = new X509Certificate(authorityPem)
      assert.strictEqual(leaf.checkHost("messageverificationcerts.paypal.com"), "messageverificationcerts.paypal.com")
      assert.strictEqual(leaf.checkHost("api.paypal.com"), undefined)
      assert.isTrue(leaf.checkIssued(authority))
      assert.isTrue(leaf.verify(authority.publicKey))
      assert.isTrue(authority.ca)
      assert.isFalse(leaf.ca)
      assert.strictEqual((yield* request(`${paypal.url}/emulator/authority.pem`)).text, authorityPem)
      assert.isAbove(leaf.validToDate.getTime(), leaf.validFromDate.getTime())
      yield* paypal.rotateCertificate
      const next = yield* paypal.certificate
      assert.notStrictEqual(next.id, id)
      assert.notStrictEqual(next.pem, pem)
      assert.strictEqual((yield* request(`${paypal.url}/v1/notifications/certs/${id}`)).text, pem)
    }),
  )

  it.live("F46: the postback verifies the exact bytes and nothing else", () =>
    Effect.gen(function* () {
      const { merchant, paypal } = yield* approved
      const entry = first(yield* merchant.atLeast(1))
      const headers = yield* bearer(paypal.url)
      const ask = (rawEvent: string, change: Record<string, string> = {}) => {
        const fields = {
          auth_algo: entry.headers["paypal-auth-algo"],
          cert_url: entry.headers["paypal-cert-url"],
          transmission_id: entry.headers["paypal-transmission-id"],
          transmission_sig: entry.headers["paypal-transmission-sig"],
          transmission_time: entry.headers["paypal-transmission-time"],
          webhook_id: "8PT597110X687430L",
          ...change,
        }
        return request(`${paypal.url}/v1/notifications/verify-webhook-signature`, {
          body: `${JSON.stringify(fields).slice(0, -1)},"webhook_event":${rawEvent}}`,
          headers,
        })
      }
      assert.strictEqual((yield* ask(entry.body)).json.verification_status, "SUCCESS")
      const pretty = JSON.stringify(JSON.parse(entry.body), null, 1)
      assert.strictEqual((yield* ask(pretty)).json.verification_status, "FAILURE")
      assert.strictEqual((yield* ask(entry.body, { webhook_id: "OTHER" })).json.verification_status, "FAILURE")
      assert.strictEqual(
        (yield* ask(entry.body, { cert_url: "http://evil.example/x" })).json.verification_status,
        "FAILURE",
      )
      const lacking = yield* ask(entry.body, { transmission_sig: "" })
      assert.deepStrictEqual([lacking.status, lacking.json.name], [400, "VALIDATION_ERROR"])
    }),
  )

  it.live("a capture and a refund are told in the shapes of v2", () =>
    Effect.gen(function* () {
      const { id, merchant, paypal, sdk } = yield* approved
      const { result } = yield* Sdk.capture(sdk, id, "c")
      const captureId = result.purchaseUnits?.[0]?.payments?.captures?.[0]?.id ?? ""
      yield* paypal.simulate.refund(captureId, { currency_code: "EUR", value: "2.00" })
      yield* merchant.atLeast(4)
      const bodies = yield* merchant.bodies
      const of = (type: string) => bodies.find((body) => body.event_type === type)?.resource
      assert.strictEqual(of("PAYMENT.CAPTURE.COMPLETED").supplementary_data.related_ids.order_id, id)
      assert.strictEqual(of("CHECKOUT.ORDER.COMPLETED").status, "COMPLETED")
      const refund = of("PAYMENT.CAPTURE.REFUNDED")
      assert.strictEqual(refund.amount.value, "2.00")
      assert.isTrue(
        refund.links.find((link: { rel: string }) => link.rel === "up").href.endsWith(`/captures/${captureId}`),
      )
    }),
  )

  it.live("F53: what is not answered with 2xx comes again, the same event with the same bytes", () =>
    Effect.gen(function* () {
      const { merchant, paypal, sdk } = yield* started
      yield* merchant.answer(500)
      const id = (yield* Sdk.create(sdk, "create-1")).result.id ?? ""
      yield* paypal.buyer.approve(id)
      const [one, two] = yield* merchant.atLeast(2)
      assert.strictEqual(one?.body, two?.body)
      yield* merchant.answer(200)
      yield* merchant.atLeast(3)
      yield* Effect.sleep("120 millis")
      assert.strictEqual((yield* merchant.received).length, 3)
      const [delivery] = yield* paypal.webhooks.deliveries
      assert.deepStrictEqual([delivery?.state, delivery?.attempts, delivery?.lastStatus], ["delivered", 3, 200])
    }),
  )

  it.live("F44, F45, F50: events can be doubled, swapped, late or lost, and resent by hand", () =>
    Effect.gen(function* () {
      const { merchant, paypal, sdk } = yield* started
      yield* paypal.webhooks.setFault({ duplicate: 1, times: 1 })
      const id = (yield* Sdk.create(sdk, "create-1")).result.id ?? ""
      yield* paypal.buyer.approve(id)
      const [one, two] = yield* merchant.atLeast(2)
      assert.strictEqual(one?.headers["paypal-transmission-id"], two?.headers["paypal-transmission-id"])
      yield* merchant.running.journal.clear
      yield* paypal.webhooks.setFault({ reorder: true, times: 1 })
      yield* Sdk.capture(sdk, id, "c")
      yield* merchant.atLeast(2)
      const swapped = (yield* merchant.bodies).map((body) => body.event_type)
      assert.deepStrictEqual(swapped, ["CHECKOUT.ORDER.COMPLETED", "PAYMENT.CAPTURE.COMPLETED"])
      yield* merchant.running.journal.clear
      yield* paypal.webhooks.setFault({ drop: true })
      const [capture] = yield* paypal.captures
      yield* paypal.simulate.refund(capture?.id ?? "")
      yield* Effect.sleep("50 millis")
      assert.strictEqual((yield* merchant.received).length, 0)
      const headers = yield* bearer(paypal.url)
      const list = yield* request(
        `${paypal.url}/v1/notifications/webhooks-events?event_type=PAYMENT.CAPTURE.REFUNDED&transaction_id=${capture?.id}`,
        { headers },
      )
      assert.strictEqual(list.json.count, 1)
      yield* paypal.webhooks.setFault({ delay: 300, times: 1 })
      const again = yield* request(`${paypal.url}/v1/notifications/webhooks-events/${list.json.events[0].id}/resend`, {
        body: {},
        headers,
      })
      assert.strictEqual(again.status, 202)
      assert.strictEqual((yield* merchant.received).length, 0)
      yield* merchant.atLeast(1)
      assert.strictEqual((yield* merchant.bodies)[0].id, list.json.events[0].id)
    }),
  )

  it.live("F51: only wanted types are sent; webhooks can be listed, added and removed over the API", () =>
    Effect.gen(function* () {
      const merchant = yield* Receiver.make
      const paypal = yield* PayPalEmulator.make()
      const headers = yield* bearer(paypal.url)
      const hooks = `${paypal.url}/v1/notifications/webhooks`
      const body = { url: merchant.url, event_types: [{ name: "PAYMENT.CAPTURE.COMPLETED" }] }
      const added = yield* request(hooks, { body, headers })
      assert.strictEqual(added.status, 201)
      assert.strictEqual((yield* request(hooks, { body, headers })).json.name, "WEBHOOK_URL_ALREADY_EXISTS")
      assert.strictEqual((yield* request(hooks, { headers })).json.webhooks[0].id, added.json.id)
      const sdk = Sdk.make(paypal.url)
      const id = (yield* Sdk.create(sdk, "k")).result.id ?? ""
      yield* paypal.buyer.approve(id)
      yield* Sdk.capture(sdk, id, "c")
      yield* merchant.atLeast(1)
      yield* Effect.sleep("50 millis")
      assert.deepStrictEqual(
        (yield* merchant.bodies).map((event) => event.event_type),
        ["PAYMENT.CAPTURE.COMPLETED"],
      )
      assert.strictEqual((yield* request(`${hooks}/${added.json.id}`, { method: "DELETE", headers })).status, 204)
    }),
  )

  it.live("F37: a dispute is opened, shown, blocks partial refunds and is resolved", () =>
    Effect.gen(function* () {
      const { id, merchant, paypal, sdk } = yield* approved
      yield* Sdk.capture(sdk, id, "c")
      const captureId = (yield* paypal.captures)[0]?.id ?? ""
      const dispute = yield* paypal.simulate.openDispute({ transactionId: captureId })
      const headers = yield* bearer(paypal.url)
      const shown = yield* request(`${paypal.url}/v1/customer/disputes/${dispute.id}`, { headers })
      assert.deepStrictEqual(
        [shown.json.disputed_transactions[0].seller_transaction_id, shown.json.disputed_transactions[0].custom],
        [captureId, "attempt_1"],
      )
      const partial = yield* Sdk.refusal(() =>
        sdk.payments.refundCapturedPayment({ captureId, body: { amount: { currencyCode: "EUR", value: "1.00" } } }),
      )
      assert.strictEqual(partial.issue, "TRANSACTION_DISPUTED")
      yield* paypal.simulate.resolveDispute(dispute.id, "RESOLVED_SELLER_FAVOUR")
      yield* merchant.atLeast(5)
      const types = (yield* merchant.bodies).map((body) => body.event_type)
      assert.includeMembers(types, ["CUSTOMER.DISPUTE.CREATED", "CUSTOMER.DISPUTE.RESOLVED"])
    }),
  )
})
