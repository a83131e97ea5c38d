/** The port to how things went over time: what a chart shows. */
import type { Currency, ProviderName } from "@payment-orchestrator/domain"
import { Context, type Effect } from "effect"
import type { StorageError } from "./StorageError.ts"

export interface SeriesQuery {
  /** Undefined: every tenant's. */
  readonly tenantId?: string | undefined
  /** The beginning of the first interval, epoch milliseconds. */
  readonly from: number
  /** The end of the last one, not included. */
  readonly to: number
  readonly stepMillis: number
}

/** What happened at one provider in an interval. */
export interface ProviderPoint {
  readonly provider: ProviderName.ProviderName
  /** Sessions shown. */
  readonly shown: number
  /** The mean time of the attempts that opened one; null without any. */
  readonly meanMillis: number | null
}

/** An interval in which something happened. */
export interface Point {
  /** Its beginning, epoch milliseconds. */
  readonly at: number
  /** Checkouts whose routing began. */
  readonly checkouts: number
  /** Those of them that nobody could open. */
  readonly failed: number
  readonly paid: number
  readonly failovers: number
  readonly providers: ReadonlyArray<ProviderPoint>
}

/** Money of checkouts that would have been lost at their first provider. */
export interface Rescued {
  readonly currency: Currency.Currency
  /** Minor units that were paid. */
  readonly amount: number
  readonly checkouts: number
}

export interface Service {
  /** Oldest first; intervals without anything are left out. */
  readonly series: (query: SeriesQuery) => Effect.Effect<ReadonlyArray<Point>, StorageError>
  /** Of checkouts that failed over in that time. */
  readonly rescued: (query: Omit<SeriesQuery, "stepMillis">) => Effect.Effect<ReadonlyArray<Rescued>, StorageError>
}

export class StatsStore extends Context.Service<StatsStore, Service>()("@payment-orchestrator/payments/StatsStore") {}
