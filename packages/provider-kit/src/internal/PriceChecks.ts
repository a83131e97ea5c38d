/** Prices: what the provider says of its own plan, product or price is what it would charge. */
import { Effect, Option } from "effect"
import { Money, PriceDrift } from "@payment-orchestrator/domain"
import * as Check from "../Check.ts"
import type { Harness } from "../Harness.ts"
import * as Sample from "../Sample.ts"
import * as Life from "./Life.ts"

const group = "prices"

/** A provider that sells subscriptions, and how a catalog's entry compares with what it says of a price. */
const shop = (harness: Harness) =>
  Effect.gen(function* () {
    const made = yield* harness.make()
    yield* Life.needsMode(made, "subscription")
    const { id: priceId, ...entry } = yield* Life.price(harness)
    const compared = (priceId: string) =>
      Effect.map(Check.succeeds(made.provider.findPrice(priceId), "findPrice"), (found) =>
        PriceDrift.compare(entry, found),
      )
    return { ...made, entry, compared, priceId }
  })

const changeable = (made: Effect.Success<ReturnType<typeof shop>>) =>
  made.backend.prices === undefined
    ? Check.skip("the back end cannot change a price")
    : Effect.succeed(made.backend.prices)

const same = (harness: Harness): Check.Check => ({
  group,
  name: "F23: a price says amount, currency and interval as a catalog would, and is none under another id",
  run: Effect.gen(function* () {
    const { compared, entry, priceId, provider } = yield* shop(harness)
    const found = yield* Check.succeeds(provider.findPrice(priceId), "findPrice")
    if (Option.isNone(found)) return yield* Check.fail("the price must be found")
    yield* Check.equal(found.value.priceId, priceId, "its id")
    yield* Check.equal(found.value.active, true, "whether it can be sold")
    yield* Check.equal(found.value.unclear, Option.none(), "why it would be unclear")
    yield* Check.equal(found.value.period, Option.some({ unit: entry.interval, count: 1 }), "how often it is charged")
    yield* Check.equal(yield* compared(priceId), { _tag: "Same" }, "the comparison with the catalog")
    yield* Check.equal(yield* compared(Sample.unknownId(priceId)), { _tag: "Unknown" }, "that of an unknown id")
    yield* Check.equal(yield* compared("no id of any provider's"), { _tag: "Unknown" }, "that of what is no id")
  }),
})

const changed = (harness: Harness): Check.Check => ({
  group,
  name: "F23: a price whose amount was changed at the provider says the new one",
  run: Effect.gen(function* () {
    const made = yield* shop(harness)
    const { compared, entry, priceId } = made
    const prices = yield* changeable(made)
    const ours = yield* Check.succeeds(
      Effect.fromResult(Money.fromDecimal(entry.amount, entry.currency)),
      "reading the amount of the harness",
    )
    const theirs = Money.make(ours.amount * 2, ours.currency)
    yield* prices.change(priceId, theirs)
    const text = (money: Money.Money) => `${Money.toDecimal(money)} ${money.currency}`
    yield* Check.equal(
      yield* compared(priceId),
      { _tag: "Differs", differences: [{ field: "amount", ours: text(ours), theirs: text(theirs) }] },
      "the comparison with the catalog",
    )
  }),
})

const archived = (harness: Harness): Check.Check => ({
  group,
  name: "F23: a price that was archived at the provider cannot be sold",
  run: Effect.gen(function* () {
    const made = yield* shop(harness)
    const prices = yield* changeable(made)
    yield* prices.archive(made.priceId)
    yield* Check.equal(yield* made.compared(made.priceId), { _tag: "Archived" }, "the comparison with the catalog")
  }),
})

export const checks = (harness: Harness): ReadonlyArray<Check.Check> => [
  same(harness),
  changed(harness),
  archived(harness),
]
