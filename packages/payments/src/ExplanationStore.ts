/** The port to everything that is recorded of one checkout. */
import type { Explanation, Id } from "@payment-orchestrator/domain"
import { Context, type Effect, type Option } from "effect"
import type { StorageError } from "./StorageError.ts"

export interface Service {
  /** None: there is no such checkout of that tenant; `tenantId` undefined means any tenant's. */
  readonly read: (
    id: Id.CheckoutId,
    tenantId: string | undefined,
  ) => Effect.Effect<Option.Option<Explanation.Records>, StorageError>
}

export class ExplanationStore extends Context.Service<ExplanationStore, Service>()(
  "@payment-orchestrator/payments/ExplanationStore",
) {}
