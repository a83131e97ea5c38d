import { createHmac } from "node:crypto"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import { TestClock } from "effect/testing"
import type { Webhook } from "@payment-orchestrator/domain"
import * as Stripe from "@payment-orchestrator/provider-stripe"
import { Stripe as StripeSdk } from "stripe"
import { session, webhookSecret as secret } from "./Server.ts"

const now = 1_780_000_000
const encode = (text: string) => new TextEncoder().encode(text)

const event = (overrides: object = {}) => ({
  id: "evt_1",
  object: "event",
  api_version: "2026-10-28.endive",
  type: "checkout.session.expired",
  created: now,
  livemode: false,
  data: { object: session({ status: "expired" }) },
  ...overrides,
})

const body = (value: unknown = event()) => encode(JSON.stringify(value))

const tag = (bytes: Uint8Array, key = secret, at: string | number = now) =>
  createHmac("sha256", key).update(`${at}.`).update(bytes).digest("hex")

const header = (bytes: Uint8Array, key = secret, at = now) => `t=${at},v1=${tag(bytes, key, at)}`

const delivery = (bytes: Uint8Array, signature: string | ReadonlyArray<string> | undefined): Webhook.RawWebhook => ({
  headers: { "stripe-signature": signature },
  body: bytes,
})

const verify = (webhook: Webhook.RawWebhook, secrets: ReadonlyArray<string> = [secret], apiKey = "sk_test_1") =>
  Effect.gen(function* () {
    yield* TestClock.setTime(now * 1000)
    const stripe = yield* Stripe.make({
      apiKey: Redacted.make(apiKey),
      webhookSecrets: secrets.map((one) => Redacted.make(one)),
    })
    return yield* stripe.verifyWebhook(webhook)
  })

const reason = (webhook: Webhook.RawWebhook, secrets?: ReadonlyArray<string>) =>
  Effect.map(Effect.flip(verify(webhook, secrets)), (error) => error.reason)

const signed = (value: unknown, apiKey?: string) => verify(delivery(body(value), header(body(value))), [secret], apiKey)

describe("a delivery", () => {
  it.effect("signed as Stripe's own SDK signs is believed", () =>
    Effect.gen(function* () {
      const payload = JSON.stringify(event())
      const signature = StripeSdk.webhooks.generateTestHeaderString({ payload, secret, timestamp: now })
      expect(yield* verify(delivery(encode(payload), signature))).toEqual([
        {
          provider: "stripe",
          eventId: "evt_1",
          type: "checkout.session.expired",
          occurredAt: Option.some(now * 1000),
          attemptId: Option.none(),
          subject: { _tag: "Session", sessionId: "cs_test_1", state: "expired", subscriptionId: Option.none() },
        },
      ])
    }),
  )

  it.effect("F48: is believed under any of several secrets and any of several signatures, others schemes aside", () =>
    Effect.gen(function* () {
      const bytes = body()
      const secrets = ["whsec_old", secret]
      expect(yield* verify(delivery(bytes, header(bytes)), secrets)).toHaveLength(1)
      expect(yield* verify(delivery(bytes, header(bytes, "whsec_old")), secrets)).toHaveLength(1)
      const several = `t=${now},v1=${"0".repeat(64)}, v1=${tag(bytes)},v0=${"f".repeat(64)}`
      expect(yield* verify(delivery(bytes, several))).toHaveLength(1)
      expect(yield* verify({ ...delivery(bytes, header(bytes, "whsec_own")), secret: "whsec_own" })).toHaveLength(1)
      expect(yield* reason({ ...delivery(bytes, header(bytes)), secret: "whsec_own" })).toBe("bad_signature")
    }),
  )

  it.effect("F48: without a header, with two of them, or with one that cannot be read is refused", () =>
    Effect.gen(function* () {
      const bytes = body()
      expect(yield* reason(delivery(bytes, undefined))).toBe("missing_header")
      expect(yield* reason(delivery(bytes, ""))).toBe("missing_header")
      expect(yield* reason(delivery(bytes, [header(bytes), header(bytes)]))).toBe("duplicate_header")
      const unreadable = [
        "x",
        `t=${now}`,
        `v1=${tag(bytes)}`,
        `t=${now},v1=zz`,
        `t=soon,v1=${tag(bytes, secret, "soon")}`,
        `t=${now},t=${now},v1=${tag(bytes)}`,
        `t=${now},v0=${tag(bytes)}`,
        `t=-5,v1=${tag(bytes, secret, "-5")}`,
      ]
      for (const one of unreadable) expect(yield* reason(delivery(bytes, one))).toBe("bad_signature")
    }),
  )

  it.effect("F47: is believed for 300 seconds, in the past and in the future", () =>
    Effect.gen(function* () {
      const bytes = body()
      const at = (offset: number) => delivery(bytes, header(bytes, secret, now + offset))
      expect(yield* verify(at(-300))).toHaveLength(1)
      expect(yield* verify(at(300))).toHaveLength(1)
      expect(yield* reason(at(-301))).toBe("stale")
      expect(yield* reason(at(301))).toBe("stale")
      expect(yield* reason(delivery(bytes, `t=${now + 9999},v1=${tag(bytes)}`))).toBe("bad_signature")
    }),
  )

  it.effect("F46: counts by its raw bytes: other bytes that decode to the same text are refused", () =>
    Effect.gen(function* () {
      const bytes = body(event({ note: "\ufffd" }))
      const spoiled = Uint8Array.from(bytes.join(",").replace("239,191,189", "255").split(","), Number)
      expect(new TextDecoder().decode(spoiled)).toBe(new TextDecoder().decode(bytes))
      expect(yield* reason(delivery(spoiled, header(bytes)))).toBe("bad_signature")
      expect(yield* reason(delivery(Uint8Array.of(0xef, 0xbb, 0xbf, ...bytes), header(bytes)))).toBe("bad_signature")
    }),
  )

  it.effect("is refused when no secret is configured, or only a blank one that anybody could sign with", () =>
    Effect.gen(function* () {
      const bytes = body()
      expect(yield* reason(delivery(bytes, header(bytes)), [])).toBe("not_configured")
      expect(yield* reason(delivery(bytes, header(bytes, "")), [""])).toBe("not_configured")
      expect(yield* reason({ ...delivery(bytes, header(bytes, " ")), secret: " " })).toBe("not_configured")
    }),
  )

  it.effect("that is signed and is no event is malformed", () =>
    Effect.gen(function* () {
      const broken = [
        encode("{"),
        encode(""),
        encode("[]"),
        encode("3"),
        Uint8Array.of(0xff, 0xfe),
        body({ object: "event" }),
      ]
      for (const bytes of broken) expect(yield* reason(delivery(bytes, header(bytes)))).toBe("malformed")
      const other = body(event({ data: { object: { id: "cus_1", object: "customer" } } }))
      expect(yield* reason(delivery(other, header(other)))).toBe("malformed")
    }),
  )

  it.effect("F52: of a type that is not needed, or in the thin format, tells nothing; a newer version is read", () =>
    Effect.gen(function* () {
      expect(yield* signed(event({ type: "customer.created", data: { object: {} } }))).toEqual([])
      expect(yield* signed({ object: "v2.core.event", id: "evt_2", type: "v2.x" })).toEqual([])
      expect(yield* signed(event({ api_version: "2031-01-01.rose", extra: { a: 1 } }))).toHaveLength(1)
    }),
  )

  it.effect("F51: of the other mode, or of a connected account, tells nothing", () =>
    Effect.gen(function* () {
      expect(yield* signed(event({ livemode: true }))).toEqual([])
      expect(yield* signed(event({ livemode: false }), "sk_live_1")).toEqual([])
      expect(yield* signed(event({ livemode: true }), "sk_live_1")).toHaveLength(1)
      expect(yield* signed(event({ account: "acct_other" }))).toEqual([])
    }),
  )
})
