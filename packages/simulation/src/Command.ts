/** The command line: one seed again, or as many as fit into a number of orders or minutes. */
import { parseArgs } from "node:util"
import { availableParallelism } from "node:os"
import * as Crew from "./Crew.ts"
import * as Shrink from "./Shrink.ts"
import type { Outcome } from "./World.ts"
import * as World from "./World.ts"

const help = `Simulates orders from a seed until everything is over, and checks what must be true.

  --seed N           this seed alone, and its smallest form when it fails
  --orders N         from seed 1 (or --from) on, until so many orders were simulated   [20000]
  --minutes N        the same until the time is over
  --from N           the first seed
  --per-seed N       orders of one seed   [100]
  --workers N        so many threads   [as many as there are cores]
  --only 3,7         of these orders alone
  --without a,b      without this going wrong: outages, faults, crashes, replicas, database, webhooks, hedging, slow, …
  --log              everything that happens in one seed
  --counts           how often what is worth trying took place`

const options = {
  seed: { type: "string" },
  orders: { type: "string" },
  minutes: { type: "string" },
  from: { type: "string", default: "1" },
  "per-seed": { type: "string", default: "100" },
  workers: { type: "string", default: String(availableParallelism()) },
  only: { type: "string" },
  without: { type: "string", default: "" },
  log: { type: "boolean", default: false },
  counts: { type: "boolean", default: false },
  "no-shrink": { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const

type Say = (line: string) => void

const list = (text: string): ReadonlyArray<string> => text.split(",").filter((part) => part !== "")

const addCounts = (sum: Map<string, number>, { counts }: Pick<Outcome, "counts">) => {
  for (const [what, n] of counts) sum.set(what, (sum.get(what) ?? 0) + n)
}

const sayCounts = (say: Say, counts: ReadonlyMap<string, number>) => {
  for (const [what, n] of Array.from(counts).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    say(`  ${String(n).padStart(8)} ${what}`)
}

const sayViolations = (say: Say, { violations }: Pick<Outcome, "violations">) => {
  for (const { detail, invariant } of violations.slice(0, 5)) say(`  VIOLATED: ${invariant}: ${detail}`)
  if (violations.length > 5) say(`  and ${violations.length - 5} more`)
}

/** Runs it; the exit code. */
export const run = async (args: ReadonlyArray<string>, say: Say): Promise<number> => {
  const { values } = parseArgs({ args: [...args], options })
  if (values.help) {
    say(help)
    return 0
  }
  const without = new Set(list(values.without))
  const only = values.only === undefined ? undefined : new Set(list(values.only).map(Number))
  const orders = Number(values["per-seed"])

  if (values.seed !== undefined) {
    const scenario = { seed: Number(values.seed), orders, only, without }
    const outcome = await World.run({ ...scenario, ...(values.log ? { log: say } : {}) })
    sayViolations(say, outcome)
    if (values.counts) sayCounts(say, outcome.counts)
    say(`seed ${scenario.seed}: ${outcome.violations.length} violations`)
    if (outcome.violations.length > 0 && !values["no-shrink"])
      say(`smallest: ${Shrink.command(await Shrink.shrink(scenario, outcome))}`)
    return outcome.violations.length === 0 ? 0 : 1
  }

  const began = performance.now()
  const until = values.minutes === undefined ? Infinity : began + Number(values.minutes) * 60_000
  const wanted =
    values.orders === undefined ? (values.minutes === undefined ? 20_000 : Infinity) : Number(values.orders)
  const counts = new Map<string, number>()
  const failed: Array<number> = []
  let done = 0
  let seeds = 0
  const task = { from: Number(values.from), orders, without, workers: Number(values.workers) }
  await Crew.run(task, (report) => {
    done += report.orders
    seeds += 1
    addCounts(counts, report)
    if (report.violations.length > 0) {
      failed.push(report.seed)
      say(`seed ${report.seed}:`)
      sayViolations(say, report)
    }
    return done >= wanted || performance.now() >= until
  })
  const seconds = (performance.now() - began) / 1_000
  if (values.counts) sayCounts(say, counts)
  say(
    `${done} orders of ${seeds} seeds in ${seconds.toFixed(0)} s: ${(done / seconds).toFixed(0)} orders/s, ` +
      `${failed.length} seeds failed${failed.length === 0 ? "" : ` (${failed.join(", ")})`}`,
  )
  for (const bad of failed.slice(0, 3)) say(`again: ${Shrink.command({ seed: bad, orders, without })}`)
  return failed.length === 0 ? 0 : 1
}
