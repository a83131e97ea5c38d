/** Runs every mutant, or those that are named, each in a process of its own, and says which are caught and by which seed. */
import { execFile } from "node:child_process"
import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import type { Verdict } from "./Mutate.ts"
import { type Mutant, mutants } from "./Mutants.ts"

const script = fileURLToPath(new URL("./Mutate.ts", import.meta.url))

/** Seeds from `from` on, at most so many, each of so many orders. */
export interface Search {
  readonly from: number
  readonly seeds: number
  readonly orders: number
}

/** Whether one mutant is caught. */
export const judge = async ({ name }: Pick<Mutant, "name">, { from, orders, seeds }: Search): Promise<Verdict> => {
  const args = [script, name, String(from), String(seeds), String(orders)]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return JSON.parse(stdout)
}

/** As many beside each other as there are cores; answers whether all were caught. */
const judgeAll = async (chosen: ReadonlyArray<Mutant>, search: Search): Promise<boolean> => {
  const queue = [...chosen]
  let caught = 0
  const work = async () => {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      const { invariant, seed } = await judge(mutant, search)
      if (seed !== undefined) caught += 1
      const how = seed === undefined ? "NOT CAUGHT" : `seed ${seed}: ${invariant}`
      process.stdout.write(`| ${mutant.name} | ${mutant.what} | ${how} |\n`)
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  process.stdout.write(`${caught} of ${chosen.length} mutants caught\n`)
  return caught === chosen.length
}

if (import.meta.main) {
  const names = process.argv.slice(2)
  const chosen = names.length === 0 ? mutants : mutants.filter(({ name }) => names.includes(name))
  process.exitCode = (await judgeAll(chosen, { from: 1, seeds: 60, orders: 40 })) ? 0 : 1
}
