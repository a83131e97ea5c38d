/** The provider against the stand-in of Polar, with a sink that keeps every webhook. */
import { createServer } from "node:http"
import { Effect, Redacted, Schedule, type Scope } from "effect"
import type { PaymentProvider, Webhook } from "@payment-orchestrator/domain"
import { Fault, PolarEmulator } from "@payment-orchestrator/emulators"
import type { Harness as Kit } from "@payment-orchestrator/provider-kit"
import * as Polar from "@payment-orchestrator/provider-polar"
import { signed } from "./Signing.ts"

export const apiKey = "polar_oat_canaryKey0123456789"
export const webhookSecret = "whsec_Y2FuYXJ5U2VjcmV0MDEyMzQ1Njc4OQ=="
export const createRoute = "POST /v1/checkouts/"

export interface Sink {
  readonly url: string
  readonly received: ReadonlyArray<Webhook.RawWebhook>
}

/** Answers 200 to everything and remembers it, until the scope ends. */
export const sink: Effect.Effect<Sink, never, Scope.Scope> = Effect.suspend(() => {
  const received: Array<Webhook.RawWebhook> = []
  const server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks) })
      response.writeHead(200).end()
    })
  })
  return Effect.acquireRelease(
    Effect.callback<Sink>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, received }))
      })
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      }),
  )
})

export interface World {
  readonly polar: PaymentProvider.Service
  readonly emulator: PolarEmulator.PolarEmulator
  readonly sink: Sink
}

/** A provider against a fresh stand-in; both may be changed. */
export const world = (
  options: Partial<Polar.Options> = {},
  emulated: PolarEmulator.Options = {},
): Effect.Effect<World, never, Scope.Scope> =>
  Effect.gen(function* () {
    const received = yield* sink
    const emulator = yield* PolarEmulator.make({
      accessToken: apiKey,
      webhooks: [{ url: received.url, secret: webhookSecret }],
      webhookRetries: Schedule.recurs(0),
      ...emulated,
    })
    const polar = yield* Polar.make({
      apiKey: Redacted.make(apiKey),
      environment: "sandbox",
      baseUrl: emulator.url,
      webhookSecrets: [Redacted.make(webhookSecret)],
      carrierProductId: PolarEmulator.carrierProductId,
      currencies: ["USD", "EUR", "JPY"],
      ...options,
    })
    return { polar, emulator, sink: received }
  })

/** The suite's word for a fault → the stand-in's. */
const faultOf = (fault: Kit.ScriptedFault, apply: boolean): Fault.Fault => {
  switch (fault._tag) {
    case "Status": {
      // Left to itself the stand-in says in a 429 how long to wait, as Polar does.
      const silent = fault.status === 429 && fault.retryAfter === undefined
      const body = fault.body ?? (silent ? { error: "RateLimitExceeded", detail: "Too many requests" } : undefined)
      return Fault.status(fault.status, {
        apply,
        ...(fault.retryAfter === undefined ? {} : { headers: { "retry-after": fault.retryAfter } }),
        ...(body === undefined ? {} : { body }),
      })
    }
    case "Html":
      return Fault.html(fault.status, { apply })
    case "Hang":
    case "Refuse":
    case "DnsFailure":
      return Fault.hang({ apply })
    case "StallBody":
      return Fault.stallBody(20, { apply })
    case "SlowDrip":
      return Fault.slowDrip(5, { apply })
    case "CutBody":
      return Fault.cutBody(20, { apply })
    case "Reset":
      return Fault.reset({ apply })
    case "MalformedJson":
      return Fault.malformedJson({ apply })
    case "WrongShape":
      return Fault.wrongShape({ apply })
    case "EmptyBody":
      return Fault.emptyBody({ apply })
    case "Redirect":
      return Fault.redirect("/v1/elsewhere", { apply })
    case "InProgress":
      return Fault.status(409, { apply, body: { error: "CheckoutLocked", detail: "Checkout is being processed." } })
  }
}

/** Replaces whatever was played by this fault on these routes. */
const play = (
  { faults, refuse }: PolarEmulator.PolarEmulator,
  routes: ReadonlyArray<string>,
  fault: Kit.ScriptedFault,
  { apply = false, times }: Kit.ScriptOptions = {},
) =>
  fault._tag === "Refuse"
    ? refuse(true)
    : Effect.andThen(
        faults.clear,
        Effect.forEach(
          routes,
          (route) => faults.add({ route, fault: faultOf(fault, apply), ...(times === undefined ? {} : { times }) }),
          { discard: true },
        ),
      )

const reads = ["GET *"]
const writes = ["POST *", "PATCH *", "DELETE *"]

const backendOf = ({ emulator, sink: received }: World): Kit.Backend => ({
  script: (fault, options) => play(emulator, [createRoute], fault, options),
  scriptEvery: (fault, options) => {
    const only = options?.only
    const routes = only === "reads" ? reads : only === "writes" ? writes : [...reads, ...writes]
    return play(emulator, routes, fault, options)
  },
  heal: Effect.andThen(emulator.faults.clear, emulator.refuse(false)),
  createCalls: emulator.journal.count(createRoute),
  sessionCount: Effect.map(emulator.checkouts, (all) => all.length),
  requestTexts: Effect.map(emulator.journal.requests, (all) =>
    all.map((one) => `${one.method} ${one.path}${one.query}\n${JSON.stringify(one.headers)}\n\n${one.body}`),
  ),
  approve: (sessionId) => Effect.asVoid(Effect.orDie(emulator.buyer.pay(sessionId))),
  webhooks: Effect.sync(() => [...received.received]),
  renew: (subscriptionId) => Effect.asVoid(Effect.orDie(emulator.renew(subscriptionId))),
  dispute: (orderId) => Effect.map(Effect.orDie(emulator.dispute(orderId)), ({ id }) => id),
  prices: {
    change: (id, { amount }) => Effect.asVoid(Effect.orDie(emulator.changeProduct(id, { prices: { usd: amount } }))),
    archive: (id) => Effect.asVoid(Effect.orDie(emulator.changeProduct(id, { isArchived: true }))),
  },
  unknownWebhook: signed({ type: "benefit_grant.created", timestamp: "2026-11-22T20:00:00Z", data: { id: "b" } }),
})

/** How the suite makes a Polar; `options` and `emulated` change every one of them. */
export const harness = (options: Partial<Polar.Options> = {}, emulated: PolarEmulator.Options = {}): Kit.Harness => ({
  name: "Polar",
  canaries: [apiKey, webhookSecret, webhookSecret.slice("whsec_".length)],
  make: (wanted) =>
    Effect.map(
      world({ ...options, ...(wanted?.unreachable === "dns" ? { baseUrl: "http://polar.invalid" } : {}) }, emulated),
      (made) => ({ provider: made.polar, backend: backendOf(made) }),
    ),
  subscriptionPriceId: PolarEmulator.catalogProductId,
  subscriptionPrice: { amount: "9.99", currency: "USD", interval: "month" },
  hasInProgressAnswer: true,
})
