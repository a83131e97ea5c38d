/** Deliveries that nobody but an attacker sends, some 150 over three schemes: none is believed. */
import { assert, describe, it } from "@effect/vitest"
import { Timestamp } from "@payment-orchestrator/domain"
import { DateTime, Effect } from "effect"
import { createHmac, generateKeyPairSync, randomUUID, sign } from "node:crypto"
import { crc32 } from "node:zlib"
import { becomes, checkout, opened, silent } from "./Buyer.ts"
import { collide, filler } from "./hostile/Collision.ts"
import { type Delivery, type Forgery, forgeries, post } from "./hostile/Wire.ts"
import * as House from "./House.ts"
import { until } from "./Time.ts"

const dayMillis = 86_400_000
const webhookId = "WH-CANARY-1"

const buys = {
  paypal: (house: House.House, session: string) => Effect.orDie(Effect.asVoid(house.paypal.buyer.approve(session))),
  polar: (house: House.House, session: string) => Effect.orDie(Effect.asVoid(house.polar.buyer.pay(session))),
  stripe: (house: House.House, session: string) => Effect.orDie(Effect.asVoid(house.stripe.buyer.pay(session))),
}

/** A delivery as its provider has made it. */
const made = (house: House.House, provider: keyof typeof buys, type: string) =>
  Effect.gen(function* () {
    const order = yield* opened(house, { preferred_provider: provider })
    yield* buys[provider](house, order.provider_session_id)
    const delivery = yield* until(
      Effect.map(house[provider].webhooks.deliveries, (all) => all.find((one) => one.type === type && one.body !== "")),
      (one) => one !== undefined,
    )
    const headers = Object.fromEntries(
      Object.entries(delivery?.headers ?? {}).filter(([name]) => /signature|webhook-|paypal-/.test(name)),
    )
    return { headers, body: Buffer.from(delivery?.body ?? "") }
  })

const inbox = (house: House.House) =>
  Effect.map(house.send("GET", "/v1/inbox?limit=100"), ({ json }) => (json as { data: ReadonlyArray<unknown> }).data)

/** Every one is refused and leaves nothing; the genuine one is taken. */
const refused = Effect.fnUntraced(function* (
  house: House.House,
  provider: keyof typeof buys,
  genuine: Delivery,
  all: ReadonlyArray<Forgery>,
) {
  const url = `${house.url}/webhooks/${provider}`
  assert.strictEqual(yield* post(url, genuine), 200, "the genuine one")
  yield* silent(house)
  yield* until(house[provider].webhooks.deliveries, (all) => all.every(({ state }) => state !== "waiting"))
  const before = (yield* inbox(house)).length
  for (const forgery of all) assert.strictEqual(yield* post(url, forgery), 400, forgery.name)
  assert.strictEqual((yield* inbox(house)).length, before)
})

/** A time that was so many milliseconds ago. */
const iso = (ago: number) => Effect.map(Timestamp.now, (now) => DateTime.formatIso(DateTime.makeUnsafe(now - ago)))

/** Signs as PayPal does: over the checksum of the body. */
const signed = Effect.fnUntraced(function* ({ paypal }: House.House, body: Buffer) {
  const { id: certificate, key } = yield* paypal.certificate
  const [id, time] = [randomUUID(), yield* iso(0)]
  return {
    body,
    headers: {
      "paypal-transmission-id": id,
      "paypal-transmission-time": time,
      "paypal-transmission-sig": sign(
        "RSA-SHA256",
        Buffer.from(`${id}|${time}|${webhookId}|${crc32(body)}`),
        key,
      ).toString("base64"),
      "paypal-cert-url": `${paypal.url}/v1/notifications/certs/${certificate}`,
      "paypal-auth-algo": "SHA256withRSA",
    },
  }
})

describe("F47, F48: a forged delivery", () => {
  it.live("of Stripe is refused", () =>
    Effect.gen(function* () {
      const house = yield* House.start({ PAYMENT_RATE_LIMIT: "0" })
      const genuine = yield* made(house, "stripe", "checkout.session.completed")
      const { body } = genuine
      const now = Math.floor((yield* Timestamp.now) / 1000)
      const mac = (at: number | string, secret = House.canaries.stripeWebhook) =>
        createHmac("sha256", secret).update(`${at}.`).update(body).digest("hex")
      const headed = (name: string, signature: string) => ({ name, body, headers: { "stripe-signature": signature } })
      const all = [
        ...forgeries(genuine, { signature: "stripe-signature", signed: ["stripe-signature"] }),
        headed("signed with another secret", `t=${now},v1=${mac(now, "whsec_other")}`),
        headed("signed with Polar's secret", `t=${now},v1=${mac(now, House.canaries.polarWebhook)}`),
        headed("six minutes old", `t=${now - 360},v1=${mac(now - 360)}`),
        headed("six minutes in the future", `t=${now + 360},v1=${mac(now + 360)}`),
        headed("another time than was signed", `t=${now},v1=${mac(now - 1)}`),
        headed("no time", `v1=${mac(now)}`),
        headed("two times", `t=${now - 9999},t=${now},v1=${mac(now - 9999)}`),
        headed("a time that is none", `t=NaN,v1=${mac("NaN")}`),
        headed("a negative time", `t=-1,v1=${mac(-1)}`),
        headed("the test scheme", `t=${now},v0=${mac(now)}`),
        headed("an unknown scheme", `t=${now},v2=${mac(now)}`),
        headed("only commas", ",,,,"),
        headed("ten thousand signatures", `t=${now},${Array.from({ length: 1_000 }, () => "v1=00").join(",")}`),
      ]
      yield* refused(house, "stripe", genuine, all)
    }),
  )

  it.live("of Polar is refused", () =>
    Effect.gen(function* () {
      const house = yield* House.start({ PAYMENT_RATE_LIMIT: "0" })
      const genuine = yield* made(house, "polar", "order.paid")
      const { body } = genuine
      const id = String(genuine.headers["webhook-id"])
      const now = Math.floor((yield* Timestamp.now) / 1000)
      const key = Buffer.from(House.canaries.polarWebhook.slice("whsec_".length), "base64")
      const mac = (at: number | string, of = id, secret = key) =>
        createHmac("sha256", secret).update(`${of}.${at}.`).update(body).digest("base64")
      const headed = (name: string, at: number | string, signature: string, of = id) => ({
        name,
        body,
        headers: { "webhook-id": of, "webhook-timestamp": String(at), "webhook-signature": signature },
      })
      const all = [
        ...forgeries(genuine, {
          signature: "webhook-signature",
          signed: ["webhook-id", "webhook-timestamp", "webhook-signature"],
        }),
        headed("signed with another secret", now, `v1,${mac(now, id, Buffer.alloc(32))}`),
        headed("signed with the empty key", now, `v1,${mac(now, id, Buffer.alloc(0))}`),
        headed("six minutes old", now - 360, `v1,${mac(now - 360)}`),
        headed("six minutes in the future", now + 360, `v1,${mac(now + 360)}`),
        headed("another time than was signed", now, `v1,${mac(now - 1)}`),
        headed("another id than was signed", now, `v1,${mac(now)}`, "other"),
        headed("id and time run together", `${id}.${now}`, `v1,${mac(now)}`, ""),
        headed("a time that is none", "soon", `v1,${mac("soon")}`),
        headed("an unknown scheme", now, `v2,${mac(now)}`),
        headed("the asymmetric scheme", now, `v1a,${mac(now)}`),
        headed("no scheme", now, mac(now)),
        headed("in hexadecimal", now, `v1,${Buffer.from(mac(now), "base64").toString("hex")}`),
        headed("only the beginning of the signature", now, `v1,${mac(now).slice(0, 8)}`),
        headed("a thousand wrong signatures", now, Array.from({ length: 500 }, () => "v1,AAAA").join(" ")),
      ]
      yield* refused(house, "polar", genuine, all)
    }),
  )

  it.live("of PayPal is refused, and no certificate is fetched from anybody else", () =>
    Effect.gen(function* () {
      const house = yield* House.start({ PAYMENT_RATE_LIMIT: "0" })
      const genuine = yield* made(house, "paypal", "CHECKOUT.ORDER.APPROVED")
      const { body, headers } = genuine
      const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey
      const { key } = yield* house.paypal.certificate
      const [id, time] = ["paypal-transmission-id", "paypal-transmission-time"].map((name) => String(headers[name]))
      const proof = (over: { at?: string; webhook?: string; by?: typeof key; crc?: number | string } = {}) =>
        sign(
          "RSA-SHA256",
          Buffer.from(`${id}|${over.at ?? time}|${over.webhook ?? webhookId}|${over.crc ?? crc32(body)}`),
          over.by ?? key,
        ).toString("base64")
      const headed = (name: string, change: { readonly [name: string]: string }) => ({
        name,
        body,
        headers: { ...headers, ...change },
      })
      const [now, eightDaysAgo] = [yield* iso(0), yield* iso(8 * dayMillis)]
      const names = [
        "paypal-transmission-id",
        "paypal-transmission-time",
        "paypal-transmission-sig",
        "paypal-cert-url",
        "paypal-auth-algo",
      ]
      const certificate = new URL(String(headers["paypal-cert-url"]))
      const addresses = [
        "https://evil.example/v1/notifications/certs/CERT-1",
        "https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1",
        "https://evilpaypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1",
        "https://api.paypal.com:8443/v1/notifications/certs/CERT-1",
        "https://api.paypal.com/v1/notifications/certs/../../../evil",
        "https://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "data:text/plain,CERT",
        "//evil.example/v1/notifications/certs/CERT-1",
        "",
        `${house.url}/v1/notifications/certs/CERT-1`,
        `${certificate.origin}/v1/oauth2/token`,
        `${certificate.origin}.evil.example${certificate.pathname}`,
      ]
      const fetched = yield* house.paypal.journal.count("GET /v1/notifications/certs/:id")
      const all = [
        ...forgeries(genuine, { signature: "paypal-transmission-sig", signed: names }),
        ...addresses.map((address) => headed(`certificate from ${address}`, { "paypal-cert-url": address })),
        headed("signed by a stranger", { "paypal-transmission-sig": proof({ by: stranger }) }),
        headed("signed for another webhook", { "paypal-transmission-sig": proof({ webhook: "WH-OTHER" }) }),
        headed("another id than was signed", { "paypal-transmission-id": randomUUID() }),
        headed("another time than was signed", { "paypal-transmission-time": now }),
        headed("eight days old", {
          "paypal-transmission-time": eightDaysAgo,
          "paypal-transmission-sig": proof({ at: eightDaysAgo }),
        }),
        headed("with the checksum in hexadecimal", {
          "paypal-transmission-sig": proof({ crc: crc32(body).toString(16) }),
        }),
        headed("with SHA-1", { "paypal-auth-algo": "SHA1withRSA" }),
        headed("with no algorithm", { "paypal-auth-algo": "none" }),
        headed("with an HMAC", { "paypal-auth-algo": "HmacSHA256" }),
      ]
      yield* refused(house, "paypal", genuine, all)
      assert.isAtMost((yield* house.paypal.journal.count("GET /v1/notifications/certs/:id")) - fetched, 1)
    }),
  )

  it.live("of PayPal with the checksum of a genuine one moves no money, and does not silence the genuine one", () =>
    Effect.gen(function* () {
      const house = yield* House.start({ PAYMENT_RATE_LIMIT: "0" })
      yield* silent(house)
      const victim = yield* opened(house)
      const order = yield* opened(house)
      yield* buys.paypal(house, order.provider_session_id)
      const event = (yield* house.paypal.events).find(({ type }) => type === "CHECKOUT.ORDER.APPROVED")
      const told = event?.envelope ?? {}
      const genuine = yield* signed(house, Buffer.from(JSON.stringify(told)))
      const capture = {
        id: "8XX00000000000000",
        status: "COMPLETED",
        amount: { currency_code: "USD", value: "99.99" },
        supplementary_data: { related_ids: { order_id: victim.provider_session_id } },
      }
      const text = JSON.stringify({ ...told, event_type: "PAYMENT.CAPTURE.COMPLETED", resource: capture, note: filler })
      const forged = Buffer.from(collide(text, crc32(genuine.body)))
      assert.strictEqual(crc32(forged), crc32(genuine.body))
      assert.include(forged.toString(), victim.provider_session_id)
      const url = `${house.url}/webhooks/paypal`
      assert.strictEqual(yield* post(url, { ...genuine, body: forged }), 200, "PayPal's own signature holds")
      yield* until(house.paypal.journal.count("GET /v2/checkout/orders/:id"), (looks) => looks > 0)
      yield* Effect.sleep("500 millis")
      assert.deepInclude(yield* checkout(house, victim), { status: "open", amount_paid: "0.00" })
      // The genuine one bears the same event id, and is acted upon all the same.
      assert.deepInclude(yield* checkout(house, order), { status: "open" })
      assert.strictEqual(yield* post(url, genuine), 200)
      yield* becomes(house, order, "paid")
      assert.deepInclude(yield* checkout(house, victim), { status: "open", amount_paid: "0.00" })
    }),
  )
})
