/** One seed, from the first order to the moment when everything must be over. */
import { Id, ProviderName, type Session } from "@payment-orchestrator/domain"
import { Settlement, StorageError } from "@payment-orchestrator/payments"
import { ConfigProvider, Duration, Effect, Exit, Logger, Option, Queue, Random, References, Cause } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Bank from "./Bank.ts"
import type { BankSubscription } from "./BankSubscriptions.ts"
import * as Buyer from "./Buyer.ts"
import * as Disputer from "./Disputer.ts"
import * as Fleet from "./Fleet.ts"
import * as Invariants from "./Invariants.ts"
import * as Machine from "./Machine.ts"
import * as Mailman from "./Mailman.ts"
import * as Merchant from "./Merchant.ts"
import type * as Ports from "./Ports.ts"
import * as Replica from "./Replica.ts"
import * as Scenario from "./Scenario.ts"
import * as SimulatedProvider from "./SimulatedProvider.ts"
import * as Subscriber from "./Subscriber.ts"
import * as Trace from "./Trace.ts"
import * as VirtualTime from "./VirtualTime.ts"
import * as Weather from "./Weather.ts"

const { hour, minute, second, startedAt } = Scenario

/** Kinds of providers by how their pages are withdrawn: like PayPal, like Stripe, like Polar (which tells of no disputes). */
const kinds = ({ startedByUs }: Scenario.Scenario): ReadonlyArray<Bank.Kind> => [
  {
    name: ProviderName.ProviderName.make("two-phase"),
    fence: "local",
    twoPhase: true,
    keyed: true,
    pageMillis: 6 * hour,
    startedByUs,
    tellsDisputes: true,
  },
  {
    name: ProviderName.ProviderName.make("withdrawable"),
    fence: "remote",
    twoPhase: false,
    keyed: true,
    pageMillis: 24 * hour,
    startedByUs: false,
    tellsDisputes: true,
  },
  {
    name: ProviderName.ProviderName.make("unfenced"),
    fence: "none",
    twoPhase: false,
    keyed: false,
    pageMillis: 24 * hour,
    startedByUs: false,
    tellsDisputes: false,
  },
]

/** Steps of the quiet time: ever longer, until the last page is over. */
const quietSteps: ReadonlyArray<readonly [times: number, millis: number]> = [
  [10, 30 * second],
  [15, 1 * minute],
  [15, 5 * minute],
  [56, 35 * minute],
]
/** The providers' lists are read again after so many of them. */
const listsEvery = 4

export interface Outcome {
  readonly violations: ReadonlyArray<Trace.Violation>
  readonly counts: ReadonlyMap<string, number>
  readonly orders: number
}

const world = Effect.fnUntraced(function* (
  scenario: Scenario.Scenario,
  time: VirtualTime.VirtualTime,
  trace: Trace.Trace,
  file: string | undefined,
) {
  const { chance } = scenario
  const scope = yield* Effect.scope
  const machine = yield* Machine.make(time, file)
  const fleet = Fleet.make({ chance: chance.fork("fleet"), trace, world: scope, crashes: scenario.crashes })
  const healedAt = startedAt + Scenario.liveMillis

  const mail = Mailman.make({ chance: chance.fork("mail"), fleet, trace, scenario, banks: () => banks, world: scope })
  const told = yield* Queue.unbounded<Parameters<typeof mail>[0]>()
  yield* Effect.forkScoped(Effect.forever(Effect.flatMap(Queue.take(told), mail)))

  const until = startedAt + Scenario.stillMillis
  const orderOf = ({ metadata }: Session.SessionRequest) =>
    scenario.orders.find(({ order }) => String(order) === metadata["order"])
  const begun = yield* Queue.unbounded<BankSubscription>()
  yield* Effect.forkScoped(
    Effect.forever(
      Effect.flatMap(Queue.take(begun), (subscription) => {
        const { order, sessionId } = subscription.session
        const bank = banks.find(({ sessions }) => sessions.has(sessionId))
        if (bank === undefined) return Effect.void
        const own = chance.fork("periods", order, bank.name)
        return Effect.forkScoped(Subscriber.run({ bank, subscription, chance: own, trace, until }))
      }),
    ),
  )

  const banks = kinds(scenario).map((kind) =>
    Bank.make(kind, {
      violate: trace.violate,
      tell: (event) => {
        trace.note(
          `bank: ${event.eventId} ${event.type} ${JSON.stringify(event.subject)} ${Option.getOrElse(event.attemptId, () => "")}`,
        )
        Queue.offerUnsafe(told, event)
      },
      charges: (request, asked) => orderOf(request)?.charges ?? asked,
      terms: (request) => orderOf(request)?.subscription,
      began: (subscription) => void Queue.offerUnsafe(begun, subscription),
    }),
  )
  const weathers = banks.map(({ name }, place) =>
    Weather.make({
      chance: chance.fork("weather", name),
      rate: scenario.faultRate,
      outages: scenario.outages[place] ?? [],
      healedAt,
      without: scenario.without,
    }),
  )

  const databaseChance = chance.fork("database")
  const watcher: Ports.Guard = (step, effect) =>
    Effect.suspend(() => {
      const slow = databaseChance.hits(0.2) ? Effect.andThen(Effect.sleep(databaseChance.int(1, 30)), effect) : effect
      if (time.now() >= healedAt || !databaseChance.hits(scenario.databaseRate)) return slow
      trace.count("database failures")
      const failed = Effect.fail(new StorageError({ during: step }))
      return databaseChance.hits(0.5) ? failed : Effect.andThen(slow, failed)
    })

  const options = Effect.map(machine.storage, (storage): Replica.Options => ({
    secondPage: scenario.secondPage,
    refundDuplicates: scenario.refundDuplicates,
    hedgeAfter: scenario.hedged ? Option.some(Duration.seconds(2)) : Option.none(),
    storage: trace.watch(storage),
    watcher,
    providers: (gate) =>
      scenario.routing.flatMap((place) => {
        const [bank, weather] = [banks[place], weathers[place]]
        return bank === undefined || weather === undefined
          ? []
          : [SimulatedProvider.make({ bank, weather, world: scope, gate })]
      }),
    doom: Option.none(),
    working: true,
  }))

  const placed = Effect.fnUntraced(function* (order: Scenario.Order) {
    yield* Effect.sleep(order.at)
    const merchant = { fleet, trace, order }
    const opened = Option.getOrUndefined(yield* Merchant.acquire(merchant))
    if (opened === undefined) return
    const { dispute, expiresAfter, subscription } = order
    const later = order.buyer.after
    yield* Effect.all(
      [
        Buyer.run({ fleet, trace, banks, order, opened }),
        expiresAfter === undefined
          ? Effect.void
          : Effect.andThen(Effect.sleep(expiresAfter), Merchant.expire(merchant, opened)),
        ...order.refunds.map((wish, nth) =>
          Effect.andThen(Effect.sleep(later + wish.after), Merchant.giveBack(merchant, opened, wish, nth)),
        ),
        ...(subscription?.endings ?? []).map((ending) =>
          Effect.andThen(
            Effect.sleep(later + ending.after),
            ending.by === "merchant"
              ? Merchant.endSubscription(merchant, opened, ending)
              : Subscriber.leave(banks, order.order, ending.when === "period_end", trace),
          ),
        ),
        dispute === undefined
          ? Effect.void
          : Effect.andThen(
              Effect.sleep(later),
              Disputer.run({ banks, order: order.order, plan: dispute, trace, until }),
            ),
      ],
      { concurrency: "unbounded", discard: true },
    )
  })

  yield* fleet.serve(options, scenario.replicas)
  yield* Effect.forEach(scenario.orders, (order) => Effect.forkScoped(placed(order)), { discard: true })
  const { powerCut } = scenario
  if (powerCut !== undefined) {
    yield* Effect.sleep(powerCut)
    yield* fleet.killAll
    yield* machine.cut(4_000)
    trace.count("power cuts")
  }
  yield* Effect.sleep(Scenario.liveMillis - (powerCut ?? 0))
  yield* fleet.stopAll
  const last = yield* Replica.start({ ...(yield* options), working: false })
  fleet.add(last)
  // What a webhook has made due is held for a moment by who took the webhook: it is swept a step later.
  const sweep = Effect.all(
    [
      last.resolveClaims,
      last.settlement.sweep,
      last.subscriptions.sweep,
      last.disputes.sweep,
      last.refunds.sweep,
      last.inbox.sweep,
    ],
    { discard: true },
  )
  let nth = 0
  for (const [times, millis] of quietSteps) {
    for (const until = nth + times; nth < until; nth++) {
      if (nth % listsEvery === 0) yield* last.backfill.sweep
      yield* sweep
      yield* Effect.sleep(millis)
    }
  }
  yield* Effect.andThen(last.inbox.sweep, Effect.sleep(Settlement.leaseMillis))
  yield* sweep
  yield* Invariants.check({ scenario, trace, banks, storage: yield* machine.storage })
})

export interface Options extends Scenario.Options {
  /** Takes the log of everything, each line with the time since the start. */
  readonly log?: (line: string) => void
}

const clock = (millis: number): string => {
  const pad = (n: number, digits = 2) => String(Math.floor(n)).padStart(digits, "0")
  return `${pad(millis / hour)}:${pad((millis / minute) % 60)}:${pad((millis / second) % 60)}.${pad(millis % 1_000, 3)}`
}

/** Runs one seed to its end. */
export const run = async ({ log, ...options }: Options): Promise<Outcome> => {
  const scenario = Scenario.draw(options)
  const time = VirtualTime.make(scenario.chance.fork("schedule"), startedAt)
  const note = (line: string) => log?.(`${clock(time.now() - startedAt)} ${line}`)
  const trace = Trace.make({ now: time.now, note })
  const ids = scenario.chance.fork("ids")
  const random = scenario.chance.fork("random")
  const logger = Logger.make(({ fiber, message }) => {
    const { checkout_id: of = "" } = fiber.getRef(References.CurrentLogAnnotations)
    note(`service: ${[message].flat().join(" ")} ${of}`)
  })
  const folder = scenario.powerCut === undefined ? undefined : mkdtempSync(join(tmpdir(), "simulation-"))
  const file = folder === undefined ? undefined : join(folder, "payments.db")
  const exit = await time.run(
    Effect.scoped(world(scenario, time, trace, file)).pipe(
      Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown({})),
      Effect.provideService(
        Id.IdRandom,
        Effect.sync(() => Uint8Array.from({ length: 10 }, () => ids.int(0, 255))),
      ),
      Effect.provideService(Random.Random, {
        nextDoubleUnsafe: random.next,
        nextIntUnsafe: () => random.int(-2_147_483_648, 2_147_483_647),
      }),
      Effect.provideService(References.TracerEnabled, false),
      Effect.provideService(References.MinimumLogLevel, log === undefined ? "None" : "Info"),
      Effect.provide(Logger.layer([logger])),
    ),
  )
  if (folder !== undefined) rmSync(folder, { recursive: true })
  if (Exit.isFailure(exit)) trace.violate("it runs to its end", Cause.pretty(exit.cause))
  return { violations: trace.violations, counts: trace.counts, orders: scenario.orders.length }
}
