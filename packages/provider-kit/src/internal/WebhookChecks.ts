/** What deliveries tell, once they are verified. */
import { Clock, Effect, Option, Stream } from "effect"
import type { Webhook } from "@payment-orchestrator/domain"
import * as Check from "../Check.ts"
import type { Harness, Made } from "../Harness.ts"
import * as Deliveries from "./Deliveries.ts"
import * as Life from "./Life.ts"

const group = "webhooks"

/** Waits until the deliveries so far tell of something. */
const tells = (made: Made, holds: (seen: ReadonlyArray<Webhook.ProviderEvent>) => boolean, what: string) =>
  Check.eventually(Deliveries.events(made), holds, what)

const attempts = (seen: ReadonlyArray<Webhook.ProviderEvent>) =>
  new Set(seen.flatMap((event) => Option.toArray(event.attemptId)))

const wellFormed = (made: Made, seen: ReadonlyArray<Webhook.ProviderEvent>) =>
  Effect.forEach(seen, (event) =>
    Check.that(
      event.provider === made.provider.name && event.eventId.length > 0 && event.type.length > 0,
      "an event must name its provider, its id and its type",
      event,
    ),
  )

const ofPayment = (harness: Harness): Check.Check => ({
  group,
  name: "every delivery of a payment's life verifies, and they tell of the money, the refund and our attempt",
  run: Effect.gen(function* () {
    const life = yield* Deliveries.refunded(harness)
    const { payment, refund, request } = life
    const seen = yield* tells(
      life,
      (all) =>
        Deliveries.payments(all).some((one) => one.moneyId === payment.moneyId && one.state === "completed") &&
        Deliveries.refunds(all).some((one) => one.providerRefundId === refund.providerRefundId),
      "there must be a completed Payment and a Refund with their ids",
    )
    yield* wellFormed(life, seen)
    yield* Check.equal([...attempts(seen)], [request.attemptId], "the attempts that the events name")
    yield* Effect.forEach(Deliveries.payments(seen), (one) =>
      Check.that(
        one.state !== "completed" || Option.isNone(one.amount) || one.amount.value.amount === payment.gross.amount,
        "an amount in a completed Payment event must be the gross amount",
        one,
      ),
    )
  }),
})

const ofSubscription = (harness: Harness): Check.Check => ({
  group,
  name: "every delivery of a subscription's life verifies, and they tell of its end and of our attempt",
  run: Effect.gen(function* () {
    const life = yield* Deliveries.canceled(harness)
    const seen = yield* tells(
      life,
      (all) =>
        Deliveries.subscriptions(all).some(
          (one) => one.subscriptionId === life.subscriptionId && one.state === "canceled",
        ),
      "there must be a canceled Subscription with its id",
    )
    yield* wellFormed(life, seen)
    yield* Check.equal([...attempts(seen)], [life.request.attemptId], "the attempts that the events name")
  }),
})

const ofRenewal = (harness: Harness): Check.Check => ({
  group,
  name: "a renewal is told as a further completed payment that names its subscription",
  run: Effect.gen(function* () {
    const completed = yield* Life.live(harness, "subscription")
    const { backend } = completed
    if (backend.renew === undefined) return yield* Check.skip("the back end cannot renew a subscription")
    const subscriptionId = yield* Life.subscriptionId(completed)
    const charges = (seen: ReadonlyArray<Webhook.ProviderEvent>) =>
      new Set(
        Deliveries.payments(seen)
          .filter((one) => one.state === "completed" && Option.contains(one.subscriptionId, subscriptionId))
          .map((one) => one.moneyId),
      )
    const before = yield* tells(completed, (all) => charges(all).size >= 1, "the first charge must be told")
    yield* backend.renew(subscriptionId)
    yield* tells(completed, (all) => charges(all).size > charges(before).size, "the renewal must be told")
  }),
})

const sameId = (harness: Harness): Check.Check => ({
  group,
  name: "F44: a delivery that comes again gives the same event ids, and other deliveries give others",
  run: Effect.gen(function* () {
    const life = yield* Deliveries.refunded(harness)
    yield* tells(life, (all) => all.length >= 2, "there must be two events")
    const deliveries = yield* life.backend.webhooks
    const idsOf = (delivery: Webhook.RawWebhook) =>
      Effect.map(Check.succeeds(life.provider.verifyWebhook(delivery), "a delivery"), (all) =>
        all.map((event) => event.eventId),
      )
    const first = yield* Effect.forEach(deliveries, idsOf)
    yield* Check.equal(yield* Effect.forEach(deliveries, idsOf), first, "the ids the second time")
    const perDelivery = first.map((ids) => [...new Set(ids)])
    yield* Check.equal(new Set(perDelivery.flat()).size, perDelivery.flat().length, "how many ids are different")
  }),
})

const unneeded = (harness: Harness): Check.Check => ({
  group,
  name: "F52: a verified delivery of an unknown type gives no events and no error (where the back end can send one)",
  run: Effect.gen(function* () {
    const { backend, provider } = yield* harness.make()
    if (backend.unknownWebhook === undefined) return yield* Check.skip("the back end sends no unknown type")
    const seen = yield* Check.succeeds(
      Effect.flatMap(backend.unknownWebhook, provider.verifyWebhook),
      "a delivery of an unknown type",
    )
    yield* Check.equal(seen.length, 0, "how many events it gives")
  }),
})

const backfill = (harness: Harness): Check.Check => ({
  group,
  name: "F50: missedEvents tells the payment that the webhooks tell, under the same event id",
  run: Effect.gen(function* () {
    if (harness.noBackfill !== undefined) return yield* Check.skip(harness.noBackfill)
    const since = (yield* Clock.currentTimeMillis) - 60_000
    const life = yield* Life.live(harness, "payment")
    const { moneyId } = yield* Life.payment(life)
    const idsOf = (seen: ReadonlyArray<Webhook.ProviderEvent>) =>
      seen
        .filter(
          ({ subject }) => subject._tag === "Payment" && subject.moneyId === moneyId && subject.state === "completed",
        )
        .map((event) => event.eventId)
    const told = yield* tells(life, (all) => idsOf(all).length > 0, "the webhooks must tell of the payment")
    const missed = yield* Check.succeeds(Stream.runCollect(life.provider.missedEvents(since)), "missedEvents")
    yield* Check.that(
      idsOf(told).every((id) => idsOf(missed).includes(id)),
      `the missed events must tell of ${idsOf(told).join(", ")}`,
      missed,
    )
  }),
})

export const checks = (harness: Harness): ReadonlyArray<Check.Check> => [
  ofPayment(harness),
  ofSubscription(harness),
  ofRenewal(harness),
  sameId(harness),
  unneeded(harness),
  backfill(harness),
]
