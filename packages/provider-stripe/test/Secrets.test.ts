/** Nothing that was configured comes out again: not in an error, however it is printed, and not in the service itself. */
import { inspect } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import { Cause, Effect, Schema } from "effect"
import { PaymentError } from "@payment-orchestrator/domain"
import { Sample } from "@payment-orchestrator/provider-kit"
import { apiKey, type Behaviour, provider, refusal, webhookSecret } from "./Server.ts"

const canaries = [apiKey, webhookSecret, "canaryKey", "canarySecret"]

const printed = (value: unknown) => [
  inspect(value, { depth: 12, showHidden: true, getters: true }),
  JSON.stringify(value) ?? "",
  String(value),
  Cause.pretty(Cause.fail(value)),
  ...(value instanceof Error ? [value.stack ?? "", inspect(value.cause)] : []),
]

const clean = (value: unknown) => {
  for (const text of printed(value)) for (const canary of canaries) expect(text).not.toContain(canary)
}

/** Answers that repeat what they were sent. */
const answers: ReadonlyArray<readonly [name: string, behaviour: Behaviour]> = [
  ["a 401 that repeats the key", refusal(401, { message: `Invalid API Key provided: ${apiKey}`, code: apiKey })],
  [
    "a 400 that repeats the key in every field",
    refusal(400, { type: apiKey, code: apiKey, message: `Bearer ${apiKey} and ${webhookSecret}` }),
  ],
  [
    "a 402 whose message ends in the middle of a key",
    refusal(402, { code: "x", message: `${"x".repeat(285)} ${apiKey}` }),
  ],
  ["a 500 with the key in its request id", { ...refusal(500, { message: apiKey }), headers: { "request-id": apiKey } }],
  ["a page that repeats the key", { status: 502, body: `<html>${apiKey}</html>` }],
  ["a success of another shape that repeats the key", { body: { id: apiKey, object: apiKey } }],
  ["a reset connection", "reset"],
]

describe("no secret comes out of", () => {
  for (const [name, behaviour] of answers) {
    it.live(name, () =>
      Effect.gen(function* () {
        const { server, stripe } = yield* provider(() => behaviour)
        const request = yield* Sample.sessionRequest()
        const create = yield* Effect.flip(stripe.createCheckoutSession(request))
        const refund = yield* Effect.flip(Effect.flatMap(Sample.refundRequest("pi_1"), stripe.refund))
        for (const error of [create, refund]) {
          clean(error)
          clean(yield* Schema.encodeEffect(PaymentError.PaymentError)(error))
        }
        clean(yield* stripe.checkAvailability)
        // the key was really sent: the test would see it
        expect(server.asked[0]?.headers.authorization).toBe(`Bearer ${apiKey}`)
      }),
    )
  }

  it.live("a refused webhook", () =>
    Effect.gen(function* () {
      const { stripe } = yield* provider(() => "reset")
      const body = new TextEncoder().encode("{}")
      for (const signature of [undefined, webhookSecret, `t=1,v1=${"0".repeat(64)}`]) {
        const headers = { "stripe-signature": signature }
        clean(yield* Effect.flip(stripe.verifyWebhook({ headers, body })))
        clean(yield* Effect.flip(stripe.verifyWebhook({ headers, body, secret: webhookSecret })))
      }
    }),
  )

  it.live("the provider itself", () =>
    Effect.gen(function* () {
      const { stripe } = yield* provider(() => "reset")
      clean(stripe)
    }),
  )
})
