/**
 * What providers say the time is: the `Date` header of their answers, by which our own clock can be checked. Adapters
 * tell it; who wants to know provides the reference when the providers are built.
 */
import { Context, Effect } from "effect"
import type { ProviderName } from "./ProviderName.ts"

/** Told the `Date` header of every answer as soon as it has come; undefined when there was none. Must be quick. */
export type Listener = (provider: ProviderName, date: string | undefined) => Effect.Effect<void>

export const DateHeard = Context.Reference<Listener>("@payment-orchestrator/domain/ProviderClock/DateHeard", {
  defaultValue: () => () => Effect.void,
})
