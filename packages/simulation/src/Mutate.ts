/** Loads the product with one mutant in it, and runs seeds until it is caught: the whole of one process. */
import { registerHooks } from "node:module"
import { pathToFileURL } from "node:url"
import { type Mutant, mutants } from "./Mutants.ts"

/** What a process tells of its mutant. */
export interface Verdict {
  readonly name: string
  readonly seed: number | undefined
  readonly orders: number
  readonly invariant: string
}

const root = new URL("../../../", import.meta.url)

export const urlOf = (file: string): string => new URL(file, root).href

/** The source with the edits in it. An edit whose text is not there exactly once says so: then the mutant is out of date. */
export const mutate = (mutant: Mutant, url: string, source: string): string =>
  mutant.edits
    .filter(({ file }) => urlOf(file) === url)
    .reduce((text, { file, from, to }) => {
      const times = text.split(from).length - 1
      if (times !== 1) throw new Error(`${mutant.name}: its text stands ${times} times in ${file}, not once`)
      return text.replace(from, () => to)
    }, source)

const install = (mutant: Mutant): void => {
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context)
      if (!mutant.edits.some(({ file }) => urlOf(file) === url)) return loaded
      const source = typeof loaded.source === "string" ? loaded.source : new TextDecoder().decode(loaded.source)
      return { ...loaded, source: mutate(mutant, url, source) }
    },
  })
}

const [, script = "", name, from = "1", seeds = "60", orders = "100"] = process.argv

if (pathToFileURL(script).href === import.meta.url) {
  const mutant = mutants.find((one) => one.name === name)
  if (mutant === undefined) throw new Error(`there is no mutant ${name}`)
  install(mutant)
  const World = await import("./World.ts")
  let verdict: Verdict = { name: mutant.name, seed: undefined, orders: Number(orders), invariant: "" }
  for (let seed = Number(from); seed < Number(from) + Number(seeds); seed++) {
    const { violations } = await World.run({ seed, orders: Number(orders) })
    const [first] = violations
    if (first === undefined) continue
    verdict = { ...verdict, seed, invariant: first.invariant }
    break
  }
  process.stdout.write(`${JSON.stringify(verdict)}\n`)
}
