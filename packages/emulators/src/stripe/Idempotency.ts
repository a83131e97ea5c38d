/**
 * Idempotency keys: the first answer of a request that was carried out is kept for 24 hours and given again, a 500 too;
 * what failed validation is not kept.
 *
 * Source: docs.stripe.com/api/idempotent_requests.
 */
import type { Answer } from "../Answer.ts"

/** How long a key is remembered, in seconds. */
export const lifetime = 86_400

/** What a key stands for: the request that is being carried out, or its answer. */
interface Entry {
  readonly fingerprint: string
  readonly since: number
  readonly answer: Answer | null
}

/** What to do with a request that brings a key. */
export type Verdict =
  | { readonly kind: "first" }
  | { readonly kind: "replay"; readonly answer: Answer }
  | { readonly kind: "reused" }
  | { readonly kind: "in use" }

/** The keys of one account. `now` is in seconds. */
export interface Keys {
  /** Claims the key when it is free; `keep` or `release` must follow. */
  readonly claim: (key: string, fingerprint: string, now: number) => Verdict
  readonly keep: (key: string, answer: Answer) => void
  readonly release: (key: string) => void
  readonly clear: () => void
}

/** No keys yet. */
export const make = (): Keys => {
  const entries = new Map<string, Entry>()
  return {
    claim: (key, fingerprint, now) => {
      const entry = entries.get(key)
      if (entry === undefined || now - entry.since >= lifetime) {
        entries.set(key, { fingerprint, since: now, answer: null })
        return { kind: "first" }
      }
      if (entry.fingerprint !== fingerprint) return { kind: "reused" }
      return entry.answer === null ? { kind: "in use" } : { kind: "replay", answer: entry.answer }
    },
    keep: (key, answer) => {
      const entry = entries.get(key)
      if (entry !== undefined) entries.set(key, { ...entry, answer })
    },
    release: (key) => {
      if (entries.get(key)?.answer === null) entries.delete(key)
    },
    clear: () => entries.clear(),
  }
}

/** Two requests with the same fingerprint ask for the same; the order of parameters does not matter. */
export const fingerprint = (method: string, path: string, params: URLSearchParams): string => {
  const sorted = [...params]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .toSorted()
  return `${method} ${path}?${sorted.join("&")}`
}
