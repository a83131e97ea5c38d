/**
 * The same request twice does the thing once: a claim per tenant and key. Kept for 24 hours.
 *
 * The first answer is kept when it is final (2xx and 422); after any other answer the same key tries again.
 */
import { Timestamp } from "@payment-orchestrator/domain"
import { Context, Effect, Layer } from "effect"

/** What a claim finds. */
export type Claim =
  | { readonly _tag: "Fresh"; readonly subject: string }
  | { readonly _tag: "Replay"; readonly answer: string }
  | { readonly _tag: "Running" }
  | { readonly _tag: "OtherBody" }

export interface Key {
  readonly tenantId: string
  readonly key: string
}

export interface Service {
  /** Claims a key for a body's fingerprint. `subject` names what is made; a repeat after a failure gets the first one's. */
  readonly claim: (key: Key, fingerprint: string, subject: string) => Effect.Effect<Claim>
  /** Keeps the final answer. */
  readonly settle: (key: Key, answer: string) => Effect.Effect<void>
  /** Lets the same key try again. */
  readonly release: (key: Key) => Effect.Effect<void>
}

const lifetimeMillis = 24 * 3_600_000

interface Entry {
  readonly fingerprint: string
  readonly subject: string
  readonly claimedAt: number
  readonly state: "running" | "released" | { readonly answer: string }
}

export class Idempotency extends Context.Service<Idempotency, Service>()("@payment-orchestrator/payments/Idempotency") {
  /** Lost with the process. */
  static readonly layerMemory: Layer.Layer<Idempotency> = Layer.sync(Idempotency, () => {
    const entries = new Map<string, Entry>()
    const nameOf = ({ key, tenantId }: Key) => JSON.stringify([tenantId, key])
    const change = (key: Key, state: Entry["state"]) =>
      Effect.sync(() => {
        const entry = entries.get(nameOf(key))
        if (entry !== undefined) entries.set(nameOf(key), { ...entry, state })
      })

    /** Entries stand in the order of their claims, so the old ones are in front. */
    const forgetOld = (now: number) => {
      for (const [name, { claimedAt }] of entries) {
        if (claimedAt + lifetimeMillis > now) return
        entries.delete(name)
      }
    }

    return Idempotency.of({
      claim: (key, fingerprint, subject) =>
        Effect.map(Timestamp.now, (now): Claim => {
          forgetOld(now)
          const entry = entries.get(nameOf(key))
          if (entry === undefined) {
            entries.set(nameOf(key), { fingerprint, subject, claimedAt: now, state: "running" })
            return { _tag: "Fresh", subject }
          }
          if (entry.fingerprint !== fingerprint) return { _tag: "OtherBody" }
          if (entry.state === "running") return { _tag: "Running" }
          if (entry.state === "released") {
            entries.set(nameOf(key), { ...entry, state: "running" })
            return { _tag: "Fresh", subject: entry.subject }
          }
          return { _tag: "Replay", answer: entry.state.answer }
        }),
      settle: (key, answer) => change(key, { answer }),
      release: (key) => change(key, "released"),
    })
  })
}
