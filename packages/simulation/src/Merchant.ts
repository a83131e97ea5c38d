/** A merchant's backend: opens checkouts under a key until it is answered, ends some of them, gives money back. */
import { Checkout, CheckoutRequest, Id, Money, Timestamp } from "@payment-orchestrator/domain"
import { type Checkouts } from "@payment-orchestrator/payments"
import { Effect, Option, Schema } from "effect"
import type { Fleet } from "./Fleet.ts"
import type { Order, Wish } from "./Scenario.ts"
import type { Ending } from "./Subscribing.ts"
import type { Trace } from "./Trace.ts"

const Answer = Schema.fromJsonString(
  Schema.Struct({
    answer: Schema.Literals(["Opened", "Existing", "Rejected", "Unfit"]),
    checkoutId: Schema.NullOr(Id.CheckoutId),
    link: Schema.NullOr(Schema.String),
    url: Schema.NullOr(Schema.String),
  }),
)
const encode = Schema.encodeEffect(Answer)
const decode = Schema.decodeEffect(Answer)

/** The answer that is given and kept: without the times that a real one has, it is compared as it is. */
const render = (final: Checkouts.Final): Effect.Effect<string> => {
  const checkout = final._tag === "Opened" || final._tag === "Existing" ? final.checkout : undefined
  return Effect.orDie(
    encode({
      answer: final._tag,
      checkoutId: checkout?.id ?? null,
      link: checkout?.link ?? null,
      url: checkout?.url ?? null,
    }),
  )
}

const linkToken = (link: string): string => link.slice(link.lastIndexOf("/") + 1)

/** What a merchant holds in hand after a 2xx. */
export interface Opened {
  readonly checkoutId: Id.CheckoutId
  readonly linkToken: string
  readonly url: string
}

export interface Options {
  readonly fleet: Fleet
  readonly trace: Trace
  readonly order: Order
}

const subscribing = ({ subscription }: Order) =>
  subscription === undefined
    ? { mode: "payment" as const }
    : {
        mode: "subscription" as const,
        priceId: subscription.priceId,
        ...(subscription.customerId === undefined ? {} : { customerId: subscription.customerId }),
        ...(subscription.customerEmail === undefined ? {} : { customerEmail: subscription.customerEmail }),
      }

const request = (asked: Order): CheckoutRequest.CheckoutRequest => {
  const { expiresIn, money, order, orderId } = asked
  return {
    ...subscribing(asked),
    amount: Money.toDecimal(money),
    currency: money.currency,
    metadata: { order: String(order) },
    expiresIn,
    ...(orderId === undefined ? {} : { orderId }),
  }
}

/** So often a merchant asks again before giving up. */
const tries = 12

const isFinal = ({ _tag }: { readonly _tag: string }): boolean =>
  _tag === "OrderTaken" || _tag === "AlreadySubscribed" || _tag === "KeyReused" || _tag === "InvalidRequest"

/** Asks under one key until there is an answer that is final. */
const open = Effect.fnUntraced(function* ({ fleet, order, trace }: Options) {
  const key = Option.some({ key: `key-${order.order}`, fingerprint: `${order.order}` })
  for (let nth = 0; nth < tries; nth++) {
    const replied = yield* Effect.result(
      fleet.ask(({ checkouts }) => checkouts.open(request(order), { tenantId: "default", key, render })),
    )
    if (replied._tag === "Success") {
      if (replied.success.replayed) trace.count("answers replayed")
      return Option.some(replied.success.answer)
    }
    const error = replied.failure
    trace.count(`opening: ${error._tag}`)
    if (isFinal(error)) return Option.none<string>()
    yield* Effect.sleep(error._tag === "AllProvidersFailed" ? Math.max(2_000, error.retryAfterMillis) : 2_000)
  }
  return Option.none<string>()
})

/** Opens it as often as the merchant's code does at once; every answer under one key must be the same. */
export const acquire = Effect.fnUntraced(function* (options: Options) {
  const { order, trace } = options
  const answers = yield* Effect.forEach(Array.from({ length: order.copies }), () => open(options), {
    concurrency: "unbounded",
  })
  const given = answers.flatMap(Option.toArray)
  const [first] = given
  if (first === undefined) return Option.none<Opened>()
  if (given.some((other) => other !== first)) {
    trace.violate("the same key has the same answer", `order ${order.order}: ${given.join(" | ")}`)
  }
  const { answer, checkoutId, link, url } = yield* Effect.orDie(decode(first))
  trace.count(`answered ${answer}`)
  if (checkoutId === null || link === null || url === null) return Option.none<Opened>()
  trace.acknowledge({ order: order.order, checkoutId, link })
  return answer === "Opened"
    ? Option.some<Opened>({ checkoutId, linkToken: linkToken(link), url })
    : Option.none<Opened>()
})

export const expire = ({ fleet, trace }: Options, { checkoutId }: Opened) =>
  Effect.map(
    fleet.insist(({ settlement }) => settlement.expire(checkoutId)),
    (ended) => trace.count(`expired by the merchant: ${Option.isSome(ended)}`),
  )

/** The checkout as the merchant sees it. */
export const read = ({ fleet }: Options, { checkoutId }: Opened): Effect.Effect<Option.Option<Checkout.Checkout>> =>
  Effect.map(
    fleet.insist(({ checkouts }) => checkouts.get(checkoutId, undefined)),
    Option.flatten,
  )

/** Gives back what there is, if there is something, each request under an origin of its own. */
export const giveBack = Effect.fnUntraced(function* (options: Options, opened: Opened, wish: Wish, nth: number) {
  const { fleet, order, trace } = options
  const checkout = Option.getOrUndefined(yield* read(options, opened))
  if (checkout === undefined || checkout.paymentId === null || checkout.amount === null) return
  const { amount: asked, currency } = checkout
  const paymentId = Id.PaymentId.make(checkout.paymentId)
  const amount =
    wish.share === undefined
      ? Option.none<Money.Money>()
      : Option.some(Money.make(Math.max(1, Math.round(asked * wish.share)), currency))
  const origin = `request:${order.order}-${nth}`
  const ask = fleet.insist(({ refunds }) =>
    refunds.refund({ paymentId, amount, reason: Option.none(), despiteDispute: false, origin }).pipe(
      Effect.map(() => "asked for" as const),
      Effect.catchTags({
        RefundTooLarge: () => Effect.succeed("too large" as const),
        PaymentDisputed: () => Effect.succeed("disputed" as const),
      }),
    ),
  )
  const answers = yield* Effect.forEach(Array.from({ length: wish.copies }), () => ask, { concurrency: "unbounded" })
  for (const answer of answers) trace.count(`refunds ${Option.getOrElse(answer, () => "unanswered")}`)
})

/** Ends what the checkout has begun, and is told that it will be. */
export const endSubscription = Effect.fnUntraced(function* (options: Options, opened: Opened, ending: Ending) {
  const { fleet, order, trace } = options
  const checkout = Option.getOrUndefined(yield* read(options, opened))
  if (checkout === undefined || checkout.subscriptionId === null) return
  const subscriptionId = Id.SubscriptionId.make(checkout.subscriptionId)
  const { copies, when } = ending
  trace.askToEnd({ subscriptionId, when })
  const ask = fleet.insist(({ subscriptions }) =>
    subscriptions.cancel(subscriptionId, { when, reason: Option.some(`order ${order.order}`) }),
  )
  const answers = yield* Effect.forEach(Array.from({ length: copies }), () => ask, { concurrency: "unbounded" })
  for (const answer of answers) {
    const found = Option.flatten(answer)
    trace.count(`endings asked for: ${Option.isSome(found) ? `${when}, ${found.value.status}` : "unanswered"}`)
    if (Option.isSome(found)) trace.promiseToEnd({ subscriptionId, when, at: yield* Timestamp.now })
  }
})
