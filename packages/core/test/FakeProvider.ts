/** Providers that follow a script of outcomes, one per call, and remember what they were asked. */
import {
  type Capabilities,
  CurrencyTable,
  PaymentError,
  PaymentProvider,
  ProviderName,
  type Session,
} from "@payment-orchestrator/domain"
import { Duration, Effect, Layer, Option } from "effect"

export type Outcome =
  | "ok"
  | "slow_ok"
  | "http_503"
  | "http_503_wait"
  | "refused_connection"
  | "reset"
  | "hang"
  | "rate_limited"
  | "rate_limited_wait"
  | "rate_limited_soon"
  | "bad_response"
  | "in_progress"
  | "http_400"
  | "credentials_refused"

export const isPermanent = (outcome: Outcome): boolean => outcome === "http_400" || outcome === "credentials_refused"
export const isOk = (outcome: Outcome): boolean => outcome === "ok" || outcome === "slow_ok"

/** What a fake can do unless something else is said. */
export const usual: Capabilities.Capabilities = {
  livemode: false,
  currencies: CurrencyTable.make(["USD", "EUR", "JPY"]),
  modes: ["payment", "subscription"],
  goods: ["digital", "physical"],
  idempotentCreate: true,
  idempotentRefund: true,
  fence: { payment: "local", subscription: "local" },
  findByAttempt: true,
  partialRefunds: true,
  cancelAtPeriodEnd: true,
  priceIdPattern: /^price_/,
}

export interface Fake {
  readonly name: ProviderName.ProviderName
  readonly layer: Layer.Layer<PaymentProvider.PaymentProvider>
  /** The requests of every call so far. */
  readonly calls: Array<Session.SessionRequest>
}

const transient = (
  provider: ProviderName.ProviderName,
  reason: PaymentError.TransientReason,
  rest: Partial<PaymentError.TransientPaymentError> = {},
) =>
  Effect.fail(
    new PaymentError.TransientPaymentError({
      provider,
      operation: "createCheckoutSession",
      reason,
      outcome: rest.outcome ?? "unknown",
      ...(rest.status === undefined ? {} : { status: rest.status }),
      ...(rest.code === undefined ? {} : { code: rest.code }),
      ...(rest.retryAfterMillis === undefined ? {} : { retryAfterMillis: rest.retryAfterMillis }),
    }),
  )

const permanent = (provider: ProviderName.ProviderName, reason: PaymentError.PermanentReason, status: number) =>
  Effect.fail(
    new PaymentError.PermanentPaymentError({
      provider,
      operation: "createCheckoutSession",
      reason,
      outcome: "refused",
      status,
    }),
  )

const answer = (
  provider: ProviderName.ProviderName,
  outcome: Outcome,
  request: Session.SessionRequest,
): Effect.Effect<Session.ProviderSession, PaymentError.PaymentError> => {
  const session: Session.ProviderSession = {
    provider,
    sessionId: `s_${request.attemptId}`,
    url: `https://${provider}.example/${request.attemptId}`,
    expiresAt: Option.none(),
    livemode: false,
    requestId: Option.none(),
    adjusted: [],
  }
  switch (outcome) {
    case "ok":
      return Effect.succeed(session)
    case "slow_ok":
      return Effect.delay(Effect.succeed(session), "4 seconds")
    case "http_503":
      return transient(provider, "http", { status: 503 })
    case "http_503_wait":
      return transient(provider, "http", { status: 503, retryAfterMillis: 20_000 })
    case "refused_connection":
      return transient(provider, "network", { code: "ECONNREFUSED", outcome: "not_sent" })
    case "reset":
      return transient(provider, "network", { code: "ECONNRESET" })
    case "hang":
      return Effect.never
    case "rate_limited":
      return transient(provider, "rate_limited", { status: 429, outcome: "refused" })
    case "rate_limited_wait":
      return transient(provider, "rate_limited", { status: 429, outcome: "refused", retryAfterMillis: 20_000 })
    case "rate_limited_soon":
      return transient(provider, "rate_limited", { status: 429, outcome: "refused", retryAfterMillis: 8_000 })
    case "bad_response":
      return transient(provider, "bad_response")
    case "in_progress":
      return transient(provider, "in_progress", { status: 409 })
    case "http_400":
      return permanent(provider, "http", 400)
    case "credentials_refused":
      return permanent(provider, "credentials_refused", 401)
  }
}

/** A provider that gives these outcomes in turn, and the last one for ever. */
export const make = (
  name: string,
  script: ReadonlyArray<Outcome>,
  options: {
    readonly configured?: boolean
    readonly capabilities?: Partial<Capabilities.Capabilities>
    /** Seconds until it answers. */
    readonly delay?: number
    /** The provider's id of each request. */
    readonly requestId?: string
    /** Put around every opening of a session. */
    readonly wrap?: <A, E>(call: Effect.Effect<A, E>) => Effect.Effect<A, E>
    /** What it does besides opening sessions. */
    readonly operations?: Partial<PaymentProvider.Service>
  } = {},
): Fake => {
  const provider = ProviderName.ProviderName.make(name)
  const calls: Array<Session.SessionRequest> = []
  const capabilities = { ...usual, ...options.capabilities }
  const base = PaymentProvider.notConfigured(provider, capabilities)
  const service = PaymentProvider.make({
    ...base,
    ...options.operations,
    configured: options.configured ?? true,
    createCheckoutSession: (request) =>
      Effect.suspend(() => {
        calls.push(request)
        const outcome = script[Math.min(calls.length, script.length) - 1] ?? "ok"
        const requestId = Option.fromUndefinedOr(options.requestId)
        const answered = Effect.map(answer(provider, outcome, request), (session) => ({ ...session, requestId }))
        const call = Effect.delay(answered, Duration.seconds(options.delay ?? 0))
        return options.wrap === undefined ? call : options.wrap(call)
      }),
  })
  return { name: provider, layer: Layer.succeed(PaymentProvider.PaymentProvider, service), calls }
}
