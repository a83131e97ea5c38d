/** Programs under measurement, each a process of its own. */
import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { createServer } from "node:net"

export type Signal = "SIGTERM" | "SIGKILL"

export interface Running {
  readonly pid: number
  /** What the first group of `ready` caught in its output. */
  readonly address: string
  /** From its spawning until that was seen, in milliseconds. */
  readonly readyMillis: number
  readonly output: () => string
  readonly stop: (signal?: Signal) => Promise<void>
}

export interface Options {
  readonly args: ReadonlyArray<string>
  readonly environment: Readonly<Record<string, string>>
  /** Seen in its output once it works. */
  readonly ready: RegExp
}

const children = new Set<ReturnType<typeof spawn>>()
/** Ends whatever a bench that failed has left. */
export const killAll = (): void => {
  for (const child of children) child.kill("SIGKILL")
}
process.on("exit", killAll)
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130))

/** How much of a log is kept to explain a failure. */
const kept = 20_000

/** Starts `node …args` with this environment alone, and waits until it works. */
export const start = ({ args, environment, ready }: Options): Promise<Running> =>
  new Promise((resolve, reject) => {
    const begun = performance.now()
    const child = spawn(process.execPath, args, { env: { ...environment }, stdio: ["ignore", "pipe", "pipe"] })
    children.add(child)
    let output = ""
    let isReady = false
    const ended = new Promise<void>((done) => {
      child.once("close", () => {
        children.delete(child)
        done()
      })
    })
    const hear = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-kept)
      const found = isReady ? null : ready.exec(output)
      if (found === null) return
      isReady = true
      resolve({
        pid: child.pid ?? 0,
        address: found[1] ?? "",
        readyMillis: performance.now() - begun,
        output: () => output,
        stop: async (signal = "SIGTERM") => {
          child.kill(signal)
          const late = setTimeout(() => child.kill("SIGKILL"), 15_000)
          await ended
          clearTimeout(late)
        },
      })
    }
    child.stdout.on("data", hear)
    child.stderr.on("data", hear)
    void ended.then(() => reject(new Error(`${args.join(" ")} ended before it worked:\n${output}`)))
  })

/** A port that is free now. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once("error", reject)
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

/** A line of `/proc/<pid>/status` in MB (10⁶ bytes). */
const statusMb = (pid: number, line: "VmRSS" | "RssAnon"): number => {
  const kib = new RegExp(`${line}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]
  return (Number(kib) * 1_024) / 1e6
}

/** Resident memory of a process in MB (10⁶ bytes), as Linux tells it. */
export const residentMb = (pid: number): number => statusMb(pid, "VmRSS")

/** The part of it that is the process's own: without the pages of Node's binary, of which the system maps more or less. */
export const ownMb = (pid: number): number => statusMb(pid, "RssAnon")

const ticksPerSecond = 100

/** Two neighbouring fields of `/proc/<pid>/stat`, user and system time, in seconds; the first is counted as Linux does. */
const timesOf = (pid: number, field: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return (Number(fields[field - 3]) + Number(fields[field - 2])) / ticksPerSecond
}

/** CPU seconds a process has used so far, user and system, as Linux tells it. */
export const cpuSeconds = (pid: number): number => timesOf(pid, 14)

/** The same of its children that have ended. */
export const endedChildrenSeconds = (pid: number): number => timesOf(pid, 16)
