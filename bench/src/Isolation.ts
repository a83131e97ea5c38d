/** What 500 calls that hang at PayPal do to the checkouts of Polar, and to memory. */
import { setTimeout as sleep } from "node:timers/promises"
import * as Buyer from "./Buyer.ts"
import * as Chart from "./Chart.ts"
import * as Emulators from "./Emulators.ts"
import * as Load from "./Load.ts"
import * as Process from "./Process.ts"
import * as Programs from "./Programs.ts"
import { machine, say, table, write } from "./Report.ts"
import { percentile, type Spread, shown, shownSpread, spread } from "./Stats.ts"

const repetitions = 3
const hanging = 500
const warmUps = 200
/** Above this without anything hanging the machine has too much else to do, and the comparison says nothing. */
const calmMillis = 150
/** Checkouts at Polar a second, whatever becomes of those before. */
const rate = 40
/** The calls hang for PayPal's share of the deadline, 30 s: all of it lies within. */
const seconds = 20
const arrivingMillis = 8_000

interface Measured {
  readonly p50: number
  readonly p99: number
  /** MB that were added between the end of the first phase and the largest value of the second. */
  readonly grown: number
  readonly failed: number
}

/** Two phases of the same load; before the second one the calls are sent that hang, or none. */
const measure = async (
  start: typeof Programs.startOurs,
  hangs: boolean,
  emulators: Emulators.Emulators,
): Promise<Measured> => {
  const program = await start({ emulators, environment: { PAYMENT_CONCURRENCY: String(hanging + 100) } })
  const phase = () => Load.open(rate, seconds, () => Buyer.visit(program, { preferred: "polar" }))
  await Buyer.warm(program, warmUps)
  await phase()
  const before = Process.residentMb(program.pid)
  if (hangs) {
    await emulators.fault("paypal", { route: "POST /v2/checkout/orders", fault: { kind: "Hang" } })
    for (let i = 0; i < hanging; i++) void Buyer.visit(program)
    // Their arrival all at once is work like any other; what is measured is that they hang.
    await sleep(arrivingMillis)
  }
  let largest = 0
  const watch = setInterval(() => {
    largest = Math.max(largest, Process.residentMb(program.pid))
  }, 250)
  const timed = await phase()
  clearInterval(watch)
  const millis = timed.map((one) => one.millis)
  await emulators.heal("paypal")
  await program.stop("SIGKILL")
  return {
    p50: percentile(millis, 0.5),
    p99: percentile(millis, 0.99),
    grown: largest - before,
    failed: timed.filter(({ value }) => !value.works).length,
  }
}

const starts = { ours: Programs.startOurs, rival: Programs.startRival } as const
type Name = keyof typeof starts
const names: ReadonlyArray<Name> = ["ours", "rival"]

export const run = async (): Promise<void> => {
  const on = machine()
  const begun = performance.now()
  const emulators = await Emulators.start()
  const rows: Array<Measured & { readonly name: Name; readonly hangs: boolean; readonly repetition: number }> = []
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const name of names) {
      for (const hangs of repetition % 2 === 0 ? [false, true] : [true, false]) {
        const measured = await measure(starts[name], hangs, emulators)
        rows.push({ ...measured, name, hangs, repetition })
        say(
          `${name}, ${hangs ? `${hanging} calls hang` : "nothing hangs"}: p99 ${shown(measured.p99)} ms, ${shown(measured.grown)} MB more`,
        )
        await emulators.reset()
      }
    }
  }
  await emulators.stop()

  const of = (name: Name, hangs: boolean, figure: (row: Measured) => number): Spread =>
    spread(rows.filter((row) => row.name === name && row.hangs === hangs).map(figure))
  const rise = (name: Name) => of(name, true, ({ p99 }) => p99).median / of(name, false, ({ p99 }) => p99).median - 1
  const more = (name: Name) =>
    of(name, true, ({ grown }) => grown).median - of(name, false, ({ grown }) => grown).median
  const isCalm = of("ours", false, ({ p99 }) => p99).max <= calmMillis
  const percent = (share: number) => `${share < 0 ? "" : "+"}${(share * 100).toFixed(0)} %`

  write({
    name: "isolation",
    title: `${hanging} calls hang at PayPal: what Polar's checkouts notice`,
    machine: on,
    tookSeconds: (performance.now() - begun) / 1000,
    targets: [
      {
        name: "p99 of the other provider's checkouts",
        wanted: "< +20 %",
        got: isCalm
          ? percent(rise("ours"))
          : `${percent(rise("ours"))}, which says nothing: the machine was overloaded`,
        isHit: isCalm && rise("ours") < 0.2,
      },
      { name: "memory", wanted: "< +100 MB", got: `${shown(more("ours"))} MB`, isHit: more("ours") < 100 },
    ],
    body: [
      `${rate} checkouts a second at Polar, open loop, ${seconds} s, after as long a phase without anything hanging; fresh ` +
        `processes each time, ${repetitions} repetitions: median (smallest–largest). \`PAYMENT_CONCURRENCY=${hanging + 100}\`, so ` +
        "that all of them do hang; with the default of 256 the others would be sent to Polar at once. *Memory*: resident " +
        "memory that was added since the end of the first phase.",
      table(
        ["program", "hanging", "p50 ms", "p99 ms", "memory added, MB", "without a page"],
        names.flatMap((name) =>
          [false, true].map((hangs) => [
            name,
            hangs ? hanging : 0,
            shownSpread(of(name, hangs, ({ p50 }) => p50)),
            shownSpread(of(name, hangs, ({ p99 }) => p99)),
            shownSpread(of(name, hangs, ({ grown }) => grown)),
            rows.filter((row) => row.name === name && row.hangs === hangs).reduce((sum, { failed }) => sum + failed, 0),
          ]),
        ),
      ),
      `Rival: p99 ${percent(rise("rival"))}, memory ${shown(more("rival"))} MB.`,
    ],
    data: rows,
    plots: {
      "": await Chart.svg({
        title: {
          text: `p99 of Polar's checkouts while ${hanging} calls hang at PayPal`,
          subtitle: "milliseconds, one dot per repetition",
        },
        width: 520,
        height: { step: 36 },
        data: {
          values: rows.map(({ hangs, name, p99 }) => ({
            p99,
            name,
            phase: hangs ? `${hanging} hanging` : "none hanging",
          })),
        },
        mark: { type: "point", filled: true, size: 80 },
        encoding: {
          y: { field: "name", type: "nominal", title: null },
          yOffset: { field: "phase", type: "nominal" },
          x: { field: "p99", type: "quantitative", title: "milliseconds" },
          color: { field: "phase", type: "nominal", title: null },
        },
      }),
    },
  })
}
