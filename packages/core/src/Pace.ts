/** When a call has taken so long that it speaks against its provider, though it may still end well. */
import { PaymentProvider } from "@payment-orchestrator/domain"
import { Duration, Effect } from "effect"
import type { Settings } from "./Settings.ts"

/** No call may take longer, however long its time-out is. */
const longest = Duration.seconds(10)

/** The lesser of 10 s and half the time-out. */
export const slowAfter = ({ timeout }: Pick<Settings, "timeout">): Duration.Duration =>
  Duration.min(longest, Duration.millis(Duration.toMillis(timeout) / 2))

/** Tells `slow` of each of these calls once it has taken that long, and lets it go on. */
export const watch =
  (settings: Pick<Settings, "timeout">, slow: Effect.Effect<void>) =>
  <A, E, R>(calls: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.provideService(calls, PaymentProvider.SlowCall, { after: slowAfter(settings), tell: slow })
