/**
 * What fails together and is bounded together: one provider's operations of one effect class. A provider whose captures
 * fail may still open sessions, and hundreds of hanging openings must not keep a capture waiting.
 */
import { type Operation, ProviderName } from "@payment-orchestrator/domain"
import { Schema } from "effect"

/** An effect class, or `token`: what a provider's calls fetch before they are sent. */
export type LaneClass = Operation.EffectClass | "token"

export interface Lane {
  readonly provider: ProviderName.ProviderName
  readonly laneClass: LaneClass
}

/** Every class, for whoever has to name them all. */
export const classes: ReadonlyArray<LaneClass> = ["inert", "money_moving", "reversing", "read", "token"]

export const make = (provider: ProviderName.ProviderName, laneClass: LaneClass): Lane => ({ provider, laneClass })

/** `paypal:inert`: the lane as stores and the log spell it. A provider's name has no colon. */
export const key = ({ laneClass, provider }: Lane): string => `${provider}:${laneClass}`

const isProviderName = Schema.is(ProviderName.ProviderName)

/** The lane of a key; undefined when it is none. */
export const parse = (key: string): Lane | undefined => {
  const [provider = "", name] = key.split(":")
  const laneClass = classes.find((known) => known === name)
  return laneClass !== undefined && isProviderName(provider) ? { provider, laneClass } : undefined
}
