/** Deliveries of whole lives, and ways to spoil them. */
import { Clock, Effect, Option } from "effect"
import type { Webhook } from "@payment-orchestrator/domain"
import * as Check from "../Check.ts"
import type { Harness, Made } from "../Harness.ts"
import * as Sample from "../Sample.ts"
import * as Life from "./Life.ts"

type Subject<Tag> = Extract<Webhook.EventSubject, { readonly _tag: Tag }>

/** Every event of every delivery so far; fails when one of them does not verify. */
export const events = (made: Made) =>
  Effect.flatMap(made.backend.webhooks, (deliveries) =>
    Effect.map(
      Effect.forEach(deliveries, (delivery) =>
        Check.succeeds(made.provider.verifyWebhook(delivery), "a delivery as the back end sent it"),
      ),
      (verified) => verified.flat(),
    ),
  )

const subjects = <Tag extends Webhook.EventSubject["_tag"]>(
  tag: Tag,
  seen: ReadonlyArray<Webhook.ProviderEvent>,
): ReadonlyArray<Subject<Tag>> => {
  const is = (subject: Webhook.EventSubject): subject is Subject<Tag> => subject._tag === tag
  return seen.map(({ subject }) => subject).filter(is)
}

export const payments = (seen: ReadonlyArray<Webhook.ProviderEvent>) => subjects("Payment", seen)
export const refunds = (seen: ReadonlyArray<Webhook.ProviderEvent>) => subjects("Refund", seen)
export const subscriptions = (seen: ReadonlyArray<Webhook.ProviderEvent>) => subjects("Subscription", seen)

/** A life in the mode that the provider offers, with all its deliveries: paid, or subscribed. */
export const lived = (harness: Harness) =>
  Effect.gen(function* () {
    const made = yield* harness.make()
    const completed = yield* Effect.flatMap(Life.open(harness, made, Life.anyMode(made)), Life.settle)
    const deliveries = yield* Check.eventually(
      made.backend.webhooks,
      (all) => all.length > 0,
      "the back end must have sent a webhook",
    )
    return { ...completed, deliveries }
  })

/** A payment that was paid and given back in full. */
export const refunded = (harness: Harness) =>
  Effect.gen(function* () {
    const completed = yield* Life.live(harness, "payment")
    const payment = yield* Life.payment(completed)
    const refund = yield* Check.succeeds(
      Effect.flatMap(Sample.refundRequest(payment.moneyId), completed.provider.refund),
      "refund",
    )
    return { ...completed, payment, refund }
  })

/** A subscription that was canceled at once. */
export const canceled = (harness: Harness) =>
  Effect.gen(function* () {
    const completed = yield* Life.live(harness, "subscription")
    const subscriptionId = yield* Life.subscriptionId(completed)
    yield* Check.succeeds(
      completed.provider.cancelSubscription({ subscriptionId, reason: Option.none(), atPeriodEnd: false }),
      "cancelSubscription",
    )
    return { ...completed, subscriptionId }
  })

/** The same delivery with one bit of one byte changed; `at` is a share of its length. */
export const flipped = (delivery: Webhook.RawWebhook, at: number): Webhook.RawWebhook => {
  const index = Math.min(delivery.body.length - 1, Math.floor(delivery.body.length * at))
  return { ...delivery, body: delivery.body.map((byte, i) => (i === index ? byte ^ 1 : byte)) }
}

/** The same JSON in other bytes. */
export const reserialised = (delivery: Webhook.RawWebhook): Webhook.RawWebhook => {
  const text = new TextDecoder().decode(delivery.body)
  const [two, three] = [2, 3].map((indent) => JSON.stringify(JSON.parse(text), null, indent))
  return { ...delivery, body: new TextEncoder().encode(two === text ? three : two) }
}

export const withHeader = (
  delivery: Webhook.RawWebhook,
  name: string,
  change: (value: string) => string | ReadonlyArray<string> | undefined,
): Webhook.RawWebhook => {
  const value = delivery.headers[name]
  const one = typeof value === "string" ? value : (value?.[0] ?? "")
  return { ...delivery, headers: { ...delivery.headers, [name]: change(one) } }
}

/** Runs an effect at another time of day; waiting still takes as long as it does. */
export const later = <A, E, R>(effect: Effect.Effect<A, E, R>, millis: number): Effect.Effect<A, E, R> =>
  Effect.flatMap(Clock.Clock, (clock) => {
    const nanos = BigInt(millis) * 1_000_000n
    const moved: Clock.Clock = {
      currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() + millis,
      currentTimeMillis: Effect.map(clock.currentTimeMillis, (now) => now + millis),
      currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe() + nanos,
      currentTimeNanos: Effect.map(clock.currentTimeNanos, (now) => now + nanos),
      monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
      monotonicTimeNanos: clock.monotonicTimeNanos,
      sleep: (duration) => clock.sleep(duration),
    }
    return Effect.provideService(effect, Clock.Clock, moved)
  })
