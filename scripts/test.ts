/** Runs every package's tests and adds up what they wrote; the last line has the true counts. */
import { globSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { root, run, say } from "./run.ts"

export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

const places = ["packages/*", "apps/*", "examples/*", "bench", "mutation"]
const files = (pattern: string) =>
  globSync(
    places.map((place) => `${place}/${pattern}`),
    { cwd: root },
  )

interface Written {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly numFailedTestSuites: number
}

/** Every package that has tests must have written its results; one that did not counts as a failure. */
export const test = async (): Promise<Counts> => {
  for (const file of files(".vitest/results.json")) rmSync(join(root, file))
  const code = await run("turbo", [
    "run",
    "test",
    "--concurrency=2",
    "--continue",
    "--output-logs=full",
    "--log-order=grouped",
  ])
  const written = files(".vitest/results.json").map((file): Written =>
    JSON.parse(readFileSync(join(root, file), "utf8")),
  )
  const withTests = new Set(files("test/**/*.test.ts").map((file) => file.split("/").slice(0, 2).join("/")))
  const silent = withTests.size - written.length
  const sum = (count: (results: Written) => number) => written.reduce((total, results) => total + count(results), 0)
  const failed = sum((r) => r.numFailedTests) + silent
  const brokenSuites = sum((r) => r.numFailedTestSuites)
  return {
    passed: sum((r) => r.numPassedTests),
    failed: failed === 0 && (code !== 0 || brokenSuites > 0) ? Math.max(1, brokenSuites) : failed,
    skipped: sum((r) => r.numPendingTests + r.numTodoTests),
  }
}

export const line = ({ failed, passed, skipped }: Counts): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`

if (import.meta.main) {
  const counts = await test()
  say(line(counts))
  process.exitCode = counts.failed === 0 ? 0 : 1
}
