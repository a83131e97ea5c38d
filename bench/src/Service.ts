/** The whole service under an open-loop load, durable on SQLite and on PostgreSQL, beside the rival doing the same work. */
import * as Buyer from "./Buyer.ts"
import * as Chart from "./Chart.ts"
import * as Databases from "./Databases.ts"
import * as Emulators from "./Emulators.ts"
import { statusOf } from "./Http.ts"
import * as Load from "./Load.ts"
import * as Process from "./Process.ts"
import * as Programs from "./Programs.ts"
import { machine, say, table, type Target, write } from "./Report.ts"
import { percentile, shown, shownSpread, spread } from "./Stats.ts"

const rates = [100, 300, 400, 500, 600]
/** At this rate the two programs are compared. */
const comparedRate = 300
/** As many as fit before the first page is old enough to be looked at, which only ours does (20 s). */
const warmUps = 1_500
const warmedAtOnce = 8
/** A rate is carried when the p99 stays below. */
const carriedMillis = 100
/** A program that is so far behind gets no higher rate in this repetition: its queue would only take longer to end. */
const lostMillis = 2_000
/** Seconds after the last one was due, until what is not answered is given up. */
const patience = 5

const names: ReadonlyArray<Programs.Name> = ["ours", "rival"]
const titles = { sqlite: "SQLite", postgres: "PostgreSQL" } as const satisfies Record<Databases.Kind, string>

interface Wanted {
  readonly kind: Databases.Kind
  readonly name: Programs.Name
  readonly rate: number
}

const measure = async ({ kind, name, rate }: Wanted, seconds: number, emulators: Emulators.Emulators) => {
  const database = await Databases.make(kind)
  const program = await Programs.start(name, { emulators, database })
  await Load.closed(warmUps, warmedAtOnce, () => statusOf(Buyer.open(program)))
  const before = Process.cpuSeconds(program.pid)
  let after: number | undefined
  const giveUp = setTimeout(
    () => {
      after = Process.cpuSeconds(program.pid)
      void program.stop("SIGKILL")
    },
    (seconds + patience) * 1_000,
  )
  const timed = await Load.open(rate, seconds, () => statusOf(Buyer.open(program)))
  clearTimeout(giveUp)
  after ??= Process.cpuSeconds(program.pid)
  await program.stop("SIGKILL")
  await database.drop()
  const answered = timed.filter(({ value }) => value === 201).length
  const millis = timed.map((one) => one.millis)
  return {
    kind,
    name,
    rate,
    p50: percentile(millis, 0.5),
    p99: percentile(millis, 0.99),
    cpuMillis: ((after - before) * 1_000) / answered,
    refused: timed.length - answered,
  }
}

type Row = Awaited<ReturnType<typeof measure>>

const seriesOf = (rows: ReadonlyArray<Row>, kind: Databases.Kind) => {
  const of = (name: Programs.Name, rate: number, figure: "p50" | "p99" | "cpuMillis") =>
    spread(rows.filter((row) => row.kind === kind && row.name === name && row.rate === rate).map((row) => row[figure]))
  const refused = (name: Programs.Name, rate: number) =>
    rows
      .filter((row) => row.kind === kind && row.name === name && row.rate === rate)
      .reduce((sum, row) => sum + row.refused, 0)
  return { of, refused }
}

const targetsOf = (rows: ReadonlyArray<Row>, kind: Databases.Kind): ReadonlyArray<Target> => {
  const { of, refused } = seriesOf(rows, kind)
  const carried = (name: Programs.Name) =>
    Math.max(0, ...rates.filter((rate) => of(name, rate, "p99").median <= carriedMillis && refused(name, rate) === 0))
  const added = (share: "p50" | "p99", millis: number): Target => {
    const [ours, rivals] = names.map((name) => of(name, comparedRate, share).median)
    const more = (ours ?? Number.NaN) - (rivals ?? Number.NaN)
    return {
      name: `${titles[kind]}: ${share} above the rival's at ${comparedRate}/s`,
      wanted: `≤ ${millis} ms`,
      got: `${shown(more)} ms`,
      isHit: more <= millis,
    }
  }
  return [
    {
      name: `${titles[kind]}: highest of the rates carried at p99 ≤ ${carriedMillis} ms`,
      wanted: "≥ 1.0 × rival",
      got: `${carried("ours")}/s against ${carried("rival")}/s`,
      isHit: carried("ours") > 0 && carried("ours") >= carried("rival"),
    },
    added("p50", 4),
    added("p99", 25),
  ]
}

const tableOf = (rows: ReadonlyArray<Row>, kind: Databases.Kind): string => {
  const { of, refused } = seriesOf(rows, kind)
  return table(
    [titles[kind], "program", "p50 ms", "p99 ms", "CPU ms", "not 201"],
    rates.flatMap((rate) =>
      names.map((name) => [
        `${rate} a second`,
        name,
        ...(["p50", "p99", "cpuMillis"] as const).map((figure) => shownSpread(of(name, rate, figure))),
        refused(name, rate),
      ]),
    ),
  )
}

const plotOf = (rows: ReadonlyArray<Row>, kind: Databases.Kind): Promise<string> => {
  const { of } = seriesOf(rows, kind)
  return Chart.svg({
    title: {
      text: `Latency by offered load, on ${titles[kind]}`,
      subtitle: "milliseconds (logarithmic), checkouts offered a second; open loop",
    },
    width: 520,
    height: 280,
    data: {
      values: rates.flatMap((rate) =>
        names.flatMap((name) =>
          (["p50", "p99"] as const)
            .map((share) => ({ rate, line: `${name}, ${share}`, millis: of(name, rate, share).median }))
            .filter(({ millis }) => Number.isFinite(millis)),
        ),
      ),
    },
    mark: { type: "line", point: true },
    encoding: {
      x: { field: "rate", type: "quantitative", title: "checkouts a second" },
      y: { field: "millis", type: "quantitative", scale: { type: "log" }, title: "milliseconds" },
      color: { field: "line", type: "nominal", title: null },
    },
  })
}

/** `pnpm bench service [both | sqlite | postgres] [repetitions] [seconds]`; `sqlite 1 2` is a quick look. */
export const run = async ([only = "both", count = "3", length = "7"]: ReadonlyArray<string>): Promise<void> => {
  const on = machine()
  const begun = performance.now()
  const seconds = Number(length)
  const repetitions = Number(count)
  const postgres = only === "sqlite" ? undefined : await Databases.postgres()
  const kinds: ReadonlyArray<Databases.Kind> = [
    ...(only === "postgres" ? [] : ["sqlite" as const]),
    ...(postgres === undefined ? [] : ["postgres" as const]),
  ]
  const emulators = await Emulators.start()
  const rows: Array<Row> = []
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const kind of kinds) {
      const lost = new Set<Programs.Name>()
      for (const rate of rates) {
        for (const name of repetition % 2 === 0 ? names : names.toReversed()) {
          if (lost.has(name)) continue
          const row = await measure({ kind, name, rate }, seconds, emulators)
          say(
            `${titles[kind]}, ${name} at ${rate}/s: p50 ${shown(row.p50)}, p99 ${shown(row.p99)} ms, CPU ${shown(row.cpuMillis)} ms`,
          )
          rows.push(row)
          if (row.p99 > lostMillis) lost.add(name)
          await emulators.reset()
        }
      }
    }
  }
  await emulators.stop()

  write({
    name: "service",
    title: "The whole service under load, beside the rival",
    machine: on,
    tookSeconds: (performance.now() - begun) / 1000,
    targets: kinds.flatMap((kind) => targetsOf(rows, kind)),
    body: [
      `\`POST /v1/checkouts\`, PayPal healthy, open loop: so many begin each second for ${seconds} s, whether or not those before ` +
        "have ended, and each is timed from the moment it was due (no coordinated omission). Stand-ins, server, load and " +
        `${postgres ?? "database"} share the machine's cores. Fresh processes and databases each time, warmed by ${warmUps} ` +
        `checkouts; median of ${repetitions} repetitions (smallest–largest). A dash: not tried, the rate below was lost already ` +
        `(p99 above ${lostMillis / 1000} s). What was not answered ${patience} s after the end is given up and counts as not 201. ` +
        "*CPU*: of the server, per checkout, with what it does beside. No page is old enough to be looked at yet: that begins " +
        "after 20 s, and [memory](memory.md) has it.",
      ...kinds.map((kind) => tableOf(rows, kind)),
    ],
    data: { postgres, rows },
    plots: Object.fromEntries(
      await Promise.all(
        kinds.map(async (kind) => [kind === "sqlite" ? "" : `-${kind}`, await plotOf(rows, kind)] as const),
      ),
    ),
  })
}
