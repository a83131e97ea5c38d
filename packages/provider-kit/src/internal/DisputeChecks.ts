/** Disputes: found by the provider's own id, with the money they are about. */
import { Effect, Option } from "effect"
import * as Check from "../Check.ts"
import type { Harness } from "../Harness.ts"
import * as Sample from "../Sample.ts"
import * as Life from "./Life.ts"

const group = "disputes"

const found = (harness: Harness): Check.Check => ({
  group,
  name: "F37: a dispute is open, names the money by its own id and how much, and is none under another id",
  run: Effect.gen(function* () {
    const { disputeId, moneyId, provider } = yield* Life.disputed(harness)
    const seen = yield* Check.succeeds(provider.findDispute(disputeId), "findDispute")
    if (Option.isNone(seen)) return yield* Check.fail("the dispute must be found")
    yield* Check.equal(seen.value.disputeId, disputeId, "its id")
    yield* Check.equal(seen.value.state, "open", "its state")
    yield* Check.equal(seen.value.moneyId, Option.some(moneyId), "the money it is about")
    yield* Check.that(Option.isSome(seen.value.amount), "it must say how much is disputed", seen.value)
    const unknown = yield* Check.succeeds(
      provider.findDispute(Sample.unknownId(disputeId)),
      "findDispute of an unknown id",
    )
    yield* Check.that(Option.isNone(unknown), "there must be no such dispute", unknown)
  }),
})

export const checks = (harness: Harness): ReadonlyArray<Check.Check> => [found(harness)]
