/**
 * A stand-in of Polar (API version 2026-10) on real HTTP: checkouts, orders, subscriptions, refunds, the hosted page
 * and signed webhooks. No request is idempotent, as at Polar.
 *
 * ```ts
 * const polar = yield* PolarEmulator.make({ webhooks: [{ url: "http://127.0.0.1:3000/webhooks/polar" }] })
 * createPolar({ accessToken: PolarEmulator.accessToken, baseUrl: polar.url })
 * yield* polar.buyer.pay(checkoutId)
 * ```
 *
 * Sources: Polar's public OpenAPI document, and its open-source server where that says less.
 */
import { Context, Duration, Effect, Layer, type Schedule, type Scope } from "effect"
import * as Answer from "./Answer.ts"
import type { Controlled } from "./Control.ts"
import * as Emulator from "./Emulator.ts"
import * as EmulatorClock from "./EmulatorClock.ts"
import * as Router from "./internal/Router.ts"
import * as Actions from "./polar/Actions.ts"
import * as Gate from "./polar/Gate.ts"
import * as Helpers from "./polar/Helpers.ts"
import * as Ids from "./internal/Ids.ts"
import type * as Model from "./polar/Model.ts"
import * as PageRoutes from "./polar/PageRoutes.ts"
import * as Problem from "./polar/Problem.ts"
import * as Routes from "./polar/Routes.ts"
import * as State from "./polar/State.ts"
import * as WebhookRoutes from "./polar/WebhookRoutes.ts"
import * as Webhooks from "./polar/Webhooks.ts"
import * as World from "./polar/World.ts"

export { NotPossible } from "./NotPossible.ts"
export type { Buyer } from "./polar/Helpers.ts"
export type { Buyer as BuyerDetails } from "./polar/Payment.ts"
export type { DiscountSeed, ProductSeed } from "./polar/State.ts"
export type { Endpoint, EndpointOptions } from "./polar/Webhooks.ts"

/** The token of an emulator that was given none; it opens nothing else. */
export const accessToken = "polar_oat_emulator"

/** A one-time product without catalogue prices: every checkout brings its own amount. */
export const carrierProductId = "11111111-1111-4111-8111-111111111111"

/** A monthly product without catalogue prices. */
export const monthlyProductId = "22222222-2222-4222-8222-222222222222"

/** A monthly product at 9.99 usd and 9.99 eur. */
export const catalogProductId = "33333333-3333-4333-8333-333333333333"

/** A discount of 100 %. */
export const fullDiscountId = "44444444-4444-4444-8444-444444444444"

/** The organisation the token belongs to. */
export const organizationId = "55555555-5555-4555-8555-555555555555"

/** How an emulator differs from the usual one. */
export interface Options {
  /** @default 127.0.0.1 */
  readonly host?: string
  /** @default 0, a free port */
  readonly port?: number
  /** @default {@link accessToken} */
  readonly accessToken?: string
  /** Scopes of the token, `checkouts:write` and the like. @default all of them */
  readonly scopes?: ReadonlyArray<string>
  readonly webhooks?: ReadonlyArray<Webhooks.EndpointOptions>
  /** When an undelivered webhook is sent again. @default nine times, 200 ms doubling to at most 5 s */
  readonly webhookRetries?: Schedule.Schedule<unknown>
  /** Lower case. @default usd */
  readonly defaultCurrency?: string
  /** @default location */
  readonly defaultTaxBehavior?: Model.TaxOption
  /** Share of the net price: 0.2 = 20 %. @default 0 */
  readonly taxRate?: number
  /** Country of a buyer who gave none, ISO 3166-1 alpha-2. @default US */
  readonly buyerCountry?: string
  /** @default 24 hours */
  readonly checkoutTtl?: Duration.Input
  /** Mail domains that take no mail, with their subdomains. @default undeliverable.example */
  readonly undeliverableDomains?: ReadonlyArray<string>
  /** What a new refund starts as. @default succeeded */
  readonly refundStatus?: "succeeded" | "pending"
  /** @default the carrier, monthly and catalogue products exported here */
  readonly products?: ReadonlyArray<State.ProductSeed>
  /** @default one of 100 % */
  readonly discounts?: ReadonlyArray<State.DiscountSeed>
  /** Answers 429 above this many requests in a window on the emulator's clock. @default no limit */
  readonly rateLimit?: { readonly requests: number; readonly windowMillis: number }
}

/** A running stand-in of Polar. */
export interface PolarEmulator extends Controlled, Helpers.Helpers {}

/** A running stand-in of Polar, as a service. */
export class Polar extends Context.Service<Polar, PolarEmulator>()(
  "@payment-orchestrator/emulators/PolarEmulator/Polar",
) {}

const defaultProducts: ReadonlyArray<State.ProductSeed> = [
  { id: carrierProductId, name: "Order" },
  { id: monthlyProductId, name: "Monthly membership", recurring: { interval: "month" } },
  {
    id: catalogProductId,
    name: "Monthly magazine",
    recurring: { interval: "month" },
    prices: { usd: 999, eur: 999 },
  },
]

const settingsOf = (options: Options): State.Settings => ({
  organizationId,
  organizationName: "Stand-in Shop",
  defaultCurrency: options.defaultCurrency ?? "usd",
  defaultTaxBehavior: options.defaultTaxBehavior ?? "location",
  taxRate: options.taxRate ?? 0,
  buyerCountry: options.buyerCountry ?? "US",
  checkoutTtl: Duration.toMillis(Duration.fromInputUnsafe(options.checkoutTtl ?? "24 hours")),
  undeliverableDomains: options.undeliverableDomains ?? ["undeliverable.example"],
  refundStatus: options.refundStatus ?? "succeeded",
  products: options.products ?? defaultProducts,
  discounts: options.discounts ?? [{ id: fullDiscountId, name: "Everything off", percent: 100 }],
})

/** FastAPI's own way: a path that only lacks its trailing slash is redirected. */
const notFound =
  (url: string, routes: ReadonlyArray<Emulator.Route>): Emulator.Handler =>
  (request) => {
    const query = request.query.toString()
    const known = Router.methods(routes, `${request.path}/`).length > 0
    return Effect.succeed(
      known
        ? Answer.redirect(`${url}${request.path}/${query === "" ? "" : `?${query}`}`, 307)
        : Gate.answerProblem(Problem.noRoute),
    )
  }

/** Starts a stand-in of Polar that lives as long as the scope. */
export const make = Effect.fn("PolarEmulator.make")(function* (
  options: Options = {},
): Effect.fn.Return<PolarEmulator, never, Scope.Scope> {
  const clock = yield* EmulatorClock.make
  const ids = yield* Ids.make
  const settings = settingsOf(options)
  const state = State.empty()
  State.reset(state, settings, ids, yield* clock.now)
  const webhooks = yield* Webhooks.make({ clock, ids, retries: options.webhookRetries ?? Webhooks.defaultRetries })
  const addAll = Effect.forEach(options.webhooks ?? [], webhooks.add, { discard: true })
  yield* addAll
  const site = yield* Emulator.open({ host: options.host, port: options.port })
  const world = World.make({ url: site.url, clock, ids, settings, state, webhooks })
  const gate = Gate.make(world, {
    accessToken: options.accessToken ?? accessToken,
    scopes: options.scopes ?? null,
    rateLimit: options.rateLimit ?? null,
  })
  const routes = [...Routes.make(gate), ...WebhookRoutes.make(world, gate), ...PageRoutes.make(world)]
  const running = yield* Emulator.serve({
    name: "polar",
    site,
    clock,
    routes,
    notFound: notFound(site.url, routes),
    methodNotAllowed: () => Effect.succeed(Answer.json(405, { detail: "Method Not Allowed" })),
    errorAnswer: (status) => Effect.succeed(Gate.answerProblem(Problem.ofStatus(status))),
  })
  const helpers = Helpers.make(world)
  return {
    ...running,
    ...helpers,
    actions: Actions.make(helpers),
    webhooks: webhooks.sender,
    reset: Effect.gen(function* () {
      yield* clock.reset
      State.reset(state, settings, ids, yield* clock.now)
      webhooks.endpoints.clear()
      webhooks.events.clear()
      yield* addAll
      yield* webhooks.sender.reset
      yield* running.faults.clear
      yield* running.journal.clear
      yield* running.refuse(false)
    }),
  }
})

/** {@link make} as a layer. */
export const layer = (options: Options = {}): Layer.Layer<Polar> => Layer.effect(Polar, make(options))
