/** The real command, as people run it. */
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { tmpdir } from "node:os"

const main = new URL("../src/main.ts", import.meta.url).pathname

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
  readonly json: () => unknown
}

/** So that the same modules are not compiled with each start. */
const cache = { NODE_COMPILE_CACHE: `${tmpdir()}/payctl-compile-cache` }

/** Starts it with nothing but this environment; it is killed when the scope closes, or nobody waits for it any more. */
export const start = (args: ReadonlyArray<string>, environment: { readonly [name: string]: string }) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(process.execPath, [main, ...args], { env: { ...cache, ...environment } })
      const seen = { out: "", err: "" }
      child.stdout.on("data", (chunk: Buffer) => (seen.out += chunk.toString()))
      child.stderr.on("data", (chunk: Buffer) => (seen.err += chunk.toString()))
      const over = new Promise<number | null>((resolve) => child.on("close", resolve))
      const ended = Effect.map(
        Effect.promise(() => over),
        (code): Ended => ({ code, ...seen, json: () => JSON.parse(seen.out) }),
      )
      return { seen, ended, kill: () => child.kill("SIGKILL") }
    }),
    ({ kill }) => Effect.sync(kill),
  )

export const run = (args: ReadonlyArray<string>, environment: { readonly [name: string]: string }) =>
  Effect.scoped(Effect.flatMap(start(args, environment), ({ ended }) => ended))
