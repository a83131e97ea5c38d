/** How long a server takes from its start until it answers, and the memory it has then; beside the rival. */
import { randomBytes } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import * as Buyer from "./Buyer.ts"
import * as Chart from "./Chart.ts"
import * as Databases from "./Databases.ts"
import * as Emulators from "./Emulators.ts"
import { ask } from "./Http.ts"
import * as Process from "./Process.ts"
import * as Programs from "./Programs.ts"
import { machine, say, table, write } from "./Report.ts"
import { shown, shownSpread, spread } from "./Stats.ts"

const limitMillis = 1_500
const limitMb = 200
/** Between two questions whether it answers by now. */
const pollMillis = 5
/** Memory is looked at so long after it was ready: what is done once at the start is over then. */
const settledMillis = 3_000
const names: ReadonlyArray<Programs.Name> = ["ours", "rival"]
const states = ["empty", "migrated"] as const
type State = (typeof states)[number]
const titles = { sqlite: "SQLite", postgres: "PostgreSQL" } as const satisfies Record<Databases.Kind, string>

/** Ours tells by `/readyz` that it can work; of the rival, which has no such thing, any answer counts. */
const isReady = (name: Programs.Name, status: number) => (name === "ours" ? status === 200 : status > 0)

const firstAnswer = async (name: Programs.Name, port: number, begun: number, ended: AbortSignal): Promise<number> => {
  while (!ended.aborted) {
    const status = await ask(`http://127.0.0.1:${port}/readyz`).then(
      (answer) => answer.status,
      () => 0,
    )
    if (isReady(name, status)) return performance.now() - begun
    await sleep(pollMillis)
  }
  return Number.NaN
}

interface Wanted {
  readonly kind: Databases.Kind
  readonly name: Programs.Name
  readonly state: State
}

const measure = async ({ kind, name, state }: Wanted, emulators: Emulators.Emulators) => {
  const database = await Databases.make(kind)
  const environment = { PAYMENT_ENCRYPTION_KEY: randomBytes(32).toString("base64") }
  const once = { emulators, database, environment }
  if (state === "migrated") {
    const before = await Programs.start(name, once)
    await Buyer.warm(before, 20)
    await before.stop()
  }
  const port = await Process.freePort()
  const failed = new AbortController()
  const begun = performance.now()
  const starting = Programs.start(name, { ...once, port })
  starting.catch(() => failed.abort())
  const answered = firstAnswer(name, port, begun, failed.signal)
  const program = await starting
  const answeredMillis = await answered
  const firstCheckout = await Buyer.visit(program)
  if (!firstCheckout.works) throw new Error(`${name} is ready and opens no checkout: ${firstCheckout.problem}`)
  await sleep(settledMillis)
  const row = {
    kind,
    name,
    state,
    readyMillis: program.readyMillis,
    answeredMillis,
    firstCheckoutMillis: firstCheckout.millis,
    cpuMillis: Process.cpuSeconds(program.pid) * 1_000,
    mb: Process.residentMb(program.pid),
  }
  await program.stop()
  await database.drop()
  return row
}

type Row = Awaited<ReturnType<typeof measure>>
type Figure = Exclude<keyof Row, keyof Wanted>
const figures: ReadonlyArray<Figure> = ["readyMillis", "answeredMillis", "firstCheckoutMillis", "cpuMillis", "mb"]

/** `pnpm bench start [repetitions]`; `1` is a quick look. */
export const run = async ([times = "5"]: ReadonlyArray<string>): Promise<void> => {
  const on = machine()
  const begun = performance.now()
  const repetitions = Number(times)
  const postgres = await Databases.postgres()
  const kinds: ReadonlyArray<Databases.Kind> = postgres === undefined ? ["sqlite"] : ["sqlite", "postgres"]
  const emulators = await Emulators.start()
  // Their files are in memory from then on, as after an update or a crash.
  for (const name of names) await (await Programs.start(name, { emulators })).stop()
  const rows: Array<Row> = []
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const kind of kinds) {
      for (const state of states) {
        for (const name of repetition % 2 === 0 ? names : names.toReversed()) {
          const row = await measure({ kind, name, state }, emulators)
          say(`${name}, ${state} ${titles[kind]}: ready after ${shown(row.readyMillis)} ms, ${shown(row.mb)} MB`)
          rows.push(row)
          await emulators.reset()
        }
      }
    }
  }
  await emulators.stop()

  const of = ({ kind, name, state }: Wanted, figure: Figure) =>
    spread(
      rows.filter((row) => row.kind === kind && row.name === name && row.state === state).map((row) => row[figure]),
    )
  const settings = kinds.flatMap((kind) =>
    states.flatMap((state) => names.map((name): Wanted => ({ kind, state, name }))),
  )
  const ours = settings.filter(({ name }) => name === "ours")
  const title = ({ kind, state }: Wanted) => `${titles[kind]}, ${state}`

  write({
    name: "start",
    title: "From its start until the server answers",
    machine: on,
    tookSeconds: (performance.now() - begun) / 1000,
    targets: [
      ...ours.map((setting) => ({ setting, figure: "answeredMillis" as const, limit: limitMillis, unit: "ms" })),
      ...ours.map((setting) => ({ setting, figure: "mb" as const, limit: limitMb, unit: "MB" })),
    ].map(({ figure, limit, setting, unit }) => {
      const got = of(setting, figure)
      return {
        name: `${title(setting)}: ${figure === "mb" ? "resident memory" : "`/readyz` answers 200"}`,
        wanted: `≤ ${limit} ${unit}`,
        got: `${shownSpread(got)} ${unit}`,
        isHit: got.median <= limit,
      }
    }),
    body: [
      "Ours is the bundle as `pnpm start` runs it, the rival its source. Times in milliseconds since the process was spawned: *ready* " +
        `is the line that it listens, *answers* the first \`GET /readyz\` with 200 (of the rival: any answer), asked every ${pollMillis} ms. ` +
        `*First checkout*: from its POST to its page, right afterwards. CPU and resident memory ${settledMillis / 1000} s later. ` +
        "*Empty*: all migrations run; *migrated*: it was used before. Files are in the system's cache. Median of " +
        `${repetitions} repetitions (smallest–largest). ${postgres ?? "PostgreSQL was not there."}`,
      table(
        ["database", "program", "ready", "answers", "first checkout", "CPU ms", "MB"],
        settings.map((setting) => [
          title(setting),
          setting.name,
          ...figures.map((figure) => shownSpread(of(setting, figure))),
        ]),
      ),
    ],
    data: { postgres, rows },
    plots: {
      "": await Chart.svg({
        title: { text: "From the start until the server answers", subtitle: "milliseconds, one dot per repetition" },
        width: 460,
        height: { step: 26 },
        data: { values: rows.map((row) => ({ ...row, run: `${title(row)}` })) },
        mark: { type: "point", filled: true, size: 70 },
        encoding: {
          y: { field: "run", type: "nominal", title: null, sort: null },
          x: { field: "answeredMillis", type: "quantitative", title: "milliseconds", scale: { domainMin: 0 } },
          color: { field: "name", type: "nominal", title: null },
        },
      }),
    },
  })
}
