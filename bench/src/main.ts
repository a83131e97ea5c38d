/** `pnpm bench <name>`: one measurement, written to `bench/results/`. `pnpm bench all` takes them one after the other. */
import { build } from "@payment-orchestrator/server/build"
import { killAll } from "./Process.ts"
import { say } from "./Report.ts"

interface Bench {
  readonly run: (args: ReadonlyArray<string>) => Promise<void>
}

/** Each loaded only when it is wanted. */
const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  failover: () => import("./Failover.ts"),
  profiles: () => import("./Profiles.ts"),
  isolation: () => import("./Isolation.ts"),
  memory: () => import("./Memory.ts"),
  bounds: () => import("./Bounds.ts"),
  delivery: () => import("./Delivery.ts"),
  service: () => import("./Service.ts"),
  ingest: () => import("./Ingest.ts"),
  engine: () => import("./Engine.ts"),
  start: () => import("./Start.ts"),
  rows: () => import("./Rows.ts"),
  replicas: () => import("./Replicas.ts"),
}

await build()
const [name = "", ...args] = process.argv.slice(2)
const wanted = name === "all" ? Object.keys(benches) : [name]
let failed = 0
for (const one of wanted) {
  const load = benches[one]
  if (load === undefined) {
    say(`pnpm bench <${[...Object.keys(benches), "all"].join(" | ")}>`)
    process.exit(1)
  }
  say(`bench ${one}`)
  try {
    await (await load()).run(args)
  } catch (error) {
    failed += 1
    say(`bench ${one} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    killAll()
  }
}
process.exit(failed === 0 ? 0 : 1)
