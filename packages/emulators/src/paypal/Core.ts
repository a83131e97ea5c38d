/**
 * What all parts of the PayPal emulator share: its address, its time, its memory, and how it tells the world.
 */
import { DateTime, Effect, Random } from "effect"
import type { EmulatorClock } from "../EmulatorClock.ts"
import type { Fields } from "./Checks.ts"
import type * as Model from "./Model.ts"

export interface Memory {
  readonly orders: Map<string, Model.Order>
  readonly captures: Map<string, Model.Capture>
  readonly refunds: Map<string, Model.Refund>
  readonly plans: Map<string, Model.Plan>
  readonly subscriptions: Map<string, Model.Subscription>
  readonly sales: Map<string, Model.Sale>
  readonly disputes: Map<string, Model.Dispute>
  readonly webhooks: Map<string, Model.Webhook>
  readonly events: Map<string, Model.Event>
}

export const emptyMemory = (): Memory => ({
  orders: new Map(),
  captures: new Map(),
  refunds: new Map(),
  plans: new Map(),
  subscriptions: new Map(),
  sales: new Map(),
  disputes: new Map(),
  webhooks: new Map(),
  events: new Map(),
})

/** A thing that happened, before it is wrapped and signed. */
export interface News {
  readonly type: string
  readonly resourceType: string
  readonly resourceVersion: "1.0" | "2.0"
  readonly summary: string
  readonly resource: Fields
  readonly transactionIds: ReadonlyArray<string>
}

export interface Core {
  /** Without a trailing slash. */
  readonly url: string
  readonly clock: EmulatorClock
  readonly memory: Memory
  /** How long an order can be approved and captured, in milliseconds. */
  readonly orderLife: number
  /** The account's setting that refuses a second payment of one `invoice_id`. */
  readonly uniqueInvoices: boolean
  /** Stores the event and delivers it to the webhooks that want it, in the background. */
  readonly emit: (news: News) => Effect.Effect<Model.Event>
}

const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
const hexadecimal = "0123456789abcdef"

const random = (alphabet: string, length: number): Effect.Effect<string> =>
  Effect.map(
    Effect.forEach(Array.from({ length }), () => Random.nextIntBetween(0, alphabet.length - 1)),
    (indices) => indices.map((index) => alphabet[index]).join(""),
  )

/** An id as PayPal makes them: 17 capital letters and digits. */
export const id: Effect.Effect<string> = random(letters, 17)

/** `I-…` of a subscription. */
export const subscriptionId: Effect.Effect<string> = Effect.map(random(letters, 12), (text) => `I-${text}`)

/** The `paypal-debug-id` of an answer. */
export const debugId: Effect.Effect<string> = Effect.map(random(hexadecimal, 12), (text) => `f${text}`)

export const hex = (length: number): Effect.Effect<string> => random(hexadecimal, length)

export const upper = (length: number): Effect.Effect<string> => random(letters, length)

/** `2024-08-02T19:35:04Z`: PayPal writes no milliseconds. */
export const iso = (millis: number): string => DateTime.formatIso(DateTime.makeUnsafe(millis)).replace(/\.\d+Z$/, "Z")

/** The given fields without those that are undefined. */
export const compact = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

export const link = (href: string, rel: string, method: string) => ({ href, rel, method })
