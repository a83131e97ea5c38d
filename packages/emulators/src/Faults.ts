/**
 * The faults an emulator is told to play: rules in the order they were added, the first that fits wins.
 */
import { Effect, Random } from "effect"
import * as Fault from "./Fault.ts"

/** A rule that was added, with how often it was looked at and how often it was played. */
export interface Active extends Fault.Rule {
  readonly id: string
  readonly seen: number
  readonly played: number
}

export interface Faults {
  /** Adds a rule behind the others and gives its id. */
  readonly add: (rule: Fault.Rule) => Effect.Effect<string>
  /** Removes one rule; false when there is none of this id. */
  readonly remove: (id: string) => Effect.Effect<boolean>
  readonly clear: Effect.Effect<void>
  readonly list: Effect.Effect<ReadonlyArray<Active>>
}

/** The half that plays; only the server has it. */
export interface Player extends Faults {
  /** The fault this call gets, or undefined. Counts the call. */
  readonly next: (route: string) => Effect.Effect<Fault.Fault | undefined>
}

export const make: Effect.Effect<Player> = Effect.sync(() => {
  const rules = new Map<string, Active>()
  let added = 0

  const next = Effect.fnUntraced(function* (route: string) {
    for (const rule of rules.values()) {
      if (!Fault.matches(rule.route, route)) continue
      if (rule.times !== undefined && rule.played >= rule.times) continue
      const seen = rule.seen + 1
      // counted before anything is awaited, so that two calls at once do not take the same turn
      rules.set(rule.id, { ...rule, seen })
      if (seen <= (rule.after ?? 0)) continue
      if (rule.share !== undefined) {
        const drawn = yield* Random.next.pipe(Random.withSeed(`${rule.seed ?? rule.id}:${seen}`))
        if (drawn >= rule.share) continue
      }
      const current = rules.get(rule.id)
      if (current !== undefined) rules.set(rule.id, { ...current, played: current.played + 1 })
      return rule.fault
    }
    return undefined
  })

  return {
    next,
    add: (rule) =>
      Effect.sync(() => {
        added += 1
        const id = `flt_${added}`
        rules.set(id, { ...rule, id, seen: 0, played: 0 })
        return id
      }),
    remove: (id) => Effect.sync(() => rules.delete(id)),
    clear: Effect.sync(() => rules.clear()),
    list: Effect.sync(() => [...rules.values()]),
  }
})
