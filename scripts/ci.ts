/** What CI runs: the README's test command, then the checks, then the demo's walk. */
import { check } from "./check.ts"
import { run, say } from "./run.ts"
import { line, test } from "./test.ts"

const tests = await test()
const checks = await check()
const demo = await run("node", ["apps/demo/src/main.ts", "--once"])

const counts = {
  passed: tests.passed + checks.passed + (demo === 0 ? 1 : 0),
  failed: tests.failed + checks.failed + (demo === 0 ? 0 : 1),
  skipped: tests.skipped,
}
say(line(counts))
process.exitCode = counts.failed === 0 ? 0 : 1
