/** What a checkout costs, and how long lists take, with very many checkouts in the database already. */
import { randomBytes } from "node:crypto"
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Buyer from "./Buyer.ts"
import * as Chart from "./Chart.ts"
import type { Database } from "./Databases.ts"
import * as Emulators from "./Emulators.ts"
import * as Fill from "./Fill.ts"
import { statusOf } from "./Http.ts"
import * as Lists from "./Lists.ts"
import * as Load from "./Load.ts"
import * as Process from "./Process.ts"
import * as Programs from "./Programs.ts"
import { machine, say, table, write } from "./Report.ts"
import * as Samples from "./Samples.ts"
import { median, percentile, shown, shownSpread, spread } from "./Stats.ts"

const day = 86_400_000
/** Deliveries, and the bodies of webhooks, are kept as long as the server keeps them. */
const keptDays = 30
/** Over how many days so many checkouts lie: a first day, a busy week, a year. */
const daysOf = (size: number) => (size <= 1_000 ? 1 : size <= listSize ? 7 : 365)
const rate = 40
const warmUps = 150
const asks = 5
const flat = 0.15
const limitMillis = 100
/** Lists must be quick with so many. */
const listSize = 100_000
const names: ReadonlyArray<Programs.Name> = ["ours", "rival"]
const roots = { ours: "checkouts", rival: "orders" } as const satisfies Record<Programs.Name, string>

const count = (size: number) => size.toLocaleString("en")

interface Common {
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
  /** Where ours listens, and PayPal's webhooks go. */
  readonly port: number
  readonly emulators: Emulators.Emulators
}

const pathOf = ({ folder }: Common, name: Programs.Name, size: number) => join(folder, `${name}-${size}.db`)

const startOn = (common: Common, name: Programs.Name, size: number): Promise<Programs.Program> => {
  const { emulators, environment, port } = common
  const database: Database = {
    kind: "sqlite",
    url: `sqlite:${pathOf(common, name, size)}`,
    drop: async () => undefined,
  }
  return Programs.start(name, { emulators, database, environment, ...(name === "ours" ? { port } : {}) })
}

/** Real checkouts, made by each program, in a database of its own. */
const makeSamples = async (common: Common, endpoint: string): Promise<void> => {
  const ours = await startOn(common, "ours", 0)
  await Samples.make(ours, common.emulators, endpoint)
  await ours.stop()
  const rival = await startOn(common, "rival", 0)
  await Load.closed(20, 1, () => Buyer.open(rival))
  await rival.stop()
}

/** So that the first checkpoint has not to bring to the disk what filling it has left in memory. */
const toDisk = (path: string): void => {
  const file = openSync(path, "r+")
  fsyncSync(file)
  closeSync(file)
}

const fillOne = (common: Common, name: Programs.Name, size: number, now: number) => {
  const path = pathOf(common, name, size)
  const begun = performance.now()
  const filled = Fill.run({
    source: pathOf(common, name, 0),
    path,
    root: roots[name],
    times: size,
    from: now - daysOf(size) * day,
    to: now - day / 24,
    // As `Retention` forgets them.
    lifetimes: { idempotency_keys: day, deliveries: keptDays * day },
    emptied: { "inbox.body": keptDays * day },
    ...(name === "ours" ? { afterwards: Samples.aged(size, now) } : {}),
  })
  toDisk(path)
  const megabytes = statSync(path).size / 1e6
  const seconds = (performance.now() - begun) / 1_000
  say(`${name}, ${count(size)}: ${count(filled.rows)} rows, ${shown(megabytes)} MB, filled in ${shown(seconds)} s`)
  return { name, size, megabytes, seconds, rows: filled.rows, perThing: Object.fromEntries(filled.perThing) }
}

const cost = async (program: Programs.Program, seconds: number) => {
  await Buyer.warm(program, warmUps)
  const cpu = Process.cpuSeconds(program.pid)
  const timed = await Load.open(rate, seconds, () => statusOf(Buyer.open(program)))
  const cpuMillis = ((Process.cpuSeconds(program.pid) - cpu) * 1_000) / timed.length
  const millis = timed.map((one) => one.millis)
  return {
    p50: percentile(millis, 0.5),
    p99: percentile(millis, 0.99),
    cpuMillis,
    refused: timed.filter(({ value }) => value !== 201).length,
  }
}

const figures = ["p50", "p99", "cpuMillis"] as const
type Figure = (typeof figures)[number]
const titles = { p50: "p50 ms", p99: "p99 ms", cpuMillis: "CPU ms" } as const satisfies Record<Figure, string>

/** `pnpm bench rows [millions] [repetitions] [seconds]`; `0.1 1 3` is a quick look. */
export const run = async ([millions = "1", times = "3", length = "10"]: ReadonlyArray<string>): Promise<void> => {
  const on = machine()
  const begun = performance.now()
  const [largest, repetitions, seconds] = [Math.round(Number(millions) * 1e6), Number(times), Number(length)]
  const sizes = [...new Set([1_000, listSize, largest])].filter((size) => size <= largest).toSorted((a, b) => a - b)
  const port = await Process.freePort()
  const receiver = await Process.start({
    args: [fileURLToPath(new URL("receiver.ts", import.meta.url))],
    environment: {},
    ready: /listening on (\S+)/,
  })
  const common: Common = {
    folder: mkdtempSync(join(tmpdir(), "bench-rows-")),
    port,
    emulators: await Emulators.start({ webhooks: { paypal: `http://127.0.0.1:${port}/webhooks/paypal` } }),
    environment: {
      PAYMENT_ENCRYPTION_KEY: randomBytes(32).toString("base64"),
      PAYMENT_ALLOW_PRIVATE_ENDPOINTS: "true",
    },
  }
  const costs: Array<
    Awaited<ReturnType<typeof cost>> & {
      readonly name: Programs.Name
      readonly size: number
      readonly repetition: number
    }
  > = []
  const lists: Array<Lists.Asked & { readonly size: number }> = []
  const filled: Array<ReturnType<typeof fillOne>> = []
  try {
    await makeSamples(common, `${receiver.address}/hook/rows`)
    const now = Date.now()
    for (const size of sizes) for (const name of names) filled.push(fillOne(common, name, size, now))
    for (let repetition = 0; repetition < repetitions; repetition++) {
      for (const size of repetition % 2 === 0 ? sizes : sizes.toReversed()) {
        for (const name of repetition % 2 === 0 ? names : names.toReversed()) {
          const program = await startOn(common, name, size)
          const row = { name, size, repetition, ...(await cost(program, seconds)) }
          costs.push(row)
          say(
            `${name}, ${count(size)}: p50 ${shown(row.p50)}, p99 ${shown(row.p99)} ms, CPU ${shown(row.cpuMillis)} ms`,
          )
          if (name === "ours") {
            const middle = now - Math.min(daysOf(size) / 2, keptDays / 2) * day
            const asked = Lists.questions(await Lists.known(program, middle), middle)
            lists.push(...(await Lists.time(program, asked, asks)).map((one) => ({ ...one, size })))
          }
          await program.stop()
        }
      }
    }
  } finally {
    await common.emulators.stop()
    await receiver.stop()
    rmSync(common.folder, { recursive: true, force: true })
  }

  const of = (name: Programs.Name, size: number, figure: Figure) =>
    spread(costs.filter((row) => row.name === name && row.size === size).map((row) => row[figure]))
  const smallest = sizes[0] ?? 0
  const rise = (name: Programs.Name, figure: Figure) =>
    of(name, largest, figure).median / of(name, smallest, figure).median - 1
  const percent = (share: number) => `${share < 0 ? "" : "+"}${(share * 100).toFixed(0)} %`

  const shapes = [...new Set(lists.map(({ question }) => question))]
  const millisOf = (question: string, size: number) =>
    lists.filter((one) => one.question === question && one.size === size).flatMap(({ millis }) => millis)
  const judged = sizes.includes(listSize) ? listSize : largest
  const slowest = shapes
    .map((question) => ({ question, millis: median(millisOf(question, judged)) }))
    .filter(({ millis }) => Number.isFinite(millis))
    .toSorted((a, b) => b.millis - a.millis)
  const slow = slowest.filter(({ millis }) => millis >= limitMillis)

  write({
    name: "rows",
    title: `${count(largest)} checkouts in the database already`,
    machine: on,
    tookSeconds: (performance.now() - begun) / 1000,
    targets: [
      ...figures.map((figure) => ({
        name: `${titles[figure]} of a checkout, with ${count(largest)} against ${count(smallest)}`,
        wanted: `within ${flat * 100} %`,
        got: `${percent(rise("ours", figure))} (the rival ${percent(rise("rival", figure))})`,
        isHit: rise("ours", figure) <= flat,
      })),
      {
        name: `each of ${shapes.length} lists and counts, with ${count(judged)}`,
        wanted: `< ${limitMillis} ms`,
        got:
          slow.length === 0
            ? `slowest ${shown(slowest[0]?.millis ?? Number.NaN)} ms`
            : slow.map(({ millis, question }) => `\`${question}\` ${shown(millis)} ms`).join(", "),
        isHit: slow.length === 0,
      },
    ],
    body: [
      "SQLite. Twenty real checkouts (twelve paid, one of them refunded, two subscriptions, four given up, one failed over, one without a page; told to " +
        `an endpoint, with PayPal's webhooks) were copied with all the rows they left, under other ids and over the time before: ${sizes.map((size) => `${count(size)} over ${daysOf(size)} day${daysOf(size) === 1 ? "" : "s"}`).join(", ")}. ` +
        `Then \`POST /v1/checkouts\` on each database: ${rate} a second for ${seconds} s, open loop, after ${warmUps} to get warm. ` +
        `Fresh processes each time; median of ${repetitions} repetitions (smallest–largest).`,
      table(
        ["checkouts", "program", ...figures.map((figure) => titles[figure]), "not 201"],
        sizes.flatMap((size) =>
          names.map((name) => [
            count(size),
            name,
            ...figures.map((figure) => shownSpread(of(name, size, figure))),
            costs.filter((row) => row.name === name && row.size === size).reduce((sum, row) => sum + row.refused, 0),
          ]),
        ),
      ),
      table(
        ["checkouts", "program", "rows written", "MB", "filled in s"],
        filled.map(({ megabytes, name, rows, seconds, size }) => [
          count(size),
          name,
          count(rows),
          shown(megabytes),
          shown(seconds),
        ]),
      ),
      `## Lists and counts\n\nMilliseconds from the question to the whole answer, ${asks} times in each repetition, one after the other: median (slowest).`,
      table(
        ["", ...sizes.map(count)],
        shapes.map((question) => [
          `\`${question}\``,
          ...sizes.map((size) => {
            const millis = millisOf(question, size)
            return `${shown(median(millis))} (${shown(percentile(millis, 1))})`
          }),
        ]),
      ),
    ],
    data: { costs, filled, lists },
    plots: {
      "": await Chart.svg({
        title: {
          text: "CPU of a checkout",
          subtitle: "milliseconds, by checkouts in the database; one dot per repetition",
        },
        width: 460,
        height: 220,
        data: { values: costs },
        mark: { type: "point", filled: true, size: 60 },
        encoding: {
          x: { field: "size", type: "quantitative", title: "checkouts", scale: { type: "log" } },
          y: { field: "cpuMillis", type: "quantitative", title: "milliseconds", scale: { domainMin: 0 } },
          color: { field: "name", type: "nominal", title: null },
        },
      }),
    },
  })
}
