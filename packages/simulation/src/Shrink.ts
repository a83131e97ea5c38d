/** The smallest form of a seed that still fails in the same way: fewer orders, and less that goes wrong. */
import * as Scenario from "./Scenario.ts"
import * as World from "./World.ts"

const weather = [
  "unsent",
  "refused",
  "done",
  "lost",
  "silent",
  "late",
  "garbled",
  "slow",
  "throttled",
  "rejected",
] as const satisfies ReadonlyArray<Scenario.Part>

const invariantsOf = ({ violations }: World.Outcome) => new Set(violations.map(({ invariant }) => invariant))

/** Whether it still violates one of the invariants that it violated first. */
const failsLike = async (options: Scenario.Options, first: World.Outcome): Promise<boolean> => {
  const wanted = invariantsOf(first)
  const seen = invariantsOf(await World.run(options))
  return Array.from(wanted).some((invariant) => seen.has(invariant))
}

/** Leaves out half of the orders, a quarter, … as long as it fails without them. */
const fewerOrders = async (options: Scenario.Options, first: World.Outcome): Promise<Scenario.Options> => {
  let kept = Array.from(options.only ?? Array.from({ length: options.orders }, (_, order) => order))
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < kept.length && kept.length > 1;) {
      const rest = kept.filter((_, index) => index < from || index >= from + size)
      if (rest.length > 0 && (await failsLike({ ...options, only: new Set(rest) }, first))) kept = rest
      else from += size
    }
  }
  return { ...options, only: new Set(kept) }
}

/** Leaves out one part after the other. */
const fewerFaults = async (options: Scenario.Options, first: World.Outcome): Promise<Scenario.Options> => {
  let current = options
  for (const part of [...Scenario.parts, ...weather]) {
    if (current.without?.has(part) === true) continue
    const next = { ...current, without: new Set([...(current.without ?? []), part]) }
    if (await failsLike(next, first)) current = next
  }
  return current
}

export const shrink = async (options: Scenario.Options, first: World.Outcome): Promise<Scenario.Options> =>
  fewerFaults(await fewerOrders(options, first), first)

/** The command line that runs it again. */
export const command = ({ only, orders, seed, without }: Scenario.Options): string =>
  [
    `node packages/simulation/src/main.ts --seed ${seed} --per-seed ${orders}`,
    ...(only === undefined ? [] : [`--only ${Array.from(only).join(",")}`]),
    ...(without === undefined || without.size === 0 ? [] : [`--without ${Array.from(without).join(",")}`]),
  ].join(" ")
