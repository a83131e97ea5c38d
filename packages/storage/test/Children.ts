/** Other processes on the same database. */
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

const scripts = {
  server: new URL("./processes/Server.ts", import.meta.url),
  twins: new URL("./processes/Twins.ts", import.meta.url),
}

const start = (script: URL, filename: string) =>
  spawn(process.execPath, [fileURLToPath(script), filename], { stdio: ["ignore", "pipe", "inherit"] })

/** Claims one key 25 times in another process; answers what it was told each time. */
export const twins = (filename: string): Effect.Effect<string> =>
  Effect.callback((resume) => {
    const child = start(scripts.twins, filename)
    let said = ""
    child.stdout.on("data", (text) => (said += String(text)))
    child.once("close", () => resume(Effect.succeed(said.trim())))
    return Effect.sync(() => child.kill("SIGKILL"))
  })

/** Starts a server; answers its first line, and how to kill it as `kill -9` does. */
export const server = (filename: string) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly line: string; readonly kill: Effect.Effect<void> }>((resume) => {
      const child = start(scripts.server, filename)
      const kill = Effect.callback<void>((done) => {
        if (child.exitCode !== null || child.signalCode !== null) return done(Effect.void)
        child.once("close", () => done(Effect.void))
        child.kill("SIGKILL")
      })
      child.stdout.once("data", (text) => resume(Effect.succeed({ line: String(text).trim(), kill })))
    }),
    ({ kill }) => kill,
  )
