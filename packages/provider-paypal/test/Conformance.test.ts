import { Money } from "@payment-orchestrator/domain"
import { conformance, type Harness } from "@payment-orchestrator/provider-kit"
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

/** The same fault in the emulator's words; `Refuse` and `DnsFailure` are not the emulator's to play. */
const faultOf = (fault: Harness.ScriptedFault, options: { readonly apply?: boolean }): Fault.Fault | undefined => {
  switch (fault._tag) {
    case "Status":
      return Fault.status(fault.status, {
        ...options,
        ...(fault.retryAfter === undefined ? {} : { headers: { "retry-after": fault.retryAfter } }),
        ...(fault.body === undefined ? {} : { body: fault.body }),
      })
    case "Html":
      return Fault.html(fault.status, options)
    case "Hang":
      return Fault.hang(options)
    case "StallBody":
      return Fault.stallBody(20, options)
    case "SlowDrip":
      return Fault.slowDrip(20, options)
    case "CutBody":
      return Fault.cutBody(20, options)
    case "Reset":
      return Fault.reset(options)
    case "MalformedJson":
      return Fault.malformedJson(options)
    case "WrongShape":
      return Fault.wrongShape(options)
    case "EmptyBody":
      return Fault.emptyBody(options)
    case "Redirect":
      return Fault.redirect("https://www.paypal.com/elsewhere", options)
    case "InProgress":
      return Fault.status(409, { ...options, body: stillRunning })
    case "Refuse":
    case "DnsFailure":
      return undefined
  }
}

const creates = [Stage.createOrder, Stage.createSubscription]

const harness: Harness.Harness = {
  name: "PayPal",
  canaries: Stage.canaries,
  subscriptionPriceId: Stage.monthlyPlan,
  subscriptionPrice: { amount: "10.00", currency: "EUR", interval: "month" },
  hasInProgressAnswer: true,
  webhookCover: "checksum",
  make: Effect.fnUntraced(function* (options) {
    const { deliveries, emulator, provider, signed } = yield* Stage.make()
    const unreachable = yield* PayPal.make(Stage.optionsFor("http://paypal.invalid"))
    tokens.set(emulator.url, emulator.tokens.revokeAll)
    const backend: Harness.Backend & { readonly url: string } = {
      url: emulator.url,
      script: Effect.fnUntraced(function* (scripted, { apply, times } = {}) {
        yield* emulator.faults.clear
        if (scripted._tag === "Refuse") return yield* emulator.refuse(true)
        const fault = faultOf(scripted, apply === undefined ? {} : { apply })
        if (fault === undefined) return
        for (const route of creates)
          yield* emulator.faults.add({ route, fault, ...(times === undefined ? {} : { times }) })
      }),
      scriptToken: Effect.fnUntraced(function* (scripted, { times } = {}) {
        const fault = faultOf(scripted, {})
        if (fault === undefined) return
        yield* emulator.faults.add({ route: Stage.token, fault, ...(times === undefined ? {} : { times }) })
      }),
      scriptEvery: Effect.fnUntraced(function* (scripted, { apply, only, times } = {}) {
        yield* emulator.faults.clear
        const fault = faultOf(scripted, apply === undefined ? {} : { apply })
        if (fault === undefined) return
        // the first rule that fits wins: tokens are given out as ever
        yield* emulator.faults.add({ route: Stage.token, fault: Fault.latency(0) })
        const route = only === undefined ? "*" : only === "reads" ? "GET *" : "POST *"
        yield* emulator.faults.add({ route, fault, ...(times === undefined ? {} : { times }) })
      }),
      heal: Effect.andThen(emulator.faults.clear, emulator.refuse(false)),
      createCalls: Effect.map(
        emulator.journal.requests,
        (requests) => requests.filter(({ route }) => creates.includes(route)).length,
      ),
      sessionCount: Effect.zipWith(
        emulator.orders,
        emulator.subscriptions,
        (orders, subscriptions) => orders.length + subscriptions.length,
      ),
      requestTexts: Effect.map(emulator.journal.requests, (requests) =>
        requests.map(
          ({ body, headers, method, path, query }) => `${method} ${path}${query}\n${JSON.stringify(headers)}\n${body}`,
        ),
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
