/** A browser for tests: the machine's own, or one that is installed here where that can be done. */
import { Effect, type Scope } from "effect"
import { type Browser, chromium } from "playwright-core"
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"

const usual = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  chromium.executablePath(),
]

const find = () => usual.find((path) => path !== "" && existsSync(path))

const run = (command: string, args: ReadonlyArray<string>) =>
  spawnSync(command, args, {
    stdio: "ignore",
    timeout: 240_000,
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  }).status === 0

/** On a build server whose packages may be installed; nobody's own machine is changed. */
const install = (): void => {
  if (process.env["CI"] !== "true" || process.getuid?.() !== 0) return
  if (run("apt-get", ["update", "-qq"])) run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium"])
}

const found = find() ?? (install(), find())

/** Undefined when there is none; a test that needs one says loudly that it is skipped. */
export const executable = found
if (executable === undefined) {
  process.stderr.write(
    "NO CHROMIUM ON THIS MACHINE: THE TESTS OF THE DASHBOARD ARE SKIPPED, so nobody has looked at it\n",
  )
}

/** Lives as long as the scope. */
export const launch: Effect.Effect<Browser, never, Scope.Scope> = Effect.acquireRelease(
  Effect.promise(() =>
    chromium.launch({
      ...(executable === undefined ? {} : { executablePath: executable }),
      args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
    }),
  ),
  (browser) => Effect.promise(() => browser.close()),
)
