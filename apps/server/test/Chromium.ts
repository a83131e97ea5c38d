/** A browser for tests: the machine's own, or one that is installed here where that can be done. */
import { Config, Effect, type Scope } from "effect"
import { type Browser, chromium } from "playwright-core"
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const usual = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  chromium.executablePath(),
]

const find = () => usual.find((path) => path !== "" && existsSync(path))

const isBuildServer = await Effect.runPromise(
  Config.String("CI").pipe(
    Config.map((ci) => ci === "true" && process.getuid?.() === 0),
    Effect.orElseSucceed(() => false),
  ),
)

/** One at a time: several files of tests want it, each in a process of its own, and `apt-get` waits for nobody. */
const lock = join(tmpdir(), "payment-orchestrator-apt.lock")

const run = (...args: ReadonlyArray<string>) =>
  spawnSync("flock", [lock, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", ...args], {
    stdio: "ignore",
    timeout: 240_000,
  }).status === 0

/** On a build server whose packages may be installed; nobody's own machine is changed. */
const install = () => {
  if (isBuildServer && run("update") && find() === undefined) {
    run("install", "-y", "--no-install-recommends", "chromium")
  }
  return find()
}

/** Undefined when there is none; a test that needs one says loudly that it is skipped. */
export const executable = find() ?? install()
if (executable === undefined) {
  process.stderr.write(
    "NO CHROMIUM ON THIS MACHINE: THE TESTS IN A BROWSER ARE SKIPPED, so nobody has looked at the pages\n",
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
