/** What CI runs: the README's test command, then the checks, two minutes of simulated orders, and the demo's walk. */
import { check } from "./check.ts"
import { run, say } from "./run.ts"
import { line, test } from "./test.ts"

const tests = await test()
const checks = await check()
const simulation = await run("node", ["packages/simulation/src/main.ts", "--minutes", "2"])
const demo = await run("node", ["apps/demo/src/main.ts", "--once"])

const passed = [simulation, demo].filter((code) => code === 0).length
const counts = {
  passed: tests.passed + checks.passed + passed,
  failed: tests.failed + checks.failed + 2 - passed,
  skipped: tests.skipped,
}
say(line(counts))
process.exitCode = counts.failed === 0 ? 0 : 1
