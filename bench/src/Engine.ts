/** CPU of the failover engine alone: the library without server and database, beside PayPal's SDK called directly. */
import { fileURLToPath } from "node:url"
import * as Chart from "./Chart.ts"
import * as Emulators from "./Emulators.ts"
import * as Process from "./Process.ts"
import { machine, say, table, write } from "./Report.ts"
import { shown, shownSpread, spread } from "./Stats.ts"

/** For each call. */
export interface Cost {
  readonly cpuMicros: number
  readonly wallMicros: number
}

export type Way = "sdk" | "adapter" | "engine" | "instant" | "engineOverInstant"

const limitMicros = 100
const atOnce = 4

interface Setting {
  readonly way: Way
  readonly title: string
  /** Calls that go to the stand-in take so much longer. */
  readonly times: number
}

const settings: ReadonlyArray<Setting> = [
  { way: "sdk", title: "PayPal's SDK, called directly", times: 3_000 },
  { way: "adapter", title: "our PayPal provider, without the engine", times: 3_000 },
  { way: "engine", title: "the engine over our PayPal provider", times: 3_000 },
  { way: "instant", title: "a provider that answers at once", times: 30_000 },
  { way: "engineOverInstant", title: "the engine over that provider", times: 30_000 },
]

const measure = async ({ times, way }: Setting, share: number, emulators: Emulators.Emulators): Promise<Cost> => {
  const running = await Process.start({
    args: [
      fileURLToPath(new URL("caller.ts", import.meta.url)),
      way,
      ...[times / 2, times].map((count) => String(Math.round(count * share))),
      String(atOnce),
    ],
    environment: emulators.environment,
    ready: /cost (\{.*\})/,
  })
  await running.stop()
  const cost: Cost = JSON.parse(running.address)
  return cost
}

/** `pnpm bench engine [repetitions] [share of the calls]`; `1 0.1` is a quick look. */
export const run = async ([count = "5", part = "1"]: ReadonlyArray<string>): Promise<void> => {
  const on = machine()
  const begun = performance.now()
  const repetitions = Number(count)
  const emulators = await Emulators.start()
  const rows: Array<Cost & { readonly way: Way; readonly repetition: number }> = []
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const setting of repetition % 2 === 0 ? settings : settings.toReversed()) {
      const cost = await measure(setting, Number(part), emulators)
      say(`${setting.title}: ${shown(cost.cpuMicros)} µs CPU`)
      rows.push({ ...cost, way: setting.way, repetition })
      await emulators.reset()
    }
  }
  await emulators.stop()

  const of = (way: Way, figure: keyof Cost) => spread(rows.filter((row) => row.way === way).map((row) => row[figure]))
  /** What one way costs more than another, in each repetition. */
  const added = (way: Way, to: Way) => {
    const cost = (wanted: Way, repetition: number) =>
      rows.find((row) => row.way === wanted && row.repetition === repetition)?.cpuMicros ?? Number.NaN
    return spread(Array.from({ length: repetitions }, (_, repetition) => cost(way, repetition) - cost(to, repetition)))
  }
  const overSdk = added("engine", "sdk")
  const alone = added("engineOverInstant", "instant")

  write({
    name: "engine",
    title: "CPU of the failover engine for each checkout",
    machine: on,
    tookSeconds: (performance.now() - begun) / 1000,
    targets: [
      { name: "the engine alone, over a provider that answers at once", micros: alone },
      { name: "engine and provider, above PayPal's SDK called directly", micros: overSdk },
    ].map(({ micros, name }) => ({
      name,
      wanted: `≤ ${limitMicros} µs CPU`,
      got: `${shownSpread(micros)} µs`,
      isHit: micros.median <= limitMicros,
    })),
    body: [
      "The library as it is used without server and database (`PaymentOrchestrator.layer`, state in memory), PayPal as its only " +
        `provider and healthy, ${atOnce} calls at once, in a fresh process each time, warmed by half as many calls as are ` +
        "counted; `process.cpuUsage` of the whole process, with compiler and collector. The calls to PayPal go to its stand-in over " +
        `HTTP. Median of ${repetitions} repetitions (smallest–largest).`,
      table(
        ["", "calls", "µs CPU for each", "µs, one after the other"],
        settings.map(({ times, title, way }) => [
          title,
          Math.round(times * Number(part)),
          shownSpread(of(way, "cpuMicros")),
          shownSpread(of(way, "wallMicros")),
        ]),
      ),
      table(
        ["what is added", "µs CPU"],
        [
          ["by our provider to PayPal's SDK, which it does without", shownSpread(added("adapter", "sdk"))],
          ["by the engine to our provider", shownSpread(added("engine", "adapter"))],
          ["by the engine to a provider that answers at once", shownSpread(alone)],
        ],
      ),
    ],
    data: rows,
    plots: {
      "": await Chart.svg({
        title: { text: "CPU for each checkout", subtitle: "µs, one dot per repetition" },
        width: 460,
        height: { step: 28 },
        data: { values: rows.map((row) => ({ ...row, title: settings.find(({ way }) => way === row.way)?.title })) },
        mark: { type: "point", filled: true, size: 70 },
        encoding: {
          y: { field: "title", type: "nominal", title: null, sort: settings.map(({ title }) => title) },
          x: { field: "cpuMicros", type: "quantitative", title: "µs CPU" },
        },
      }),
    },
  })
}
