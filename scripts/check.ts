/** `pnpm check`: types, lint, format, arrows between packages, unused code. */
import { run, say } from "./run.ts"

const steps: ReadonlyArray<readonly [name: string, command: string, args: ReadonlyArray<string>]> = [
  ["types", "turbo", ["run", "check", "--concurrency=2", "--output-logs=errors-only"]],
  ["lint (Effect)", "turbo", ["run", "lint", "--concurrency=2", "--output-logs=errors-only"]],
  ["lint", "oxlint", []],
  ["format", "oxfmt", ["--check"]],
  ["arrows", "node", ["scripts/arrows.ts"]],
  ["unused code", "knip", []],
]

export const check = async (): Promise<{ readonly passed: number; readonly failed: number }> => {
  let failed = 0
  for (const [name, command, args] of steps) {
    const code = await run(command, args)
    say(`${code === 0 ? "ok    " : "FAILED"} ${name}`)
    if (code !== 0) failed += 1
  }
  return { passed: steps.length - failed, failed }
}

if (import.meta.main) {
  const { failed, passed } = await check()
  say(`${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}
