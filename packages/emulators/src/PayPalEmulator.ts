/**
 * A stateful stand-in of PayPal on real HTTP: orders v2, payments v2, subscriptions v1, webhooks with PayPal's own
 * signatures, and the pages a buyer sees. Written from PayPal's public OpenAPI
 * (github.com/paypal/paypal-rest-api-specifications) and documentation; nothing here was compared with the real PayPal.
 *
 * ```ts
 * const paypal = yield* PayPalEmulator.make({ webhooks: [{ id: "WH-1", url: "http://127.0.0.1:3000/webhooks/paypal" }] })
 * yield* paypal.buyer.approve(orderId)
 * yield* paypal.faults.add({ route: "POST /v2/checkout/orders", fault: Fault.status(503), times: 2 })
 * ```
 */
import { Context, Duration, Effect, Layer, type Schedule, type Scope, Semaphore } from "effect"
import * as Answer from "./Answer.ts"
import type { Controlled } from "./Control.ts"
import * as Emulator from "./Emulator.ts"
import * as EmulatorClock from "./EmulatorClock.ts"
import * as Actions from "./paypal/Actions.ts"
import * as Amount from "./paypal/Amount.ts"
import * as Api from "./paypal/Api.ts"
import * as Buyer from "./paypal/Buyer.ts"
import type { Certificate } from "./paypal/Certificate.ts"
import { type Core, emptyMemory, upper } from "./paypal/Core.ts"
import * as Disputes from "./paypal/Disputes.ts"
import * as Idempotency from "./paypal/Idempotency.ts"
import type * as Model from "./paypal/Model.ts"
import * as Notifications from "./paypal/Notifications.ts"
import * as Notifier from "./paypal/Notifier.ts"
import * as Orders from "./paypal/Orders.ts"
import * as Pages from "./paypal/Pages.ts"
import * as Payments from "./paypal/Payments.ts"
import * as Simulate from "./paypal/Simulate.ts"
import * as Subscriptions from "./paypal/Subscriptions.ts"
import * as Tokens from "./paypal/Tokens.ts"
import * as WebhookSender from "./WebhookSender.ts"

export type * from "./paypal/Model.ts"

export interface Options {
  /** @default 127.0.0.1 */
  readonly host?: string
  /** @default 0, a free port */
  readonly port?: number
  /** @default emulator-client */
  readonly clientId?: string
  /** @default emulator-secret */
  readonly clientSecret?: string
  /** Seconds a token lives. @default 32400, as PayPal's */
  readonly tokenExpiresIn?: number
  /** How long an order can be approved and captured. @default 6 hours */
  readonly orderLife?: Duration.Input
  readonly plans?: ReadonlyArray<PlanSeed>
  readonly webhooks?: ReadonlyArray<WebhookSeed>
  /** When webhooks are tried again. @default WebhookSender.defaultRetries */
  readonly webhookRetries?: Schedule.Schedule<unknown>
  /** Answers 429 when more requests come. @default none */
  readonly rateLimit?: Api.RateLimit
  /** Milliseconds a POST with a request id takes; the same one meanwhile gets 409. @default 0 */
  readonly processingMillis?: number
  /** The account's setting that refuses a second payment of one `invoice_id`. @default false */
  readonly uniqueInvoices?: boolean
}

export interface PlanSeed {
  readonly id: string
  readonly name?: string
  /** `{ currency_code: "EUR", value: "10.00" }` */
  readonly price: Amount.Amount
  /** @default MONTH */
  readonly unit?: Model.IntervalUnit
  /** @default 1 */
  readonly count?: number
  /** @default ACTIVE */
  readonly status?: Model.Plan["status"]
  /** @default true */
  readonly quantitySupported?: boolean
}

export interface WebhookSeed {
  /** The webhook id that is part of what is signed. @default made up */
  readonly id?: string
  readonly url: string
  /** @default all */
  readonly eventTypes?: ReadonlyArray<string>
}

/** A running stand-in of PayPal. */
export interface PayPalEmulator extends Controlled {
  readonly buyer: Buyer.Buyer
  readonly simulate: Simulate.Simulate
  readonly tokens: Pick<Tokens.Tokens, "issued" | "revokeAll" | "rotate" | "credentials">
  readonly orders: Effect.Effect<ReadonlyArray<Model.Order>>
  readonly captures: Effect.Effect<ReadonlyArray<Model.Capture>>
  readonly refunds: Effect.Effect<ReadonlyArray<Model.Refund>>
  readonly subscriptions: Effect.Effect<ReadonlyArray<Model.Subscription>>
  readonly sales: Effect.Effect<ReadonlyArray<Model.Sale>>
  readonly events: Effect.Effect<ReadonlyArray<Model.Event>>
  readonly addPlan: (plan: PlanSeed) => Effect.Effect<void>
  /** Adds a webhook and gives its id. */
  readonly addWebhook: (webhook: WebhookSeed) => Effect.Effect<string>
  readonly removeWebhook: (id: string) => Effect.Effect<void>
  /** The certificate that signs webhooks now; `authorityPem` is what a receiver has to trust. */
  readonly certificate: Effect.Effect<Certificate>
  /** Another key signs from now on. */
  readonly rotateCertificate: Effect.Effect<void>
}

/** A running stand-in of PayPal, as a service. */
export class PayPal extends Context.Service<PayPal, PayPalEmulator>()(
  "@payment-orchestrator/emulators/PayPalEmulator/PayPal",
) {}

/** Two plans that are there unless `plans` says otherwise: 10.00 EUR a month and 100.00 EUR a year. */
export const defaultPlans: ReadonlyArray<PlanSeed> = [
  { id: "P-EMULATOR00000000000MONTHLY", name: "Monthly", price: { currency_code: "EUR", value: "10.00" } },
  {
    id: "P-EMULATOR000000000000YEARLY",
    name: "Yearly",
    price: { currency_code: "EUR", value: "100.00" },
    unit: "YEAR",
  },
]

const planOf = (seed: PlanSeed): Model.Plan => ({
  id: seed.id,
  productId: "PROD-EMULATOR00000000",
  name: seed.name ?? seed.id,
  status: seed.status ?? "ACTIVE",
  price: Amount.normal(seed.price),
  interval: { unit: seed.unit ?? "MONTH", count: seed.count ?? 1 },
  totalCycles: 0,
  quantitySupported: seed.quantitySupported ?? true,
})

const values = <A>(map: ReadonlyMap<string, A>): Effect.Effect<ReadonlyArray<A>> => Effect.sync(() => [...map.values()])

const notFound: Emulator.Handler = () => Api.errorAnswer(404)

/** Starts an emulator that lives as long as the scope. */
export const make = Effect.fnUntraced(function* (
  options: Options = {},
): Effect.fn.Return<PayPalEmulator, never, Scope.Scope> {
  const site = yield* Emulator.open({ host: options.host, port: options.port })
  const clock = yield* EmulatorClock.make
  const memory = emptyMemory()
  const sender = yield* WebhookSender.make({
    clock,
    ...(options.webhookRetries === undefined ? {} : { retries: options.webhookRetries }),
  })
  const notifier = yield* Notifier.make({ url: site.url, clock, memory, sender })
  const core: Core = {
    url: site.url,
    clock,
    memory,
    orderLife: Duration.toMillis(Duration.fromInputUnsafe(options.orderLife ?? "6 hours")),
    uniqueInvoices: options.uniqueInvoices ?? false,
    emit: notifier.emit,
  }
  const tokens = Tokens.make({
    credentials: {
      clientId: options.clientId ?? "emulator-client",
      clientSecret: options.clientSecret ?? "emulator-secret",
    },
    expiresIn: options.tokenExpiresIn ?? 32_400,
    clock,
  })
  const idempotency = Idempotency.make(clock)
  const turn = yield* Semaphore.make(1)
  const maker = Api.make({
    tokens,
    clock,
    rateLimit: options.rateLimit,
    turn,
    processingMillis: options.processingMillis ?? 0,
  })
  const buyer = Buyer.make(core)
  const refundOutcomes: Payments.RefundOutcomes = []
  const alone = turn.withPermits(1)

  const addWebhook = Effect.fnUntraced(function* (seed: WebhookSeed) {
    const id = seed.id ?? (yield* upper(17))
    memory.webhooks.set(id, { id, url: seed.url, eventTypes: seed.eventTypes ?? ["*"] })
    return id
  })
  const seed = Effect.gen(function* () {
    for (const plan of options.plans ?? defaultPlans) memory.plans.set(plan.id, planOf(plan))
    for (const webhook of options.webhooks ?? []) yield* addWebhook(webhook)
  })
  yield* seed

  const running = yield* Emulator.serve({
    name: "paypal",
    site,
    clock,
    routes: [
      maker.open("POST", "/v1/oauth2/token", tokens.issue),
      ...Orders.routes(core, idempotency, maker),
      ...Payments.routes(core, idempotency, refundOutcomes, maker),
      ...Subscriptions.routes(core, idempotency, maker),
      ...Disputes.routes(core, maker),
      ...Notifications.routes(core, notifier, maker),
      ...Pages.routes(core, buyer, maker),
      maker.open("GET", "/emulator/authority.pem", () =>
        Effect.map(notifier.current, (certificate) => Answer.text(200, certificate.authorityPem)),
      ),
    ],
    notFound,
    methodNotAllowed: () => Api.errorAnswer(405),
    errorAnswer: (status, route) =>
      status === 401 && route === "POST /v1/oauth2/token" ? Effect.succeed(Tokens.refused) : Api.errorAnswer(status),
  })

  const page: Buyer.Buyer = {
    approve: (id) => alone(buyer.approve(id)),
    decline: (id) => alone(buyer.decline(id)),
    cancel: (id) => alone(buyer.cancel(id)),
  }
  const simulate = Simulate.make(core, refundOutcomes, alone)

  return {
    ...running,
    webhooks: sender,
    buyer: page,
    simulate,
    actions: Actions.make({ buyer: page, simulate, tokens, rotateCertificate: notifier.rotate }),
    tokens,
    orders: values(memory.orders),
    captures: values(memory.captures),
    refunds: values(memory.refunds),
    subscriptions: values(memory.subscriptions),
    sales: values(memory.sales),
    events: values(memory.events),
    addPlan: (plan) => Effect.sync(() => void memory.plans.set(plan.id, planOf(plan))),
    addWebhook,
    removeWebhook: (id) => Effect.sync(() => void memory.webhooks.delete(id)),
    certificate: notifier.current,
    rotateCertificate: notifier.rotate,
    reset: Effect.gen(function* () {
      for (const map of Object.values(memory)) map.clear()
      refundOutcomes.splice(0)
      yield* idempotency.clear
      yield* tokens.clear
      yield* clock.reset
      yield* sender.reset
      yield* running.faults.clear
      yield* running.journal.clear
      yield* running.refuse(false)
      yield* seed
    }),
  }
})

/** `make` as a layer. */
export const layer = (options: Options = {}): Layer.Layer<PayPal> => Layer.effect(PayPal, make(options))
