/** An adapter of Acme that keeps the contract, but for the flaws it is given. */
import { Array as Arr, Clock, Effect, Option, Result, Schema, Stream } from "effect"
import { type Capabilities, type Operation, PaymentProvider, type Session } from "@payment-orchestrator/domain"
import * as Client from "./Client.ts"
import type { Flaw } from "./Flaw.ts"
import * as Refunds from "./Refunds.ts"
import * as Snapshots from "./Snapshots.ts"
import * as Webhooks from "./Webhooks.ts"
import * as Wire from "./Wire.ts"

export const capabilities: Capabilities.Capabilities = {
  livemode: false,
  currencies: Snapshots.currencies,
  modes: ["payment", "subscription"],
  goods: ["digital"],
  idempotentCreate: true,
  idempotentRefund: true,
  fence: { payment: "remote", subscription: "remote" },
  findByAttempt: true,
  partialRefunds: true,
  cancelAtPeriodEnd: true,
  priceIdPattern: /^price_/,
}

/** At most 100 UTF-16 units, never half a character, no control characters; null when nothing is left. */
const cut = (text: string, flaws: ReadonlySet<Flaw>): string | null => {
  const clean = text.replaceAll(/\p{Cc}/gu, " ").trim()
  if (flaws.has("cuts characters in half")) return clean.slice(0, 99) || null
  let kept = ""
  for (const character of clean) {
    if (kept.length + character.length > 100) break
    kept += character
  }
  return kept === "" ? null : kept
}

export const make = (
  baseUrl: string,
  flaws: ReadonlySet<Flaw>,
  claimed: Capabilities.Capabilities,
): PaymentProvider.Service => {
  const client = Client.make(baseUrl, flaws)
  const reading = {
    inCents: flaws.has("counts every currency in cents"),
    onlyFirst: flaws.has("forgets the renewals"),
  }
  const waits = flaws.has("takes a page that charges by itself for one that waits for us")

  const bodyOf = (request: Session.SessionRequest) => {
    const ours = { attempt_id: request.attemptId, checkout_id: request.checkoutId }
    return {
      money: Option.getOrNull(Option.flatMap(request.money, Snapshots.units)),
      price: Option.getOrNull(request.priceId),
      description: Option.match(request.description, { onNone: () => null, onSome: (text) => cut(text, flaws) }),
      email: Option.getOrNull(request.customerEmail),
      metadata: flaws.has("lets the merchant rename the attempt")
        ? { ...ours, ...request.metadata }
        : { ...request.metadata, ...ours },
    }
  }

  const create = (request: Session.SessionRequest) =>
    Effect.gen(function* () {
      const body = bodyOf(request)
      const session = yield* client.request(
        { operation: "createCheckoutSession", method: "POST", path: "/sessions", body, key: request.attemptId },
        Wire.Session,
      )
      return {
        provider: Client.name,
        sessionId: session.id,
        url: session.url,
        expiresAt: Option.none(),
        livemode: false,
        requestId: Option.none(),
        adjusted: body.description === Option.getOrNull(request.description) ? [] : ["description"],
      }
    }).pipe(
      Effect.catchIf(
        (error) => flaws.has("takes a 503 for a session") && error.status === 503,
        () =>
          Effect.succeed({
            provider: Client.name,
            sessionId: "undefined",
            url: "https://acme.example/undefined",
            expiresAt: Option.none(),
            livemode: false,
            requestId: Option.none(),
            adjusted: [],
          }),
      ),
    )

  const snapshot = (session: Wire.Session, mode: Session.SessionRequest["mode"]) =>
    Effect.map(Clock.currentTimeMillis, (now) => Snapshots.session(session, mode, now, reading))

  const bySessionId = (operation: Operation.Operation, sessionId: string, mode: Session.SessionRequest["mode"]) =>
    Effect.flatMap(
      client.look({ operation, method: "GET", path: `/sessions/${sessionId}` }, Wire.Session),
      Option.match({
        onNone: () => Effect.succeed(Option.none<Session.SessionSnapshot>()),
        onSome: (session) => Effect.asSome(snapshot(session, mode)),
      }),
    )

  const byAttempt = (request: Session.SessionRequest) =>
    Effect.gen(function* () {
      if (flaws.has("finds nothing by attempt")) return Option.none()
      const found = yield* client.request(
        { operation: "findSession", method: "GET", path: `/sessions?attempt=${request.attemptId}` },
        Schema.Array(Wire.Session),
      )
      return Option.isNone(Arr.head(found))
        ? Option.none()
        : Option.some(yield* snapshot(Option.getOrThrow(Arr.head(found)), request.mode))
    })

  const subscription = (operation: Operation.Operation, id: string) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.map(
        client.look({ operation, method: "GET", path: `/subscriptions/${id}` }, Wire.Subscription),
        Option.map((found) => Snapshots.subscription(found, now)),
      ),
    )

  const implementation: PaymentProvider.Service = {
    name: Client.name,
    configured: true,
    capabilities: waits ? { ...claimed, fence: { ...claimed.fence, subscription: "local" } } : claimed,
    checkAvailability: client
      .request(
        { operation: "checkAvailability", method: "GET", path: "/events?since=9999999999999" },
        Schema.Array(Wire.Event),
      )
      .pipe(
        Effect.match({
          onSuccess: () => ({
            configured: true,
            reachable: true,
            credentials: "accepted" as const,
            reason: Option.none<string>(),
          }),
          onFailure: (error) => ({
            configured: true,
            reachable: error.outcome === "refused",
            credentials: error.reason === "credentials_refused" ? ("refused" as const) : ("unknown" as const),
            reason: Option.some(error.message),
          }),
        }),
      ),
    createCheckoutSession: create,
    findSession: (by) =>
      by._tag === "ByAttempt"
        ? byAttempt(by.request)
        : Effect.filterOrFail(
            bySessionId("findSession", by.sessionId, by.mode),
            (found) => Option.isSome(found) || !flaws.has("takes an unknown session for an error"),
            () => Client.transient("findSession", "bad_response", "unknown"),
          ),
    complete: ({ mode, sessionId }) =>
      mode === "subscription"
        ? Effect.flatMap(
            client.request({ operation: "complete", method: "GET", path: `/sessions/${sessionId}` }, Wire.Session),
            (session) => snapshot(session, mode),
          )
        : Effect.flatMap(
            client.request(
              { operation: "complete", method: "POST", path: `/sessions/${sessionId}/capture` },
              Wire.Session,
            ),
            (session) => snapshot(session, mode),
          ),
    withdraw: ({ mode, sessionId }) =>
      flaws.has("calls a withdrawn session withdrawn without asking") || (mode === "subscription" && waits)
        ? Effect.succeed("withdrawn")
        : flaws.has("cannot withdraw")
          ? Effect.succeed("cannot")
          : Effect.as(
              client.request(
                { operation: "withdraw", method: "POST", path: `/sessions/${sessionId}/expire` },
                Wire.Session,
              ),
              "withdrawn" as const,
            ).pipe(
              Effect.catchIf(
                (error) => error.code === "already_paid",
                () => Effect.succeed("being_paid" as const),
              ),
            ),
    getSubscription: (id) =>
      subscription(flaws.has("names the wrong operation") ? "findSession" : "getSubscription", id),
    cancelSubscription: ({ atPeriodEnd, subscriptionId }) =>
      Effect.gen(function* () {
        const cancel = client.request(
          {
            operation: "cancelSubscription",
            method: "POST",
            path: `/subscriptions/${subscriptionId}/cancel`,
            body: { later: atPeriodEnd && !flaws.has("cancels at once instead of later") },
          },
          Wire.Subscription,
        )
        const result = yield* Effect.result(cancel)
        if (Result.isSuccess(result)) return Snapshots.subscription(result.success, yield* Clock.currentTimeMillis)
        const error = result.failure
        if (error.code !== "already_canceled" || flaws.has("takes a second cancellation for an error"))
          return yield* error
        return yield* Effect.flatMap(
          subscription("cancelSubscription", subscriptionId),
          Option.match({ onNone: () => Effect.fail(error), onSome: (found) => Effect.succeed(found) }),
        )
      }),
    ...Refunds.make(client, flaws),
    findDispute: (id) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.map(
          client.look({ operation: "findDispute", method: "GET", path: `/disputes/${id}` }, Wire.Dispute),
          Option.map((found) => Snapshots.dispute(found, now)),
        ),
      ),
    findPrice: (id) =>
      Effect.map(
        client.look({ operation: "findPrice", method: "GET", path: `/prices/${id}` }, Wire.Price),
        Option.map((found) => Snapshots.price(flaws.has("sells what is archived") ? { ...found, sold: true } : found)),
      ),
    verifyWebhook: Webhooks.verify(flaws),
    missedEvents: (since) =>
      Stream.fromIterableEffect(
        Effect.map(
          client.request(
            { operation: "missedEvents", method: "GET", path: `/events?since=${since}` },
            Schema.Array(Wire.Event),
          ),
          (events) => events.flatMap((event) => [...Webhooks.eventOf(event)]),
        ),
      ),
  }
  return flaws.has("skips the constructor") ? implementation : PaymentProvider.make(implementation)
}
