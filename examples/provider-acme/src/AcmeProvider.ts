/** Acme as a provider: payment requests that a buyer settles by a bank transfer. */
import type { Capabilities, Refund, Session } from "@payment-orchestrator/domain"
import { CurrencyTable, HttpFailure, Money, PaymentProvider, Text } from "@payment-orchestrator/domain"
import { Effect, Layer, Option, Schema, Stream } from "effect"
import * as AcmeClient from "./AcmeClient.ts"
import { config, type Options } from "./AcmeConfig.ts"
import * as Snapshots from "./AcmeSnapshots.ts"
import * as AcmeWebhook from "./AcmeWebhook.ts"
import * as Wire from "./Wire.ts"

const { name } = AcmeClient

const capabilities = (livemode: boolean): Capabilities.Capabilities => ({
  livemode,
  currencies: CurrencyTable.make(["BRL", "USD", "CLP"], {}, { maximum: 99_999_999 }),
  modes: ["payment"],
  goods: ["digital", "physical"],
  idempotentCreate: false,
  idempotentRefund: false,
  fence: { payment: "remote", subscription: "none" },
  findByAttempt: true,
  partialRefunds: true,
  cancelAtPeriodEnd: false,
  // no price of its own: matches nothing
  priceIdPattern: /^(?!)/,
})

type RefundRef = Parameters<PaymentProvider.Service["findRefund"]>[0]

const noteLimit = 140
const root = "/v1/payment-requests"

export const make = Effect.fnUntraced(function* (options: Options) {
  const ask = yield* AcmeClient.make(options)
  const livemode = options.merchant.startsWith("live_")

  const createCheckoutSession = Effect.fnUntraced(function* (request: Session.SessionRequest) {
    const description = Option.getOrElse(request.description, () => "")
    const note = Text.fit(description, noteLimit)
    const { requestId, value } = yield* ask("createCheckoutSession", Wire.PaymentRequest, root, {
      reference: request.attemptId,
      amount: Money.toParts(Option.getOrNull(request.money)),
      note,
      return_url: request.successUrl,
      expires_at: Math.floor(request.expiresAt / 1000),
    })
    if (!Option.exists(request.money, (money) => Money.equals(money, value.amount))) {
      return yield* HttpFailure.unreadable({ provider: name, operation: "createCheckoutSession" }, "another amount")
    }
    const leftOut = Object.keys(request.metadata).length === 0 ? [] : ["metadata"]
    const session: Session.ProviderSession = {
      provider: name,
      sessionId: value.id,
      url: value.pay_url,
      expiresAt: Option.some(value.expires_at * 1000),
      livemode,
      requestId,
      adjusted: note === description ? leftOut : ["description", ...leftOut],
    }
    return session
  })

  const look = (operation: "complete" | "findSession", sessionId: string) =>
    Effect.map(ask(operation, Wire.PaymentRequest, `${root}/${encodeURIComponent(sessionId)}`), Snapshots.session)

  /** By our reference. Of several, which a repeated order makes, the one that was paid. */
  const findByAttempt = ({ attemptId }: Session.SessionRequest) =>
    Effect.map(ask("findSession", Wire.PaymentRequests, `${root}?reference=${attemptId}`), ({ value, ...seen }) => {
      const found = value.payment_requests.find(({ transfer }) => transfer !== null) ?? value.payment_requests[0]
      return Option.map(Option.fromUndefinedOr(found), (one) => Snapshots.session({ value: one, ...seen }))
    })

  const returnsOf = (transferId: string) => `/v1/transfers/${encodeURIComponent(transferId)}/returns`

  const findRefund = (operation: "refund" | "findRefund", { moneyId, providerRefundId, refundId }: RefundRef) =>
    Effect.map(ask(operation, Wire.Returns, returnsOf(moneyId)), ({ value, ...seen }) => {
      const found = value.returns.find((one) => one.reference === refundId || Option.contains(providerRefundId, one.id))
      return Option.map(Option.fromUndefinedOr(found), (one) => Snapshots.refund({ value: one, ...seen }))
    })

  /** Acme keeps no keys: a return that is there already must be looked for, and until then nothing was sent. */
  const refund = Effect.fnUntraced(function* (request: Refund.RefundRequest) {
    const earlier = yield* findRefund("refund", { ...request, providerRefundId: Option.none() }).pipe(
      Effect.mapError(HttpFailure.beforehand),
    )
    if (Option.isSome(earlier)) return earlier.value
    const answer = yield* ask("refund", Wire.Return, returnsOf(request.moneyId), {
      reference: request.refundId,
      ...Option.match(request.amount, { onNone: () => ({}), onSome: (amount) => ({ amount: Money.toParts(amount) }) }),
      note: Text.fit(
        Option.getOrElse(request.reason, () => ""),
        noteLimit,
      ),
    })
    return Snapshots.refund(answer)
  })

  return PaymentProvider.make({
    ...PaymentProvider.paymentsOnly(name),
    name,
    configured: true,
    capabilities: capabilities(livemode),
    checkAvailability: PaymentProvider.availabilityBy(ask("checkAvailability", Schema.Unknown, "/v1/merchant")),
    createCheckoutSession,
    findSession: (by) =>
      by._tag === "ByAttempt" ? findByAttempt(by.request) : HttpFailure.orNone(look("findSession", by.sessionId)),
    // the buyer's bank moves the money: there is only to look
    complete: ({ sessionId }) => look("complete", sessionId),
    withdraw: ({ sessionId }) =>
      ask("withdraw", Wire.PaymentRequest, `${root}/${encodeURIComponent(sessionId)}/withdraw`, {}).pipe(
        Effect.as<Session.WithdrawResult>("withdrawn"),
        Effect.catchIf(
          ({ code }) => code === "BEING_PAID",
          () => Effect.succeed<Session.WithdrawResult>("being_paid"),
        ),
      ),
    refund,
    findRefund: (request) => Effect.map(HttpFailure.orNone(findRefund("findRefund", request)), Option.flatten),
    verifyWebhook: (webhook) => AcmeWebhook.verify(options.noticeSecret, webhook),
    missedEvents: (since) =>
      Stream.paginate("", (after) =>
        ask("missedEvents", Wire.Notices, `/v1/notices?since=${Math.floor(since / 1000)}&after=${after}`).pipe(
          Effect.map(
            ({ value }) => [value.notices.flatMap(AcmeWebhook.eventsOf), Option.fromNullOr(value.next)] as const,
          ),
          PaymentProvider.withDeadline(name, "missedEvents"),
        ),
      ),
  })
})

export const layer = (options: Options) => Layer.effect(PaymentProvider.PaymentProvider, make(options))

/** Acme as the environment describes it; skipped where it says nothing of it. */
export const layerConfig = () => PaymentProvider.layerConfig({ name, capabilities: capabilities(false), config, make })
