/** From the merchant's POST to a page that works, while PayPal fails in several ways; beside the rival in the same run. Long because its rows and its page are told here. */
import * as Buyer from "./Buyer.ts"
import * as Chart from "./Chart.ts"
import * as Emulators from "./Emulators.ts"
import * as Programs from "./Programs.ts"
import { machine, say, type Target, table, write } from "./Report.ts"
import { percentile, shown, shownSpread, spread } from "./Stats.ts"

const repetitions = 3
const warmUps = 300
/** Seconds; short, so that the row with hanging calls and a closed breaker ends soon. The same for both programs. */
const shortTimeout = 1
const hedgeAfter = 0.3

const opening = "POST /v2/checkout/orders"
type Fault = (emulators: Emulators.Emulators) => Promise<void>
const refuses: Fault = (emulators) => emulators.refuse("paypal", true)
const answers503: Fault = (emulators) =>
  emulators.fault("paypal", { route: opening, fault: { kind: "Status", status: 503 } })
const hangs: Fault = (emulators) => emulators.fault("paypal", { route: opening, fault: { kind: "Hang" } })

interface Scenario {
  readonly key: string
  readonly title: string
  readonly samples: number
  readonly wish?: Buyer.Wish
  readonly fault?: Fault
  /**
   * `closed`: each sample is followed by two checkouts while PayPal is well, so that no breaker opens. `open`: breakers
   * are opened first, and PayPal stays as it is.
   */
  readonly breaker?: "closed" | "open"
  /** What both programs' attempts must say of PayPal; another way of a sample is a stray, counted and told. */
  readonly way: ReadonlyArray<string>
  /** Milliseconds above the reserve's own latency. */
  readonly target?: number
}

interface Setting {
  readonly environment: Readonly<Record<string, string>>
  readonly scenarios: ReadonlyArray<Scenario>
}

const base = "reserve"

const settings: ReadonlyArray<Setting> = [
  {
    environment: {},
    scenarios: [
      {
        key: base,
        title: "the reserve itself (Polar asked first)",
        samples: 200,
        wish: { preferred: "polar" },
        way: [""],
      },
      { key: "healthy", title: "PayPal healthy", samples: 200, way: ["opened"] },
      {
        key: "refusing",
        title: "PayPal refuses connections, breaker closed",
        samples: 60,
        fault: refuses,
        breaker: "closed",
        way: ["network"],
        target: 50,
      },
      {
        key: "503",
        title: "PayPal answers 503, breaker closed",
        samples: 25,
        fault: answers503,
        breaker: "closed",
        way: ["http_503"],
      },
    ],
  },
  {
    environment: { PAYMENT_TIMEOUT: String(shortTimeout) },
    scenarios: [
      {
        key: "hanging-closed",
        title: `PayPal hangs, breaker closed (time-out ${shortTimeout} s)`,
        samples: 10,
        fault: hangs,
        breaker: "closed",
        way: ["timeout"],
      },
      {
        key: "hanging-open",
        title: "PayPal hangs, breaker open",
        samples: 200,
        fault: hangs,
        breaker: "open",
        way: ["circuit_open", "health_down"],
        target: 5,
      },
    ],
  },
  {
    environment: { PAYMENT_HEDGE_AFTER: String(hedgeAfter) },
    scenarios: [
      {
        key: "hanging-hedged",
        title: `PayPal hangs, hedged after ${hedgeAfter * 1000} ms, breaker closed`,
        samples: 20,
        fault: hangs,
        breaker: "closed",
        way: ["superseded", ""],
        target: hedgeAfter * 1000 + 50,
      },
    ],
  },
]

interface Taken {
  readonly millis: Array<number>
  /** The reserve asked first, in turn with the samples: what they are compared with. */
  readonly reserve: Array<number>
  readonly strays: Array<string>
}
/** By scenario and program, one entry for each repetition. */
type Results = Map<string, Array<Taken>>
const keyOf = (scenario: string, program: Programs.Program["name"]) => `${scenario}/${program}`

const take = async (scenario: Scenario, program: Programs.Program, into: Taken) => {
  const visit = await Buyer.visit(program, scenario.wish)
  into.millis.push(visit.millis)
  into.reserve.push((await Buyer.visit(program, { preferred: "polar" })).millis)
  if (!visit.works) into.strays.push(`no page: ${visit.problem}`)
  else if (!scenario.way.includes(visit.paypal)) into.strays.push(visit.paypal)
}

/** Failing checkouts until a breaker is seen open. */
const openBreaker = async (program: Programs.Program) => {
  for (let tries = 0; tries < 20; tries++) {
    const visits = await Promise.all(Array.from({ length: 4 }, () => Buyer.visit(program)))
    if (visits.every(({ paypal }) => paypal === "circuit_open")) return
  }
  throw new Error(`the breaker of ${program.name} does not open`)
}

/** One scenario of one repetition: the programs take turns, sample by sample. */
const play = async (
  scenario: Scenario,
  programs: ReadonlyArray<Programs.Program>,
  emulators: Emulators.Emulators,
  results: Results,
) => {
  const taken = programs.map((program) => {
    const one: Taken = { millis: [], reserve: [], strays: [] }
    const key = keyOf(scenario.key, program.name)
    results.set(key, [...(results.get(key) ?? []), one])
    return { program, one }
  })
  if (scenario.breaker === "open") {
    await scenario.fault?.(emulators)
    for (const program of programs) await openBreaker(program)
  }
  for (let i = 0; i < scenario.samples; i++) {
    if (scenario.breaker === "closed") await scenario.fault?.(emulators)
    for (const { one, program } of i % 2 === 0 ? taken : taken.toReversed()) await take(scenario, program, one)
    if (scenario.breaker !== "closed") continue
    await emulators.heal("paypal")
    for (const { program } of taken) {
      await Buyer.visit(program)
      await Buyer.visit(program)
    }
  }
  await emulators.heal("paypal")
}

const rounded = (value: number) => Number(value.toFixed(2))

const shares = { p50: 0.5, p95: 0.95, p99: 0.99 } as const
type Share = keyof typeof shares
const shareNames: ReadonlyArray<Share> = ["p50", "p95", "p99"]

export const run = async (): Promise<void> => {
  const on = machine()
  const begun = performance.now()
  const results: Results = new Map()
  const emulators = await Emulators.start()
  for (let repetition = 1; repetition <= repetitions; repetition++) {
    for (const { environment, scenarios } of settings) {
      const options = { emulators, environment }
      const programs = [await Programs.startOurs(options), await Programs.startRival(options)]
      for (const program of programs) await Buyer.warm(program, warmUps)
      for (const scenario of scenarios) {
        say(`repetition ${repetition} of ${repetitions}: ${scenario.title}`)
        await play(scenario, programs, emulators, results)
      }
      for (const program of programs) await program.stop()
      await emulators.reset()
    }
  }
  await emulators.stop()

  const of = (scenario: string, program: Programs.Program["name"]) => results.get(keyOf(scenario, program)) ?? []
  const figure = (scenario: string, program: Programs.Program["name"], share: Share) =>
    spread(of(scenario, program).map(({ millis }) => percentile(millis, shares[share])))
  const above = (scenario: string, program: Programs.Program["name"], share: Share) =>
    spread(
      of(scenario, program).map(
        ({ millis, reserve }) => percentile(millis, shares[share]) - percentile(reserve, shares[share]),
      ),
    )

  const scenarios = settings.flatMap(({ scenarios }) => scenarios)
  const pairs = scenarios.flatMap((scenario) => (["ours", "rival"] as const).map((program) => ({ scenario, program })))
  const reached = scenarios.flatMap(({ key, target, title }): ReadonlyArray<Target> => {
    if (target === undefined) return []
    return (["p50", "p95"] as const).map((share) => {
      const got = above(key, "ours", share)
      return {
        name: `${title}: above the reserve's own ${share}`,
        wanted: `≤ ${target} ms`,
        got: `${shownSpread(got)} ms`,
        isHit: got.median <= target,
      }
    })
  })
  const strays = pairs.flatMap(({ program, scenario }) => {
    const all = of(scenario.key, program).flatMap(({ strays }) => strays)
    if (all.length === 0) return []
    const counts = Object.entries(Object.groupBy(all, (way) => way)).map(
      ([way, those]) => `${those?.length ?? 0} × ${way}`,
    )
    return [`* ${scenario.title}, ${program}: ${counts.join(", ")} of ${scenario.samples * repetitions}`]
  })

  write({
    name: "failover",
    title: "From the request to a page that works, while PayPal fails",
    machine: on,
    tookSeconds: (performance.now() - begun) / 1000,
    targets: reached,
    body: [
      "Milliseconds from `POST /v1/checkouts` until the page at the answered `url` has come with 200. The median over " +
        `${repetitions} repetitions (each with fresh processes, warmed by ${warmUps} checkouts), smallest and largest in brackets.`,
      table(
        ["", "program", "n", "p50", "p95", "p99", "above the reserve: p50", "p95"],
        pairs.map(({ program, scenario: { key, samples, title } }) => [
          program === "ours" ? title : "",
          program,
          samples * repetitions,
          ...shareNames.map((share) => shownSpread(figure(key, program, share))),
          ...(key === base
            ? ["", ""]
            : (["p50", "p95"] as const).map((share) => shown(above(key, program, share).median))),
        ]),
      ),
      "*rival*: Fastify, opossum and the same SDKs (`bench/rival/`), the same time-outs, stand-ins and durability. It asks " +
        "the reserve at the first failure; ours repeats a 503 twice at the same provider first (250 and 500 ms, with jitter), " +
        "as long as the breaker is closed. The programs take turns, sample by sample, one checkout at a time. *Above the " +
        "reserve*: the row less checkouts that ask Polar first, taken in turn with the row's own.",
      strays.length === 0
        ? "Every sample went the way its row says."
        : `Samples that went another way than their row says (they are in the figures):\n\n${strays.join("\n")}`,
    ],
    data: pairs.map(({ program, scenario: { key, title } }) => ({
      scenario: key,
      title,
      program,
      repetitions: of(key, program).map(({ millis, reserve, strays }) => ({
        millis: millis.map(rounded),
        reserve: reserve.map(rounded),
        strays,
      })),
    })),
    plots: {
      "": await Chart.svg({
        title: {
          text: "From the request to a page that works",
          subtitle: "dot: p50, tick: p95 and p99; line: from the fastest to the slowest. Logarithmic.",
        },
        width: 620,
        height: { step: 26 },
        data: {
          values: pairs.map(({ program, scenario: { key, title } }) => {
            const all = of(key, program).flatMap(({ millis }) => millis)
            return {
              program,
              title,
              min: percentile(all, 0),
              max: percentile(all, 1),
              p50: figure(key, program, "p50").median,
              p95: figure(key, program, "p95").median,
              p99: figure(key, program, "p99").median,
            }
          }),
        },
        encoding: {
          y: { field: "title", type: "nominal", sort: null, title: null },
          yOffset: { field: "program", type: "nominal" },
          color: { field: "program", type: "nominal", title: null },
        },
        layer: [
          {
            mark: { type: "rule", opacity: 0.5 },
            encoding: {
              x: { field: "min", type: "quantitative", scale: { type: "log" }, title: "milliseconds" },
              x2: { field: "max" },
            },
          },
          { mark: { type: "tick", size: 10, thickness: 2 }, encoding: { x: { field: "p95", type: "quantitative" } } },
          { mark: { type: "tick", size: 10, thickness: 2 }, encoding: { x: { field: "p99", type: "quantitative" } } },
          { mark: { type: "point", filled: true, size: 70 }, encoding: { x: { field: "p50", type: "quantitative" } } },
        ],
      }),
    },
  })
}
