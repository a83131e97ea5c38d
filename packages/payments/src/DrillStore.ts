/** The port to drills: that one ran is known for good, and that one is running keeps another from beginning. */
import type { Drill, Id } from "@payment-orchestrator/domain"
import { Context, type Effect, type Option } from "effect"
import type { StorageError } from "./StorageError.ts"

export interface DrillQuery {
  readonly createdAfter?: number | undefined
  readonly createdBefore?: number | undefined
  /** The id of the last row of the page before: newest first. */
  readonly before?: Id.DrillId | undefined
  readonly limit: number
}

export interface Service {
  /** Writes that it begins; false while another is running. After `dueAt` (epoch milliseconds) it counts as interrupted. */
  readonly begin: (drill: Drill.Drill, dueAt: number) => Effect.Effect<boolean, StorageError>
  readonly end: (id: Id.DrillId, report: Drill.Report) => Effect.Effect<void, StorageError>
  /** It came to no end, so that another may begin. */
  readonly interrupt: (id: Id.DrillId) => Effect.Effect<void, StorageError>
  readonly find: (id: Id.DrillId) => Effect.Effect<Option.Option<Drill.Drill>, StorageError>
  readonly list: (query: DrillQuery) => Effect.Effect<ReadonlyArray<Drill.Drill>, StorageError>
}

export class DrillStore extends Context.Service<DrillStore, Service>()("@payment-orchestrator/payments/DrillStore") {}
