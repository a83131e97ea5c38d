/** A buyer who turns to the bank instead of the merchant. */
import { Timestamp } from "@payment-orchestrator/domain"
import { Effect } from "effect"
import type { Bank } from "./Bank.ts"
import type { Plan } from "./Disputing.ts"
import type { Trace } from "./Trace.ts"

export interface Options {
  readonly banks: ReadonlyArray<Bank>
  readonly order: number
  readonly plan: Plan
  readonly trace: Trace
  /** From then on it stays as it is, so that what was done can become known. */
  readonly until: number
}

const hour = 3_600_000
/** So often it is looked whether there is money yet. */
const patience = 120

/** The money of an order at providers that tell of disputes. */
const moneyOf = (banks: ReadonlyArray<Bank>, order: number) =>
  banks
    .filter(({ tellsDisputes }) => tellsDisputes)
    .flatMap((bank) =>
      Array.from(bank.sessions.values())
        .filter((session) => session.order === order)
        .flatMap((session) => session.payments.filter(({ state }) => state === "completed"))
        .map((payment) => ({ bank, payment })),
    )

export const run = Effect.fnUntraced(function* ({ banks, order, plan, trace, until }: Options) {
  yield* Effect.sleep(plan.after)
  // Whoever is early does it as soon as the money is gone, be that known to us or not.
  let money = moneyOf(banks, order)
  for (let nth = 0; nth < patience && money.length === 0; nth++) {
    yield* Effect.sleep(500)
    money = moneyOf(banks, order)
  }
  const about = money[plan.which % Math.max(1, money.length)]
  const now = yield* Timestamp.now
  if (about === undefined || now >= until) return
  const { disputes } = about.bank
  const dispute = disputes.open(about.payment, now + hour, now)
  if (dispute === undefined) return
  trace.count("disputes opened")
  const pause = (millis: number) =>
    Effect.gen(function* () {
      yield* Effect.sleep(millis)
      return (yield* Timestamp.now) < until
    })
  for (let nth = 0; nth < plan.extensions; nth++) {
    if (!(yield* pause(plan.decidedAfter / 4))) return
    const extendedAt = yield* Timestamp.now
    disputes.extend(dispute, extendedAt + hour, extendedAt)
  }
  if (plan.verdict === "none yet" || !(yield* pause(plan.decidedAfter))) return
  disputes.close(dispute, plan.verdict, yield* Timestamp.now)
  trace.count(`disputes ${plan.verdict}`)
  if (plan.secondVerdict === undefined || plan.verdict !== "won" || !(yield* pause(plan.decidedAfter))) return
  disputes.reopen(dispute, yield* Timestamp.now)
  trace.count("disputes opened again")
  if (!(yield* pause(plan.decidedAfter))) return
  disputes.close(dispute, plan.secondVerdict, yield* Timestamp.now)
})
