/** Resident memory of the server over very many checkouts on SQLite. */
import { nodeArgs } from "@payment-orchestrator/server/build"
import * as Buyer from "./Buyer.ts"
import * as Chart from "./Chart.ts"
import * as Emulators from "./Emulators.ts"
import { statusOf } from "./Http.ts"
import * as Load from "./Load.ts"
import * as Process from "./Process.ts"
import * as Programs from "./Programs.ts"
import { machine, say, table, write } from "./Report.ts"
import { shown } from "./Stats.ts"

const limit = 200
const atOnce = 16
const points = 50

const settings: ReadonlyArray<readonly [title: string, start: typeof Programs.startOurs]> = [
  ["ours, as `pnpm start` runs it", Programs.startOurs],
  ["rival, Node's defaults", Programs.startRival],
]

interface Point {
  readonly done: number
  readonly mb: number
}

const fill = async (title: string, program: Programs.Program, times: number) => {
  const curve: Array<Point> = [{ done: 0, mb: Process.residentMb(program.pid) }]
  let done = 0
  let failed = 0
  await Load.closed(times, atOnce, async () => {
    const status = await statusOf(Buyer.open(program))
    done += 1
    if (status !== 201) failed += 1
    if (done % Math.ceil(times / points) === 0) curve.push({ done, mb: Process.residentMb(program.pid) })
    if (done % 10_000 === 0) say(`  ${title}: ${done}, ${shown(Process.residentMb(program.pid))} MB`)
  })
  return {
    title,
    failed,
    curve,
    last: Process.residentMb(program.pid),
    largest: Math.max(...curve.map(({ mb }) => mb)),
  }
}

/** `pnpm bench memory [checkouts] [ours]`. Both run at the same time: it is not time that is measured. */
export const run = async ([count = "100000", only = ""]: ReadonlyArray<string>): Promise<void> => {
  const on = machine()
  const times = Number(count)
  const begun = performance.now()
  const emulators = await Emulators.start()
  const rows = await Promise.all(
    settings
      .filter(([title]) => title.startsWith(only))
      .map(async ([title, start]) => {
        const program = await start({ emulators })
        const row = await fill(title, program, times)
        await program.stop()
        return row
      }),
  )
  await emulators.stop()
  write({
    name: "memory",
    title: `Memory of the server over ${times.toLocaleString("en")} checkouts on SQLite`,
    machine: on,
    tookSeconds: (performance.now() - begun) / 1000,
    targets: rows
      .filter(({ title }) => title.startsWith("ours"))
      .map(({ last, title }) => ({
        name: `${title}: resident memory afterwards`,
        wanted: `< ${limit} MB`,
        got: `${shown(last)} MB`,
        isHit: last < limit,
      })),
    body: [
      `Resident memory (\`VmRSS\`, 10⁶ bytes) while checkouts are opened, ${atOnce} at a time for each server; no collection ` +
        `of garbage was asked for. Ours is the bundle that \`pnpm start\` makes, with \`${nodeArgs.join(" ")}\`.`,
      table(
        ["", "after the start", "after a tenth", "afterwards", "largest", "refused"],
        rows.map(({ curve, failed, largest, last, title }) => [
          title,
          ...[curve[0]?.mb, curve.find(({ done }) => done >= times / 10)?.mb, last, largest].map((mb) =>
            shown(mb ?? Number.NaN),
          ),
          failed,
        ]),
      ),
    ],
    data: rows,
    plots: {
      "": await Chart.svg({
        title: { text: "Resident memory of the server", subtitle: "MB over the number of checkouts opened" },
        width: 560,
        height: 280,
        data: { values: rows.flatMap(({ curve, title }) => curve.map((point) => ({ ...point, title }))) },
        mark: { type: "line" },
        encoding: {
          x: { field: "done", type: "quantitative", title: "checkouts" },
          y: { field: "mb", type: "quantitative", title: "MB" },
          color: { field: "title", type: "nominal", title: null, legend: { columns: 1 } },
        },
      }),
    },
  })
}
