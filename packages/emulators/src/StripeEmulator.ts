/**
 * A stand-in of Stripe (API version 2026-10-28.endive) on real HTTP: Checkout Sessions, payments, subscriptions,
 * refunds, disputes, events, idempotency keys, the hosted page and signed webhooks.
 *
 * ```ts
 * const stripe = yield* StripeEmulator.make({ webhooks: [{ url: "http://127.0.0.1:3000/webhooks/stripe" }] })
 * new Stripe(StripeEmulator.apiKey, { host: "127.0.0.1", port: stripe.port, protocol: "http" })
 * yield* stripe.buyer.pay(sessionId)
 * ```
 *
 * Sources: docs.stripe.com/api and the types of the `stripe` package.
 */
import { Context, Effect, Layer, type Schedule, type Scope } from "effect"
import * as Answer from "./Answer.ts"
import type { Controlled } from "./Control.ts"
import * as Emulator from "./Emulator.ts"
import * as EmulatorClock from "./EmulatorClock.ts"
import * as Ids from "./internal/Ids.ts"
import * as Actions from "./stripe/Actions.ts"
import * as Gate from "./stripe/Gate.ts"
import * as Helpers from "./stripe/Helpers.ts"
import * as PageRoutes from "./stripe/PageRoutes.ts"
import * as Problem from "./stripe/Problem.ts"
import * as Routes from "./stripe/Routes.ts"
import * as State from "./stripe/State.ts"
import * as Webhooks from "./stripe/Webhooks.ts"
import * as World from "./stripe/World.ts"
import * as WebhookSender from "./WebhookSender.ts"

export { NotPossible } from "./NotPossible.ts"
export type { Buyer } from "./stripe/Helpers.ts"
export type { PriceSeed } from "./stripe/State.ts"
export type { Endpoint, EndpointOptions } from "./stripe/Webhooks.ts"

/** The key of an emulator that was given none; it opens nothing else. */
export const apiKey = "sk_test_emulator"

/** The API version of answers and events. */
export const apiVersion = "2026-10-28.endive"

/** A price of 9.99 usd a month. */
export const monthlyPriceId = "price_monthly"

/** A price of 19.99 usd, once. */
export const oncePriceId = "price_once"

/** How an emulator differs from the usual one. */
export interface Options {
  /** @default 127.0.0.1 */
  readonly host?: string
  /** @default 0, a free port */
  readonly port?: number
  /** @default {@link apiKey} */
  readonly apiKey?: string
  /** Permissions of a restricted key, `rak_checkout_session_write` and the like. @default a key without restrictions */
  readonly permissions?: ReadonlyArray<string>
  readonly webhooks?: ReadonlyArray<Webhooks.EndpointOptions>
  /** When an undelivered webhook is sent again. @default `WebhookSender.defaultRetries` */
  readonly webhookRetries?: Schedule.Schedule<unknown>
  /** What a new refund starts as. @default succeeded */
  readonly refundStatus?: "succeeded" | "pending"
  /** @default the monthly and the once price exported here */
  readonly prices?: ReadonlyArray<State.PriceSeed>
  /** Answers 429 above this many requests in a window on the emulator's clock. @default no limit */
  readonly rateLimit?: { readonly requests: number; readonly windowMillis: number }
  /** Milliseconds a POST with an idempotency key takes; a second one meanwhile gets 409. @default 0 */
  readonly processingMillis?: number
}

/** A running stand-in of Stripe. */
export interface StripeEmulator extends Controlled, Helpers.Helpers {}

/** A running stand-in of Stripe, as a service. */
export class Stripe extends Context.Service<Stripe, StripeEmulator>()(
  "@payment-orchestrator/emulators/StripeEmulator/Stripe",
) {}

const defaultPrices: ReadonlyArray<State.PriceSeed> = [
  {
    id: monthlyPriceId,
    productName: "Monthly magazine",
    currency: "usd",
    unitAmount: 999,
    recurring: { interval: "month", interval_count: 1 },
  },
  { id: oncePriceId, productName: "Book", currency: "usd", unitAmount: 1999 },
]

const settingsOf = (options: Options): State.Settings => ({
  accountId: "acct_standin",
  merchantName: "Stand-in Shop",
  apiVersion,
  refundStatus: options.refundStatus ?? "succeeded",
  feeRate: 0.029,
  feeFixed: 30,
  prices: options.prices ?? defaultPrices,
})

/** Starts a stand-in of Stripe that lives as long as the scope. */
export const make = Effect.fn("StripeEmulator.make")(function* (
  options: Options = {},
): Effect.fn.Return<StripeEmulator, never, Scope.Scope> {
  const clock = yield* EmulatorClock.make
  const ids = yield* Ids.make
  const settings = settingsOf(options)
  const state = State.empty()
  State.reset(state, settings, yield* clock.seconds)
  const retries = options.webhookRetries ?? WebhookSender.defaultRetries
  const webhooks = yield* Webhooks.make({ clock, ids, apiVersion, retries })
  const addAll = Effect.forEach(options.webhooks ?? [], webhooks.add, { discard: true })
  yield* addAll
  const site = yield* Emulator.open({ host: options.host, port: options.port })
  const world = World.make({ url: site.url, clock, ids, settings, state, webhooks })
  const gate = Gate.make(world, {
    apiKey: options.apiKey ?? apiKey,
    permissions: options.permissions ?? null,
    rateLimit: options.rateLimit ?? null,
    processingMillis: options.processingMillis ?? 0,
  })
  const fail = (problem: Problem.Problem) => Effect.sync(() => Gate.answerProblem(problem, ids.token("req_", 14)))
  const running = yield* Emulator.serve({
    name: "stripe",
    site,
    clock,
    routes: [...Routes.make(gate), ...PageRoutes.make(world)],
    notFound: (request) => fail(Problem.noRoute(request.method, request.path)),
    errorAnswer: (status) => Effect.map(fail(Problem.ofStatus(status)), (answer): Answer.Answer => answer),
  })
  const helpers = Helpers.make(world, gate)
  return {
    ...running,
    ...helpers,
    actions: Actions.make(helpers),
    webhooks: webhooks.sender,
    reset: Effect.gen(function* () {
      yield* clock.reset
      State.reset(state, settings, yield* clock.seconds)
      gate.keys.clear()
      webhooks.endpoints.clear()
      yield* addAll
      yield* webhooks.sender.reset
      yield* running.faults.clear
      yield* running.journal.clear
      yield* running.refuse(false)
    }),
  }
})

/** {@link make} as a layer. */
export const layer = (options: Options = {}): Layer.Layer<Stripe> => Layer.effect(Stripe, make(options))
