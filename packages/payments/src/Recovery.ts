/** Money that waited for a provider is gone on with as soon as a circuit of that provider closes. */
import { Circuits } from "@payment-orchestrator/core"
import { Effect, Stream } from "effect"
import { Refunds } from "./Refunds.ts"
import { Settlement } from "./Settlement.ts"

/** Runs until it is interrupted. Of several processes the one that closed the circuit does it. */
export const run: Effect.Effect<void, never, Circuits.Circuits | Refunds | Settlement> = Effect.gen(function* () {
  const circuits = yield* Circuits.Circuits
  const settlement = yield* Settlement
  const refunds = yield* Refunds
  yield* circuits.changes.pipe(
    Stream.filter(({ here, to }) => here && to === "closed"),
    Stream.runForEach(({ lane: { provider } }) => Effect.andThen(settlement.hurry(provider), refunds.hurry(provider))),
  )
})
