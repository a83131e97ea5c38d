/** PayPal and Polar through their own SDKs, each behind an opossum breaker of its own. */
import {
  ApiError,
  CheckoutPaymentIntent,
  Client,
  Environment,
  OrdersController,
  PaypalExperienceUserAction,
  PaypalWalletContextShippingPreference,
} from "@paypal/paypal-server-sdk"
import { createPolarCore } from "@polar-sh/sdk/2026-10"
import { createCheckouts } from "@polar-sh/sdk/2026-10/services/checkouts"
import CircuitBreaker from "opossum"

export interface Order {
  readonly id: string
  readonly amount: string
  readonly currency: string
  readonly success_url: string
  readonly cancel_url: string
}

export interface Opened {
  readonly provider: string
  readonly sessionId: string
  readonly url: string
}

interface Settings {
  /** Milliseconds for one call. */
  readonly timeout: number
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The SDK can only reach PayPal's own hosts; the stand-in is put in their place. */
class ClientElsewhere extends Client {
  static base = ""
  override getRequestBuilderFactory(): ReturnType<Client["getRequestBuilderFactory"]> {
    const inner = super.getRequestBuilderFactory()
    return (method, path) => {
      const builder = inner(method, path)
      builder.interceptRequest((request) => ({
        ...request,
        url: request.url.replace("https://api-m.sandbox.paypal.com", ClientElsewhere.base),
      }))
      return builder
    }
  }
}

/** PayPal's SDK and nothing around it. */
export const makePayPal = ({ env, timeout }: Settings) => {
  ClientElsewhere.base = env["PAYPAL_BASE_URL"] ?? ""
  const client = new ClientElsewhere({
    environment: Environment.Sandbox,
    timeout,
    clientCredentialsAuthCredentials: {
      oAuthClientId: env["PAYPAL_CLIENT_ID"] ?? "",
      oAuthClientSecret: env["PAYPAL_CLIENT_SECRET"] ?? "",
    },
  })
  const orders = new OrdersController(client)
  return async ({ amount, cancel_url, currency, id, success_url }: Order): Promise<Opened> => {
    const { result } = await orders.createOrder(
      {
        paypalRequestId: id,
        prefer: "return=representation",
        body: {
          intent: CheckoutPaymentIntent.Capture,
          purchaseUnits: [{ customId: id, amount: { currencyCode: currency, value: amount } }],
          paymentSource: {
            paypal: {
              experienceContext: {
                returnUrl: success_url,
                cancelUrl: cancel_url,
                userAction: PaypalExperienceUserAction.PayNow,
                shippingPreference: PaypalWalletContextShippingPreference.NoShipping,
              },
            },
          },
        },
      },
      { abortSignal: AbortSignal.timeout(timeout) },
    )
    const url = result.links?.find(({ rel }) => rel === "payer-action" || rel === "approve")?.href
    if (result.id === undefined || url === undefined) throw new Error("PayPal's answer has no page")
    return { provider: "paypal", sessionId: result.id, url }
  }
}

const makePolar = ({ env, timeout }: Settings) => {
  const core = createPolarCore({
    accessToken: env["POLAR_API_KEY"] ?? "",
    baseUrl: env["POLAR_BASE_URL"] ?? "",
    timeout: timeout / 1_000,
  })
  const create = createCheckouts(core)
  const product = env["POLAR_CARRIER_PRODUCT_ID"] ?? ""
  return async ({ amount, cancel_url, id, success_url }: Order): Promise<Opened> => {
    const checkout = await create({
      products: [product],
      prices: {
        [product]: [{ amount_type: "fixed", price_amount: Math.round(Number(amount) * 100), price_currency: "usd" }],
      },
      currency: "usd",
      allow_discount_codes: false,
      metadata: { order_id: id },
      success_url,
      return_url: cancel_url,
    })
    return { provider: "polar", sessionId: checkout.id, url: checkout.url }
  }
}

const statusOf = (error: unknown): number | undefined => {
  if (error instanceof ApiError) return error.statusCode
  return typeof error === "object" && error !== null && "statusCode" in error && typeof error.statusCode === "number"
    ? error.statusCode
    : undefined
}

/** 4xx would be the same elsewhere; 408, 425 and 429 would not. */
const isTransient = (error: unknown): boolean => {
  const status = statusOf(error)
  return status === undefined || status < 400 || status >= 500 || [408, 425, 429].includes(status)
}

export const makeProviders = (settings: Settings) => {
  const breakerOf = (open: (order: Order) => Promise<Opened>) =>
    new CircuitBreaker(open, {
      timeout: settings.timeout,
      errorFilter: (error: unknown) => !isTransient(error),
    })
  const breakers = new Map([
    ["paypal", breakerOf(makePayPal(settings))],
    ["polar", breakerOf(makePolar(settings))],
  ])
  return {
    isTransient,
    open: (name: string, order: Order): Promise<Opened> => {
      const breaker = breakers.get(name)
      return breaker === undefined ? Promise.reject(new Error(`no provider ${name}`)) : breaker.fire(order)
    },
    reasonOf: (error: unknown): string => {
      const status = statusOf(error)
      if (status !== undefined) return `http_${status}`
      const code = error instanceof Error && "code" in error ? error.code : undefined
      if (code === "EOPENBREAKER") return "circuit_open"
      return code === "ETIMEDOUT" || (error instanceof Error && error.name.includes("Abort")) ? "timeout" : "network"
    },
  }
}
