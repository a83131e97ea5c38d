/** Carries webhooks: late, twice, in another order, or never. One that is not taken is carried again, as providers do. */
import { Timestamp, type Webhook } from "@payment-orchestrator/domain"
import { Effect, Option, type Scope } from "effect"
import type { Bank } from "./Bank.ts"
import type { Chance } from "./Chance.ts"
import type { Fleet } from "./Fleet.ts"
import type { Scenario } from "./Scenario.ts"
import * as SimulatedProvider from "./SimulatedProvider.ts"
import type { Trace } from "./Trace.ts"

export interface Options {
  readonly chance: Chance
  readonly fleet: Fleet
  readonly trace: Trace
  readonly scenario: Scenario
  readonly banks: () => ReadonlyArray<Bank>
  readonly world: Scope.Scope
}

const retries = 6

export const make = ({ banks, chance, fleet, scenario, trace, world }: Options) => {
  const carry = Effect.fnUntraced(function* ({ eventId, provider, subject }: Webhook.ProviderEvent, wait: number) {
    const body = new TextEncoder().encode(SimulatedProvider.encodeDelivery({ eventId }))
    for (let nth = 0; nth < retries; nth++) {
      yield* Effect.sleep(nth === 0 ? wait : 30_000 * 2 ** nth)
      const taken = yield* Effect.exit(fleet.ask(({ inbox }) => inbox.receive({ provider, headers: {}, body })))
      trace.count(taken._tag === "Success" ? "webhooks taken" : "webhooks not taken")
      if (taken._tag !== "Success") continue
      if (subject._tag === "Dispute") trace.hearOfDispute(subject.disputeId, yield* Timestamp.now)
      return
    }
  })

  return (event: Webhook.ProviderEvent): Effect.Effect<void> =>
    Effect.gen(function* () {
      const own = chance.fork(event.eventId)
      const lost = own.hits(scenario.lossRate)
      const copies = own.hits(scenario.doubleRate) ? 2 : 1
      if (lost) return trace.count("webhooks lost")
      for (let copy = 0; copy < copies; copy++) {
        const wait = own.weighted([
          [own.int(50, 3_000), 8],
          [own.int(3_000, 60_000), 2],
          [own.int(60_000, 900_000), 1],
        ])
        yield* Effect.forkIn(carry(event, wait), world)
      }
      const bank = banks().find(({ name }) => name === event.provider)
      if (bank === undefined) return
      const now = yield* Timestamp.now
      const boast = own.hits(scenario.boastRate) ? bank.boast(event, now) : Option.none()
      const forged = own.fork("forged")
      const disputed = forged.hits(scenario.boastRate * 5) ? bank.boastOfDispute(event, now) : Option.none()
      for (const untrue of [...Option.toArray(boast), ...Option.toArray(disputed)]) {
        trace.count(`webhooks that say more than is true: ${untrue.type}`)
        yield* Effect.forkIn(carry(untrue, forged.int(0, 2_000)), world)
      }
    })
}
