/** One process of vitest that runs a package's tests against mutants. */
import { existsSync, globSync, readFileSync } from "node:fs"
import { join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { createVitest, type TestModule, type Vitest } from "vitest/node"
import type { Instrumented, Mutant } from "./Mutants.ts"
import { loadedFor, type Verdicts, withMutant } from "./Verdicts.ts"

export interface Outcome {
  /** By which test each was noticed. */
  readonly killed: ReadonlyMap<string, string>
  /** Those that no test reaches. */
  readonly unreached: ReadonlySet<string>
  /** Those that are met while modules are loaded, where they were left out. */
  readonly untried: ReadonlySet<string>
  /** Tests that failed without a mutant, as some do once they have failed with one. */
  readonly spoilt: ReadonlySet<string>
}

/** Takes the files as they come: quick ones first, so that slow ones meet few mutants. */
class InOrder {
  async sort<A>(files: ReadonlyArray<A>): Promise<Array<A>> {
    return [...files]
  }
  async shard<A>(files: ReadonlyArray<A>): Promise<Array<A>> {
    return [...files]
  }
}

/** A law is tried so often for each mutant, and what breaks it is not made smaller: that would be most of the time. */
const runs = 500

/** After so many test files that were loaded for one mutant each, a line. */
const sayEvery = 100

const fewerRuns = (code: string, file: string): string | undefined =>
  file.endsWith(".test.ts")
    ? code.replaceAll(/\bruns: ([\d_]+)/g, (_, all) => {
        const usual = Number(all.replaceAll("_", ""))
        return `runs: ${Math.min(usual, runs)}, maxShrinks: 0`
      })
    : undefined

const open = (folder: string, sources: ReadonlyMap<string, string>, onEnd: (module: TestModule) => void) =>
  createVitest(
    "test",
    {
      root: folder,
      watch: false,
      runner: fileURLToPath(new URL("./Runner.ts", import.meta.url)),
      reporters: [{ onTestModuleEnd: onEnd }],
      isolate: false,
      maxWorkers: 1,
      testTimeout: 0,
      // Else a later run, with other mutants or none, is given what this one had compiled.
      fsModuleCache: false,
      silent: true,
      onConsoleLog: () => false,
      sequence: { sequencer: InOrder },
    },
    { plugins: [{ name: "mutants", enforce: "pre", transform: (code, id) => sources.get(id) ?? fewerRuns(code, id) }] },
  )

const run = async (vitest: Vitest, files: Iterable<string>, mutants: Iterable<string>) => {
  vitest.provide("mutants", [...mutants])
  const project = vitest.getRootProject()
  await vitest.runTestSpecifications(Array.from(files, (file) => project.createSpecification(file)))
}

interface Timed {
  readonly testResults: ReadonlyArray<{ readonly name: string; readonly startTime: number; readonly endTime: number }>
}

/** The package's test files, the quickest of its last `pnpm test` first. */
const testFiles = (folder: string): ReadonlyArray<string> => {
  const results = join(folder, ".vitest/results.json")
  const timed: Timed = existsSync(results) ? JSON.parse(readFileSync(results, "utf8")) : { testResults: [] }
  const times = new Map(timed.testResults.map(({ endTime, name, startTime }) => [name, endTime - startTime]))
  const unknown = Number.MAX_SAFE_INTEGER
  return globSync("test/**/*.test.ts", { cwd: folder })
    .map((file) => join(folder, file))
    .toSorted((a, b) => (times.get(a) ?? unknown) - (times.get(b) ?? unknown) || a.localeCompare(b))
}

function* faultsOf(module: TestModule): Generator<string> {
  for (const { message } of module.errors()) yield message
  for (const test of module.children.allTests("failed")) {
    for (const { message } of test.result().errors ?? []) yield `${test.name}: ${message}`
  }
}

export const trial = async (
  folder: string,
  { sources }: Pick<Instrumented, "sources">,
  mutants: ReadonlyArray<Mutant>,
  { quick, say }: { readonly quick: boolean; readonly say: (line: string) => void },
): Promise<Outcome> => {
  const files = testFiles(folder)
  const killed = new Map<string, string>()
  const reached = new Set<string>()
  const met = new Set<string>()
  const loaders = new Map<string, Array<string>>()
  const doubtful = new Map<string, Array<string>>()
  const spoilt = new Set<string>()
  const faults: Array<string> = []
  const wanted = new Set(mutants.map(({ id }) => id))
  let tried = 0

  const note = (file: string, verdicts: Verdicts) => {
    for (const [id, test] of Object.entries(verdicts.killed)) killed.set(id, test)
    for (const id of verdicts.reached) met.add(id)
    for (const id of [...verdicts.reached, ...verdicts.loaded]) reached.add(id)
    for (const id of verdicts.loaded) loaders.set(id, [...(loaders.get(id) ?? []), file])
    for (const id of verdicts.doubtful) doubtful.set(id, [...(doubtful.get(id) ?? []), file])
    for (const test of verdicts.spoilt) spoilt.add(test)
  }
  const onEnd = (module: TestModule) => {
    const id = loadedFor(module.moduleId)
    const { verdicts } = module.meta()
    if (id !== undefined) {
      const test = verdicts?.killed[id] ?? (module.ok() ? undefined : "it cannot be loaded")
      if (test !== undefined && !killed.has(id)) killed.set(id, test)
      tried += 1
      if (tried % sayEvery === 0) say(`loaded ${tried} times: ${killed.size} of ${wanted.size} killed`)
      return
    }
    if (!module.ok() || verdicts === undefined) {
      faults.push(`${relative(folder, module.moduleId)} fails without a mutant: ${[...faultsOf(module)].join("; ")}`)
      return
    }
    note(module.moduleId, verdicts)
    say(`${relative(folder, module.moduleId)}: ${killed.size} of ${wanted.size} killed`)
  }

  const first = await open(folder, sources, onEnd)
  await run(first, files, wanted)
  await first.close()
  if (faults.length > 0) throw new Error(faults.join("\n"))

  const left = ([id]: readonly [string, unknown]) => wanted.has(id) && !killed.has(id)
  const again = [...doubtful, ...(quick ? [] : loaders)].filter(left)
  if (again.length > 0) {
    say(`${again.length} are met while modules are loaded, or were noticed by a test that fails without them too`)
    const second = await open(folder, sources, onEnd)
    const specs = again.flatMap(([id, files]) => files.map((file) => withMutant(file, id)))
    await run(
      second,
      new Set(specs),
      again.map(([id]) => id),
    )
    await second.close()
  }
  return {
    killed,
    unreached: new Set([...wanted].filter((id) => !reached.has(id))),
    // What tests met as well was tried there.
    untried: new Set(quick ? [...loaders].filter(left).flatMap(([id]) => (met.has(id) ? [] : [id])) : []),
    spoilt,
  }
}
