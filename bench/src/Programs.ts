/** The two programs that are compared: ours and the rival, each a real process on a database of its own. */
import { randomBytes } from "node:crypto"
import { fileURLToPath } from "node:url"
import * as Server from "@payment-orchestrator/server/build"
import * as Databases from "./Databases.ts"
import type { Emulators } from "./Emulators.ts"
import * as Process from "./Process.ts"

export type Name = "ours" | "rival"

export interface Program {
  readonly name: Name
  readonly url: string
  readonly apiKey: string
  readonly pid: number
  /** From its spawning to the line that says that it listens, in milliseconds. */
  readonly readyMillis: number
  readonly output: () => string
  /** Ends it and removes its database, unless that was given. SIGKILL does not wait for what it has still to do. */
  readonly stop: (signal?: Process.Signal) => Promise<void>
}

export interface Options {
  readonly emulators: Emulators
  /** In our words; the rival reads those it knows. */
  readonly environment?: Readonly<Record<string, string>>
  /** @default an empty SQLite file of its own */
  readonly database?: Databases.Database
  /** @default a free one */
  readonly port?: number
  /** Put before the program: `--cpu-prof` and the like. */
  readonly nodeArgs?: ReadonlyArray<string>
  /** V8's bounds for ours. @default those of `pnpm start` */
  readonly bounds?: ReadonlyArray<string>
}

/** Ours as `pnpm start` runs it; the rival from its source, which is small. */
const commands = {
  ours: (bounds: ReadonlyArray<string>) => [...bounds, Server.main],
  rival: () => [fileURLToPath(new URL("../rival/main.ts", import.meta.url))],
}

export const start = async (
  name: Name,
  { bounds = Server.nodeArgs, database, emulators, environment = {}, nodeArgs = [], port }: Options,
): Promise<Program> => {
  const { drop, url } = database ?? (await Databases.make("sqlite"))
  const apiKey = "sk_bench_0123456789abcdef"
  const running = await Process.start({
    args: [...nodeArgs, ...commands[name](bounds), "--program", name],
    environment: {
      ...emulators.environment,
      HOST: "127.0.0.1",
      PORT: String(port ?? (await Process.freePort())),
      DATABASE_URL: url,
      PAYMENT_API_KEY: apiKey,
      PAYMENT_ENCRYPTION_KEY: randomBytes(32).toString("base64"),
      PAYMENT_PROVIDER_ORDER: "paypal,polar",
      PAYMENT_RATE_LIMIT: "0",
      LOG_FORMAT: "json",
      ...environment,
    },
    ready: /listening on (http:\/\/[0-9.:]+)/i,
  })
  return {
    name,
    apiKey,
    url: running.address,
    pid: running.pid,
    readyMillis: running.readyMillis,
    output: running.output,
    stop: async (signal) => {
      await running.stop(signal)
      if (database === undefined) await drop()
    },
  }
}

export const startOurs = (options: Options): Promise<Program> => start("ours", options)
export const startRival = (options: Options): Promise<Program> => start("rival", options)
