/**
 * Runs a test as it is and then once for every mutant that it reaches and that is still alive, in the same process.
 * What modules do while they are loaded cannot be changed afterwards: for a mutant of that, the test file is loaded again.
 */
import { inject, type RunnerTask, type RunnerTestCase, TestRunner, vi } from "vitest"
import { overrun } from "./Overrun.ts"
import { loadedFor, withoutMutant } from "./Verdicts.ts"

type Hits = Record<string, number>

/** What the instrumented source reads and writes. */
interface Switches {
  activeMutant?: string | undefined
  currentTestId?: string | undefined
  hitCount?: number | undefined
  hitLimit?: number | undefined
  mutantCoverage?: { static: Hits; perTest: Record<string, Hits> }
}

const switches: Switches = {}
Object.assign(globalThis, { __stryker__: switches })

/** A loop that a mutant has made endless is ended after so many times the hits of the unchanged test. */
const hitFactor = 100
/** And one that takes for ever after so many times its duration, at least this many milliseconds. */
const timeFactor = 5
const leastTime = 3000
const patience = 2

/** One that only waits is ended sooner: after so many times as long as the unchanged test waits, at least so long. */
const leastIdle = 500

/** A test that takes longer without a mutant is not tried with one. */
const longestBaseline = 120_000

const alive = new Set<string>()
const doomed = new Set<string>()

interface Limits {
  readonly time: number
  /** How long it may do nothing at all, in one piece. */
  readonly idle?: number
  /** How often it may take too long before that counts; a busy machine is no verdict. */
  readonly times?: number
}

export default class MutantRunner extends TestRunner {
  #killed: Record<string, string> = {}
  #reached = new Set<string>()
  #loaded: ReadonlyArray<string> | undefined
  #spoilt: Array<string> = []
  #doubtful = new Set<string>()
  #loadedFor: string | undefined

  constructor(config: ConstructorParameters<typeof TestRunner>[0]) {
    super(config)
    if (alive.size === 0) for (const id of inject("mutants")) alive.add(id)
  }

  override importFile(filepath: string, source: Parameters<TestRunner["importFile"]>[1]): unknown {
    if (source === "setup") return super.importFile(filepath, source)
    this.#killed = {}
    this.#reached = new Set()
    this.#loaded = undefined
    this.#spoilt = []
    this.#doubtful = new Set()
    const id = loadedFor(filepath)
    this.#loadedFor = id
    if (id !== undefined && doomed.has(id)) return undefined
    vi.resetModules()
    switches.activeMutant = id
    switches.currentTestId = undefined
    switches.hitCount = undefined
    switches.mutantCoverage = { static: {}, perTest: {} }
    return super.importFile(withoutMutant(filepath), source)
  }

  async runTask(test: RunnerTestCase): Promise<void> {
    if (this.#loadedFor !== undefined) return this.#runLoaded(test, this.#loadedFor)
    this.#loaded ??= Object.keys(switches.mutantCoverage?.static ?? {})
    switches.currentTestId = test.id
    const start = performance.now()
    const began = performance.eventLoopUtilization()
    if (!(await this.#passes(test, { time: longestBaseline }))) {
      const hits = Object.keys(switches.mutantCoverage?.perTest[test.id] ?? {})
      this.#doubt(test, hits)
      return
    }
    const time = Math.max(leastTime, (performance.now() - start) * timeFactor)
    const idle = Math.max(leastIdle, performance.eventLoopUtilization(began).idle * timeFactor)
    switches.currentTestId = "with a mutant"
    const hits = switches.mutantCoverage?.perTest[test.id] ?? {}
    const found: Array<string> = []
    for (const [id, count] of Object.entries(hits)) {
      this.#reached.add(id)
      if (!alive.has(id)) continue
      switches.activeMutant = id
      switches.hitCount = 0
      switches.hitLimit = count * hitFactor
      if (!(await this.#passes(test, { time, idle, times: patience }))) found.push(id)
      switches.activeMutant = undefined
      switches.hitCount = undefined
    }
    if (found.length > 0 && !(await this.#passes(test, { time }))) this.#doubt(test, found)
    else for (const id of found) this.#kill(id, test)
  }

  override onAfterRunSuite(suite: Parameters<TestRunner["onAfterRunSuite"]>[0]): Promise<void> {
    if ("filepath" in suite) {
      suite.meta.verdicts = {
        killed: this.#killed,
        reached: [...this.#reached],
        loaded: this.#loaded ?? [],
        spoilt: this.#spoilt,
        doubtful: [...this.#doubtful],
      }
    }
    return super.onAfterRunSuite(suite)
  }

  override onAfterRunTask(test: RunnerTask): void {
    const id = this.#loadedFor
    if (id !== undefined && test.result?.state === "fail") this.#kill(id, test)
    super.onAfterRunTask(test)
  }

  #kill(id: string, test: RunnerTask): void {
    alive.delete(id)
    doomed.add(id)
    this.#killed[id] = test.name
  }

  /** What a mutant left behind in a module fails the test without it too. */
  #doubt(test: RunnerTask, ids: ReadonlyArray<string>): void {
    this.#spoilt.push(test.name)
    for (const id of ids) if (alive.has(id)) this.#doubtful.add(id)
  }

  async #runLoaded(test: RunnerTestCase, id: string): Promise<void> {
    if (doomed.has(id)) return
    if (!(await this.#passes(test, { time: longestBaseline }))) this.#kill(id, test)
  }

  async #passes(test: RunnerTestCase, limits: Limits): Promise<boolean> {
    const { idle = Infinity, time, times = 1 } = limits
    const stop = new AbortController()
    const finishers = "onFinished" in test && Array.isArray(test.onFinished) ? [...test.onFinished] : undefined
    Object.assign(test.context, { signal: stop.signal })
    const passed = this.#run(test).then(
      () => "passed" as const,
      () => "failed" as const,
    )
    const watch = overrun(time, idle)
    const result = await Promise.race([passed, watch.verdict])
    watch.stop()
    stop.abort()
    // What has not ended by now may never end: it is not waited for.
    Object.assign(test, { onFinished: finishers })
    Object.assign(test.context, { signal: new AbortController().signal })
    if (result !== "late") return result === "passed"
    return times > 1 && (await this.#passes(test, { time: time * timeFactor, idle, times: times - 1 }))
  }

  async #run(test: RunnerTestCase): Promise<void> {
    await TestRunner.getTestFn(test)?.()
  }
}
