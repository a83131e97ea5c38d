/** The port to subscriptions: what is known of each, and when to look at it next. */
import type { Id, ProviderName, Subscription, SubscriptionLife } from "@payment-orchestrator/domain"
import { Context, type Effect, type Option } from "effect"
import type { DueSession } from "./LedgerStore.ts"
import type { StorageError } from "./StorageError.ts"

/** A subscription that somebody has taken to look at it. */
export interface DueSubscription {
  readonly id: Id.SubscriptionId
  readonly checkoutId: Id.CheckoutId
  readonly provider: ProviderName.ProviderName
  readonly subscriptionId: string
  /** The page it was made on: a look at that tells the money of every period. */
  readonly session: DueSession
  readonly status: Subscription.SubscriptionState
  /** How often it was looked at since a cancellation was asked for or its status changed. */
  readonly looks: number
  /** Until when it belongs to the taker, in epoch milliseconds. */
  readonly leasedUntil: number
}

/** A step that was taken, and the subscription after it. */
export interface Changed {
  readonly subscription: Subscription.Subscription
  readonly step: SubscriptionLife.Step
}

/** Two that run for the same customer and price, or the same order. */
export interface Rivals {
  /** The earlier one. */
  readonly stays: Id.SubscriptionId
  readonly ends: Id.SubscriptionId
}

export interface SubscriptionQuery {
  /** Undefined: every tenant's. */
  readonly tenantId?: string | undefined
  readonly status?: Subscription.SubscriptionState | undefined
  readonly provider?: ProviderName.ProviderName | undefined
  readonly customerId?: string | undefined
  readonly checkoutId?: Id.CheckoutId | undefined
  readonly createdAfter?: number | undefined
  readonly createdBefore?: number | undefined
  /** The id of the last row of the page before: newest first. */
  readonly before?: Id.SubscriptionId | undefined
  readonly limit: number
}

export interface Service {
  /**
   * Reads a subscription and the charges that its checkout's ledger knows, runs one step, and writes state and events in
   * one transaction, the checkout held meanwhile. A step that asks for a cancellation first makes the subscription due at
   * once. None: no such subscription.
   */
  readonly transact: (
    id: Id.SubscriptionId,
    step: (state: SubscriptionLife.State, charges: ReadonlyArray<SubscriptionLife.Charge>) => SubscriptionLife.Step,
  ) => Effect.Effect<Option.Option<Changed>, StorageError>
  /** Subscriptions whose time has come, each given to one caller only, put off by `leaseMillis`. */
  readonly takeDue: (limit: number, leaseMillis: number) => Effect.Effect<ReadonlyArray<DueSubscription>, StorageError>
  /** Takes one, due or not. */
  readonly take: (
    id: Id.SubscriptionId,
    leaseMillis: number,
  ) => Effect.Effect<Option.Option<DueSubscription>, StorageError>
  /**
   * When to look again (epoch milliseconds); none: never. Counts the look that was. What made it due since it was taken
   * stands.
   */
  readonly lookAgain: (taken: DueSubscription, at: Option.Option<number>) => Effect.Effect<void, StorageError>
  /** The subscription that runs beside this one, if there is one and the later of them was made since then. */
  readonly rivals: (id: Id.SubscriptionId, since: number) => Effect.Effect<Option.Option<Rivals>, StorageError>
  /** Writes that one is a second one and is to be ended, once, with its event. */
  readonly endSecond: (rivals: Rivals) => Effect.Effect<void, StorageError>
  readonly find: (id: Id.SubscriptionId) => Effect.Effect<Option.Option<Subscription.Subscription>, StorageError>
  /** By the provider's own id. */
  readonly findAt: (
    provider: string,
    subscriptionId: string,
  ) => Effect.Effect<Option.Option<Subscription.Subscription>, StorageError>
  readonly list: (query: SubscriptionQuery) => Effect.Effect<ReadonlyArray<Subscription.Subscription>, StorageError>
}

export class SubscriptionStore extends Context.Service<SubscriptionStore, Service>()(
  "@payment-orchestrator/payments/SubscriptionStore",
) {}
