/** Deliveries signed as Polar signs them. */
import { createHmac } from "node:crypto"
import { Clock, Effect } from "effect"
import type { Webhook } from "@payment-orchestrator/domain"

export const secret = "whsec_Y2FuYXJ5U2VjcmV0MDEyMzQ1Njc4OQ=="

export interface Signing {
  readonly id?: string
  readonly secret?: string
  /** `raw`: the UTF-8 bytes of the whole secret; `standard`: what is base64 after `whsec_`. */
  readonly key?: "raw" | "standard"
  /** Milliseconds added to now. */
  readonly shift?: number
}

/** A delivery of a payload (an object, or the very text) at the current time of the clock. */
export const signed = (payload: object | string, signing: Signing = {}): Effect.Effect<Webhook.RawWebhook> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const body = typeof payload === "string" ? payload : JSON.stringify(payload)
    const id = signing.id ?? "evt-1"
    const timestamp = String(Math.floor((now + (signing.shift ?? 0)) / 1000))
    const text = signing.secret ?? secret
    const key = signing.key === "raw" ? Buffer.from(text) : Buffer.from(text.replace(/^whsec_/, ""), "base64")
    const mac = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")
    return {
      headers: { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${mac}` },
      body: Buffer.from(body),
    }
  })
