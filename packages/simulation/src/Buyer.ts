/** A buyer with a browser: goes to the page that is shown, does there what buyers do, and comes back or does not. */
import { type Moves } from "@payment-orchestrator/payments"
import { Timestamp } from "@payment-orchestrator/domain"
import { Effect, Fiber, Option } from "effect"
import type { Bank } from "./Bank.ts"
import type { Fleet } from "./Fleet.ts"
import type { Opened } from "./Merchant.ts"
import type { Order } from "./Scenario.ts"
import * as SimulatedProvider from "./SimulatedProvider.ts"
import type { Trace } from "./Trace.ts"

export interface Options {
  readonly fleet: Fleet
  readonly trace: Trace
  readonly banks: ReadonlyArray<Bank>
  readonly order: Order
  readonly opened: Opened
}

const bankOf = ({ banks }: Options, url: string): Bank | undefined =>
  banks.find(({ sessions }) => sessions.has(SimulatedProvider.sessionIdOf(url)))

/** Acts on a page; whether there was anything to act upon. `failing`: with an instrument that will be declined. */
const act = (options: Options, url: string, failing: boolean): Effect.Effect<boolean> =>
  Effect.gen(function* () {
    const { order, trace } = options
    const { decidedAfter, decidedPaid, ends } = order.buyer
    const bank = bankOf(options, url)
    const sessionId = SimulatedProvider.sessionIdOf(url)
    if (bank === undefined) {
      trace.violate("buyers are sent to pages that exist", `order ${order.order}: ${url}`)
      return false
    }
    const now = yield* Timestamp.now
    if (bank.twoPhase) {
      const approved = bank.approve(sessionId, failing, now)
      trace.count(approved ? "approvals" : "approvals of a page that is over")
      return approved
    }
    const end = failing ? "declined" : ends
    const confirmed = bank.confirm(sessionId, end, now)
    trace.count(confirmed ? `confirmations: ${end}` : "confirmations of a page that is over")
    const payment = bank.sessions.get(sessionId)?.payments.at(-1)
    if (confirmed && end === "pending" && payment !== undefined) {
      yield* Effect.sleep(decidedAfter)
      bank.decide(payment.moneyId, decidedPaid, yield* Timestamp.now)
    }
    return confirmed
  })

/** Comes back to us, as the provider sends buyers: what was done there is looked up. */
const comeBack = ({ fleet, opened }: Options) =>
  Effect.ignore(fleet.ask(({ settlement }) => settlement.settleCheckout(opened.checkoutId, "8 seconds")))

const stored = ({ fleet, opened }: Options) =>
  Effect.map(
    fleet.insist(({ checkouts }) => checkouts.findByLink(opened.linkToken)),
    Option.flatten,
  )

/** Opens the stable link, and goes on from a page that cannot be used; the page that is shown then, if any. */
const goOn = Effect.fnUntraced(function* (options: Options) {
  const { fleet, trace } = options
  for (let nth = 0; nth < 4; nth++) {
    const found = yield* stored(options)
    if (Option.isNone(found)) return Option.none<string>()
    const standing = yield* fleet.insist(({ moves }) => moves.standing(found.value))
    if (Option.isNone(standing)) return Option.none<string>()
    if (standing.value._tag === "Page") return Option.some(standing.value.url)
    if (standing.value._tag !== "Stuck") return Option.none<string>()
    const asked = yield* fleet.insist(({ moves }) => moves.goOn(found.value.checkout.id))
    const moved: Moves.Moved | undefined = Option.getOrUndefined(Option.flatten(asked))
    trace.count(`moving on: ${moved?._tag ?? "unanswered"}`)
    if (moved?._tag === "Page") return Option.some(moved.url)
    yield* Effect.sleep("15 seconds")
  }
  return Option.none<string>()
})

/** Approves or confirms, with another instrument where the first was declined, and comes back as often as the tab is opened. */
const pay = Effect.fnUntraced(function* (options: Options, url: string) {
  const { closes, fails, returns } = options.order.buyer
  const back = Effect.forEach(Array.from({ length: returns }), () => comeBack(options), { concurrency: "unbounded" })
  const acted = yield* Effect.forkChild(act(options, url, fails), { startImmediately: true })
  yield* Effect.sleep("2 seconds")
  if (!closes) yield* back
  if (fails) {
    yield* Effect.sleep("40 seconds")
    const again = yield* Effect.forkChild(act(options, url, false), { startImmediately: true })
    if (!closes) yield* back
    yield* Fiber.join(again)
  }
  yield* Fiber.join(acted)
})

/** Everything this buyer will ever do. */
export const run = Effect.fnUntraced(function* (options: Options) {
  const { opened, order } = options
  const { after, habit } = order.buyer
  yield* Effect.sleep(after)
  switch (habit) {
    case "leaves":
      return
    case "pays":
      return yield* pay(options, opened.url)
    case "moves": {
      const url = yield* goOn(options)
      return Option.isSome(url) ? yield* pay(options, url.value) : undefined
    }
    case "both": {
      const url = yield* goOn(options)
      const next = Option.getOrElse(url, () => opened.url)
      if (next !== opened.url) options.trace.count("two pages paid, or tried to")
      yield* Effect.all([pay(options, next), Effect.andThen(Effect.sleep("1 seconds"), pay(options, opened.url))], {
        concurrency: "unbounded",
      })
    }
  }
})
