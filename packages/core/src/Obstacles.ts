/**
 * Why providers should not be asked now, besides what their own answers said: a drain by an operator, failed health. Who
 * knows such things provides this reference to `PaymentOrchestrator`; several who know are put together by `all`.
 */
import { Context, Effect } from "effect"
import * as Router from "./Router.ts"

export interface Service {
  /** Asked before each checkout is planned, so it must answer at once: from memory, not from a provider. */
  readonly obstacles: Effect.Effect<Router.Obstacles>
}

export const none: Service = { obstacles: Effect.succeed(new Map()) }

/** Nothing stands in the way unless somebody says so. */
export const Obstacles = Context.Reference<Service>("@payment-orchestrator/core/Obstacles", {
  defaultValue: () => none,
})

/** What any of these says; of several reasons against one provider the firmest. */
export const all = (sources: ReadonlyArray<Service>): Service => ({
  obstacles: Effect.map(
    Effect.forEach(sources, ({ obstacles }) => obstacles),
    Router.firmest,
  ),
})
