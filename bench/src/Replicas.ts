/** One, two and four server processes on one PostgreSQL: how many checkouts a second, and who used the processor. */
import { randomBytes } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { cpus } from "node:os"
import * as Buyer from "./Buyer.ts"
import * as Chart from "./Chart.ts"
import * as Databases from "./Databases.ts"
import * as Emulators from "./Emulators.ts"
import { statusOf } from "./Http.ts"
import * as Load from "./Load.ts"
import * as Process from "./Process.ts"
import * as Programs from "./Programs.ts"
import { machine, say, table, write } from "./Report.ts"
import { shown, shownSpread, spread } from "./Stats.ts"

const counts = [1, 2, 4]
const names: ReadonlyArray<Programs.Name> = ["ours", "rival"]
/** Checkouts at once for each process, so that each has always something to do. */
const atOnceEach = 16
const warmUpsEach = 150
const wantedGain = 1.6
/** Above this share of all cores there is nothing left for another process to use. */
const usedUp = 0.9

/** CPU of every PostgreSQL process on this machine, those that have ended included, in seconds. */
const postgresSeconds = (): number => {
  let seconds = 0
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue
    try {
      if (readFileSync(`/proc/${entry}/comm`, "utf8").trim() !== "postgres") continue
      seconds += Process.cpuSeconds(Number(entry)) + Process.endedChildrenSeconds(Number(entry))
    } catch {
      // It has ended since: what it used is its parent's.
    }
  }
  return seconds
}

/** CPU of everything on this machine since it started, in seconds. */
const machineSeconds = (): number =>
  cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1_000

interface Used {
  readonly servers: number
  readonly postgres: number
  readonly standIns: number
  readonly load: number
  readonly machine: number
}

const used = (programs: ReadonlyArray<Programs.Program>, emulators: Emulators.Emulators): Used => {
  const { system, user } = process.cpuUsage()
  return {
    servers: programs.reduce((sum, { pid }) => sum + Process.cpuSeconds(pid), 0),
    postgres: postgresSeconds(),
    standIns: Process.cpuSeconds(emulators.pid),
    load: (system + user) / 1e6,
    machine: machineSeconds(),
  }
}

const measure = async (name: Programs.Name, count: number, seconds: number, emulators: Emulators.Emulators) => {
  const database = await Databases.make("postgres")
  const environment = { PAYMENT_ENCRYPTION_KEY: randomBytes(32).toString("base64") }
  const programs: Array<Programs.Program> = []
  for (let i = 0; i < count; i++) programs.push(await Programs.start(name, { emulators, database, environment }))
  await Promise.all(
    programs.map((program) => Load.closed(warmUpsEach, atOnceEach, () => statusOf(Buyer.open(program)))),
  )
  const before = used(programs, emulators)
  const begun = performance.now()
  const statuses = await Promise.all(
    programs.map((program) => Load.during(seconds, atOnceEach, () => statusOf(Buyer.open(program)))),
  )
  const wall = (performance.now() - begun) / 1_000
  const after = used(programs, emulators)
  await Promise.all(programs.map((program) => program.stop("SIGKILL")))
  await database.drop()
  const opened = statuses.flat().filter((status) => status === 201).length
  const cores = (who: keyof Used) => (after[who] - before[who]) / wall
  const all = cores("servers") + cores("postgres") + cores("standIns") + cores("load")
  return {
    name,
    count,
    perSecond: opened / wall,
    servers: cores("servers"),
    postgres: cores("postgres"),
    rest: cores("standIns") + cores("load"),
    all,
    others: Math.max(0, cores("machine") - all),
    serverMillis: ((after.servers - before.servers) * 1_000) / opened,
    postgresMillis: ((after.postgres - before.postgres) * 1_000) / opened,
    refused: statuses.flat().length - opened,
  }
}

type Row = Awaited<ReturnType<typeof measure>>
type Figure = Exclude<keyof Row, "name" | "count">

/** `pnpm bench replicas [repetitions] [seconds]`; `1 3` is a quick look. */
export const run = async ([times = "3", length = "12"]: ReadonlyArray<string>): Promise<void> => {
  const on = machine()
  const begun = performance.now()
  const [repetitions, seconds] = [Number(times), Number(length)]
  const postgres = await Databases.postgres()
  if (postgres === undefined) return
  const emulators = await Emulators.start()
  const rows: Array<Row> = []
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const count of repetition % 2 === 0 ? counts : counts.toReversed()) {
      for (const name of names) {
        const row = await measure(name, count, seconds, emulators)
        say(`${count} × ${name}: ${shown(row.perSecond)} checkouts/s, ${shown(row.all)} cores busy`)
        rows.push(row)
        await emulators.reset()
      }
    }
  }
  await emulators.stop()

  const of = (name: Programs.Name, count: number, figure: Figure) =>
    spread(rows.filter((row) => row.name === name && row.count === count).map((row) => row[figure]))
  const gain = (name: Programs.Name, count: number) =>
    of(name, count, "perSecond").median / of(name, 1, "perSecond").median
  const cores = cpus().length
  const busy = of("ours", 2, "all").median
  const others = of("ours", 2, "postgres").median + of("ours", 2, "rest").median
  const foreign = of("ours", 2, "others").median
  const isUsedUp = busy >= usedUp * cores
  const isDisturbed = !isUsedUp && busy + foreign >= usedUp * cores
  const limit = isUsedUp
    ? `the shared limit is the processor: ${shown(busy)} of ${cores} cores busy, ${shown(others)} of them not by the servers`
    : isDisturbed
      ? `which says nothing: other programs used ${shown(foreign)} of ${cores} cores`
      : `${shown(busy)} of ${cores} cores busy: the processor is not what limits it`

  write({
    name: "replicas",
    title: "Server processes on one PostgreSQL",
    machine: on,
    tookSeconds: (performance.now() - begun) / 1000,
    targets: [
      {
        name: "checkouts a second of two processes against one",
        wanted: `≥ ${wantedGain} ×, or the shared limit named`,
        got: `${shown(gain("ours", 2))} × (the rival ${shown(gain("rival", 2))} ×); ${limit}`,
        isHit: isUsedUp || (!isDisturbed && gain("ours", 2) >= wantedGain),
      },
    ],
    body: [
      `\`POST /v1/checkouts\`, PayPal healthy, closed loop: ${atOnceEach} at once at each process, for ${seconds} s after ` +
        `${warmUpsEach} at each to get warm, on a fresh database of ${postgres}. Servers, database, stand-ins and load share ` +
        `${cores} cores. Median of ${repetitions} repetitions (smallest–largest).`,
      table(
        ["processes", "program", "checkouts/s", "against one", "not 201"],
        counts.flatMap((count) =>
          names.map((name) => [
            count,
            name,
            shownSpread(of(name, count, "perSecond")),
            `${shown(gain(name, count))} ×`,
            rows
              .filter((row) => row.name === name && row.count === count)
              .reduce((sum, { refused }) => sum + refused, 0),
          ]),
        ),
      ),
      "Who used the processor, in cores (*others*: programs that have nothing to do with it), and what a checkout cost in CPU: where the cost stays, more cores carry more processes.",
      table(
        [
          "processes",
          "program",
          "servers",
          "PostgreSQL",
          "stand-ins and load",
          "all",
          "others",
          "server, ms each",
          "PostgreSQL, ms each",
        ],
        counts.flatMap((count) =>
          names.map((name) => [
            count,
            name,
            ...(["servers", "postgres", "rest", "all", "others", "serverMillis", "postgresMillis"] as const).map(
              (figure) => shownSpread(of(name, count, figure)),
            ),
          ]),
        ),
      ),
    ],
    data: { postgres, rows },
    plots: {
      "": await Chart.svg({
        title: { text: "Who used the processor", subtitle: `cores, of ${cores}, by the number of server processes` },
        width: 300,
        height: { step: 26 },
        data: {
          values: counts.flatMap((count) =>
            names.flatMap((name) =>
              (
                [
                  ["servers", "servers"],
                  ["PostgreSQL", "postgres"],
                  ["stand-ins and load", "rest"],
                ] as const
              ).map(([who, figure]) => ({
                who,
                run: `${count} × ${name}`,
                cores: of(name, count, figure).median,
              })),
            ),
          ),
        },
        mark: { type: "bar" },
        encoding: {
          y: { field: "run", type: "nominal", title: null, sort: null },
          x: { field: "cores", type: "quantitative", title: "cores" },
          color: { field: "who", type: "nominal", title: null, sort: null },
        },
      }),
    },
  })
}
