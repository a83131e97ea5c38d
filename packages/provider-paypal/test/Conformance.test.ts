import { Money } from "@payment-orchestrator/domain"
import { conformance, Emulated, type Harness } from "@payment-orchestrator/provider-kit"
import { Effect } from "effect"
import * as PayPal from "../src/index.ts"
import { Fault } from "@payment-orchestrator/emulators"
import * as Stage from "./support/Stage.ts"

const stillRunning = {
  name: "RESOURCE_CONFLICT",
  message: "The server has detected a conflict while processing this request.",
  debug_id: "f1",
  details: [
    {
      issue: "PREVIOUS_REQUEST_IN_PROGRESS",
      description: "A previous request on this resource is currently in progress.",
    },
  ],
}

const creates = [Stage.createOrder, Stage.createSubscription]

const harness: Harness.Harness = {
  name: "PayPal",
  canaries: Stage.canaries,
  subscriptionPrice: { id: Stage.monthlyPlan, amount: "10.00", currency: "EUR", interval: "month" },
  hasInProgressAnswer: true,
  webhookCover: "checksum",
  make: Effect.fnUntraced(function* (options) {
    const { deliveries, emulator, provider, signed } = yield* Stage.make()
    const unreachable = yield* PayPal.make(Stage.optionsFor("http://paypal.invalid"))
    tokens.set(emulator.url, emulator.tokens.revokeAll)
    const backend: Harness.Backend & { readonly url: string } = {
      url: emulator.url,
      ...Emulated.backend({
        emulator,
        creates,
        token: Stage.token,
        inProgress: Fault.status(409, { body: stillRunning }),
      }),
      sessionCount: Effect.zipWith(
        emulator.orders,
        emulator.subscriptions,
        (orders, subscriptions) => orders.length + subscriptions.length,
      ),
      approve: (sessionId) => Effect.asVoid(Effect.orDie(emulator.buyer.approve(sessionId))),
      webhooks: deliveries,
      renew: (subscriptionId) => Effect.asVoid(Effect.orDie(emulator.simulate.renew(subscriptionId))),
      dispute: (transactionId) =>
        Effect.map(Effect.orDie(emulator.simulate.openDispute({ transactionId })), ({ id }) => id),
      prices: {
        change: (id, money) => {
          const price = { currency_code: money.currency, value: Money.toDecimal(money) }
          return Effect.asVoid(Effect.orDie(emulator.simulate.changePlan(id, { price })))
        },
        archive: (id) => Effect.asVoid(Effect.orDie(emulator.simulate.changePlan(id, { status: "INACTIVE" }))),
      },
      unknownWebhook: signed(
        JSON.stringify({ id: "WH-1", event_type: "INVOICING.INVOICE.PAID", resource: { id: "INV2-1" } }),
      ),
    }
    return { provider: options?.unreachable === "dns" ? unreachable : provider, backend }
  }),
  staleToken: (backend) => ("url" in backend ? (tokens.get(String(backend.url)) ?? Effect.void) : Effect.void),
}

const tokens = new Map<string, Effect.Effect<void>>()

conformance(harness)
