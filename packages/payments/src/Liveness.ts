/** Whether a provider's webhooks come. Pure; whoever keeps the rows reads them. */
import type { Health } from "@payment-orchestrator/core"
import { Option } from "effect"
import type { Pulse } from "./InboxStore.ts"

/** A webhook may come so long after the money it tells of was found, and is then not missing. */
export const graceMillis = 300_000

/**
 * `silent` when something happened there, and nothing was heard since: money that was found by looking, or an event that
 * stands only in the provider's own list. `unknown` as long as nothing has happened.
 */
export const signal = ({ heardAt, missedAt, paidAt }: Pulse): Health.WebhookSignal => {
  const heard = Option.getOrElse(heardAt, () => -Infinity)
  const missed = Option.exists(missedAt, (at) => at > heard)
  const untold = Option.exists(paidAt, (at) => at - graceMillis > heard)
  if (missed || untold) return "silent"
  return Option.isSome(heardAt) ? "ok" : "unknown"
}
