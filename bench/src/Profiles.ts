/** Thousands of checkouts in each of several fault profiles of PayPal while Polar is well: how many get a page that works. */
import type { Fault } from "@payment-orchestrator/emulators"
import { setTimeout as sleep } from "node:timers/promises"
import * as Buyer from "./Buyer.ts"
import * as Chart from "./Chart.ts"
import * as Emulators from "./Emulators.ts"
import { closed } from "./Load.ts"
import * as Programs from "./Programs.ts"
import { machine, say, table, write } from "./Report.ts"
import { shown, summary } from "./Stats.ts"

const buyers = 32
const wanted = 0.999

/** Stops what was begun. */
type Stop = () => Promise<void>
type Play = (emulators: Emulators.Emulators) => Promise<Stop>

const opening = "POST /v2/checkout/orders"
/** Everything we post; not the buyer's pages, which are other machines at the real PayPal. */
const api = "POST*"

const plays =
  (rule: Fault.Rule): Play =>
  async (emulators) => {
    await emulators.fault("paypal", rule)
    return () => emulators.heal("paypal")
  }

const on = (fault: Fault.Fault, route = opening): Play => plays({ route, fault })

/** Breaks connections for two seconds, works for two, and so on. */
const flaps: Play = async (emulators) => {
  const over = new AbortController()
  const flapping = (async () => {
    for (let down = true; !over.signal.aborted; down = !down) {
      await (down ? emulators.fault("paypal", { route: api, fault: { kind: "Reset" } }) : emulators.heal("paypal"))
      await sleep(2_000)
    }
  })()
  return async () => {
    over.abort()
    await flapping
    await emulators.heal("paypal")
  }
}

const profiles: ReadonlyArray<readonly [title: string, play: Play]> = [
  [
    "refuses connections",
    async (emulators) => {
      await emulators.refuse("paypal", true)
      return () => emulators.heal("paypal")
    },
  ],
  ["answers 503", on({ kind: "Status", status: 503 })],
  ["makes the order, then answers 500", on({ kind: "Status", status: 500, apply: true })],
  ["hangs", on({ kind: "Hang" })],
  ["drips its answer, 20 bytes a second", on({ kind: "SlowDrip", bytesPerSecond: 20 })],
  ["cuts its answer short", on({ kind: "CutBody", afterBytes: 100, apply: true })],
  ["answers broken JSON", on({ kind: "MalformedJson", apply: true })],
  ["answers 429, Retry-After: 5", on({ kind: "Status", status: 429, headers: { "retry-after": "5" } })],
  [
    "fails 20 % at random (500)",
    plays({ route: api, fault: { kind: "Status", status: 500 }, share: 0.2, seed: "bench" }),
  ],
  ["has no token endpoint (503)", on({ kind: "Status", status: 503 }, "POST /v1/oauth2/token")],
  ["flaps: 2 s breaking connections, 2 s well", flaps],
]

const measure = async (title: string, play: Play, times: number, emulators: Emulators.Emulators) => {
  await emulators.reset()
  // For a token that is held already the token endpoint may be down as long as it likes.
  const isCold = title.includes("token")
  const program = await Programs.startOurs({ emulators })
  if (!isCold) await Buyer.warm(program, 50)
  const stop = await play(emulators)
  const begun = performance.now()
  let done = 0
  const visits = await closed(times, buyers, async () => {
    const visit = await Buyer.visit(program)
    done += 1
    if (done % 2_500 === 0) say(`  ${done} of ${times}`)
    return visit
  })
  const seconds = (performance.now() - begun) / 1000
  await stop()
  await program.stop()
  const bad = visits.filter(({ works }) => !works)
  const ways = Object.entries(Object.groupBy(visits, ({ paypal }) => paypal)).map(
    ([way, those]) => [way, those?.length ?? 0] as const,
  )
  return {
    title,
    times,
    seconds,
    share: (times - bad.length) / times,
    byPolar: visits.filter(({ provider }) => provider === "polar").length / times,
    millis: summary(visits.map(({ millis }) => millis)),
    ways: Object.fromEntries(ways),
    problems: bad.slice(0, 10).map(({ problem }) => problem),
  }
}

/** `pnpm bench profiles [checkouts] [words of one profile's title]`. */
export const run = async ([count = "10000", only = ""]: ReadonlyArray<string>): Promise<void> => {
  const on = machine()
  const times = Number(count)
  const begun = performance.now()
  const emulators = await Emulators.start()
  const rows: Array<Awaited<ReturnType<typeof measure>>> = []
  for (const [title, play] of profiles) {
    if (!title.includes(only)) continue
    say(`PayPal ${title}`)
    const row = await measure(title, play, times, emulators)
    say(`  ${(row.share * 100).toFixed(3)} % in ${row.seconds.toFixed(0)} s, ${JSON.stringify(row.ways)}`)
    rows.push(row)
  }
  await emulators.stop()
  const worst = rows.toSorted((a, b) => a.share - b.share)[0]
  write({
    name: "profiles",
    title: `${rows.length} fault profiles, ${times.toLocaleString("en")} checkouts each`,
    machine: on,
    tookSeconds: (performance.now() - begun) / 1000,
    targets: [
      {
        name: "checkouts that get a page that works, in the worst profile",
        wanted: `≥ ${wanted * 100} %`,
        got: `${((worst?.share ?? 0) * 100).toFixed(3)} % (PayPal ${worst?.title ?? ""})`,
        isHit: (worst?.share ?? 0) >= wanted,
      },
    ],
    body: [
      `The real server with its default settings on SQLite, started afresh for each profile; ${buyers} buyers at a time, each ` +
        "fetching the page it was given; Polar is well. A page works when it comes with 200. Milliseconds include the page.",
      table(
        ["PayPal…", "with a page", "by Polar", "p50", "p95", "p99", "slowest", "checkouts/s"],
        rows.map(({ byPolar, millis, seconds, share, title }) => [
          title,
          `${(share * 100).toFixed(3)} %`,
          `${(byPolar * 100).toFixed(1)} %`,
          ...[millis.p50, millis.p95, millis.p99, millis.max].map(shown),
          shown(times / seconds),
        ]),
      ),
      "The slowest are those that were under way when PayPal fell silent and the probes that look whether it is back: with " +
        "the default settings such a buyer waits for PayPal's share of the deadline, 30 s (`PAYMENT_HEDGE_AFTER` shortens that).",
    ],
    data: rows,
    plots: {
      "": await Chart.svg({
        title: {
          text: "While PayPal fails and Polar is well",
          subtitle: "milliseconds to a page that works: p50, p95, p99, slowest. Logarithmic.",
        },
        width: 560,
        height: { step: 24 },
        data: {
          values: rows.flatMap(({ millis, title }) =>
            (["p50", "p95", "p99", "max"] as const).map((share) => ({
              title: `PayPal ${title}`,
              share: share === "max" ? "slowest" : share,
              millis: millis[share],
            })),
          ),
        },
        mark: { type: "point", filled: true, size: 60 },
        encoding: {
          y: { field: "title", type: "nominal", sort: null, title: null },
          x: { field: "millis", type: "quantitative", scale: { type: "log" }, title: "milliseconds" },
          color: { field: "share", type: "nominal", sort: null, title: null },
        },
      }),
    },
  })
}
