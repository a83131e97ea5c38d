/** What V8's bounds cost in CPU and save in memory: how the flags of `pnpm start` were chosen. */
import { nodeArgs } from "@payment-orchestrator/server/build"
import * as Buyer from "./Buyer.ts"
import * as Chart from "./Chart.ts"
import * as Emulators from "./Emulators.ts"
import { statusOf } from "./Http.ts"
import * as Load from "./Load.ts"
import * as Process from "./Process.ts"
import * as Programs from "./Programs.ts"
import { machine, say, table, write } from "./Report.ts"
import { shownSpread, spread } from "./Stats.ts"

const atOnce = 16
const warmUps = 500

const usual: ReadonlyArray<string> = [
  nodeArgs.join(" "),
  "--max-semi-space-size=8 --heap-growing-percent=60 --no-concurrent-recompilation",
  "--max-semi-space-size=8 --heap-growing-percent=60 --no-allocation-site-pretenuring",
  "--max-semi-space-size=4 --optimize-for-size --no-allocation-site-pretenuring",
  "--max-semi-space-size=16",
]

const measure = async (bounds: string, times: number, emulators: Emulators.Emulators) => {
  const program = await Programs.startOurs({ emulators, bounds: bounds.split(" ") })
  const open = () => statusOf(Buyer.open(program))
  await Load.closed(warmUps, atOnce, open)
  const cpu = Process.cpuSeconds(program.pid)
  const statuses = await Load.closed(times, atOnce, open)
  const row = {
    bounds,
    cpuMillis: ((Process.cpuSeconds(program.pid) - cpu) * 1_000) / times,
    mb: Process.residentMb(program.pid),
    ownMb: Process.ownMb(program.pid),
    failed: statuses.filter((status) => status !== 201).length,
  }
  await program.stop()
  return row
}

/** `pnpm bench bounds [checkouts] [repetitions] ["flags" …]`, by turns; without flags those that were considered last. */
export const run = async ([count = "3000", times = "3", ...flags]: ReadonlyArray<string>): Promise<void> => {
  const on = machine()
  const begun = performance.now()
  const candidates = [...new Set(flags.length > 0 ? flags : usual)]
  const emulators = await Emulators.start()
  const rows: Array<Awaited<ReturnType<typeof measure>>> = []
  for (let repetition = 0; repetition < Number(times); repetition++) {
    for (const bounds of repetition % 2 === 0 ? candidates : candidates.toReversed()) {
      const row = await measure(bounds, Number(count), emulators)
      say(`${bounds}: ${row.cpuMillis.toFixed(2)} ms CPU, ${row.mb.toFixed(0)} MB, ${row.ownMb.toFixed(0)} its own`)
      rows.push(row)
      await emulators.reset()
    }
  }
  await emulators.stop()

  const of = (bounds: string, figure: "cpuMillis" | "mb" | "ownMb") =>
    spread(rows.filter((row) => row.bounds === bounds).map((row) => row[figure]))

  write({
    name: "bounds",
    title: "V8's bounds: CPU for a checkout, and memory",
    machine: on,
    tookSeconds: (performance.now() - begun) / 1000,
    targets: [],
    body: [
      `The bundle under each set of flags, by turns, on SQLite: ${warmUps} checkouts to warm it, then ${count}, ${atOnce} at a time. ` +
        "Memory is `VmRSS` at the end, in 10⁶ bytes; *own* leaves out the pages of Node's binary. `pnpm start` uses " +
        `\`${nodeArgs.join(" ")}\`. Median of ${times} repetitions (smallest–largest).`,
      table(
        ["flags", "CPU ms", "MB", "own MB", "refused"],
        candidates.map((bounds) => [
          `\`${bounds}\``,
          ...(["cpuMillis", "mb", "ownMb"] as const).map((figure) => shownSpread(of(bounds, figure))),
          rows.filter((row) => row.bounds === bounds).reduce((sum, { failed }) => sum + failed, 0),
        ]),
      ),
    ],
    data: rows,
    plots: {
      "": await Chart.svg({
        title: { text: "V8's bounds", subtitle: "one dot per repetition" },
        width: 460,
        height: 280,
        data: { values: rows },
        mark: { type: "point", filled: true, size: 70 },
        encoding: {
          x: { field: "mb", type: "quantitative", title: "MB resident", scale: { zero: false } },
          y: { field: "cpuMillis", type: "quantitative", title: "CPU ms for a checkout", scale: { zero: false } },
          color: { field: "bounds", type: "nominal", title: null, legend: { columns: 1 } },
        },
      }),
    },
  })
}
