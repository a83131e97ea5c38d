/** The real process, as `pnpm start` starts it. */
import { Effect, type Scope } from "effect"
import { spawn } from "node:child_process"
import { main, nodeArgs } from "../build.ts"

export interface Launched {
  /** Ends with its address once the log says that it listens; fails when the process ends before. */
  readonly listening: Effect.Effect<string>
  /** Ends with the exit code; null after a signal. */
  readonly ended: Effect.Effect<number | null>
  readonly kill: (signal: "SIGTERM" | "SIGKILL") => Effect.Effect<void>
  readonly output: () => string
}

export interface Place {
  /** @default what was built beside the sources */
  readonly script: string
  /** Whose rights the process has. @default ours */
  readonly uid: number | undefined
}

/** Starts the server with nothing but this environment; it is killed when the scope closes. */
export const launch = (
  environment: { readonly [name: string]: string },
  { script, uid }: Place = { script: main, uid: undefined },
): Effect.Effect<Launched, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(process.execPath, [...nodeArgs, script], {
        env: environment,
        ...(uid === undefined ? {} : { uid, gid: uid, cwd: "/" }),
      })
      let output = ""
      const heard: Array<() => void> = []
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (chunk: Buffer) => {
          output += chunk.toString()
          for (const listener of heard) listener()
        })
      }
      const over = new Promise<{ readonly code: number | null; readonly signal: string | null }>((resolve) =>
        child.on("close", (code, signal) => resolve({ code, signal })),
      )
      const listening = new Promise<string>((resolve, reject) => {
        heard.push(() => {
          const address = /listening on (http:\/\/[0-9.:]+)/.exec(output)?.[1]
          if (address !== undefined) resolve(address)
        })
        void over.then(({ code, signal }) =>
          reject(new Error(`the server ended before it listened (code ${code}, signal ${signal}): ${output}`)),
        )
      })
      listening.catch(() => undefined)
      return {
        listening: Effect.promise(() => listening),
        ended: Effect.promise(async () => (await over).code),
        kill: (signal: "SIGTERM" | "SIGKILL") => Effect.sync(() => void child.kill(signal)),
        output: () => output,
      }
    }),
    ({ ended, kill }) => Effect.andThen(kill("SIGKILL"), ended),
  )
