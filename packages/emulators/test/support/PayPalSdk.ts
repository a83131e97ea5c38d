/**
 * PayPal's own SDK, pointed at an emulator. The base URL is set where the SDK lets a subclass do it; every status of
 * 300 and above is thrown as one error whose body is parsed.
 */
import {
  ApiError,
  CheckoutPaymentIntent,
  Client,
  Environment,
  PaypalExperienceUserAction,
  OrdersController,
  PaymentsController,
  SubscriptionsController,
} from "@paypal/paypal-server-sdk"
import { Effect } from "effect"

interface ErrorBody {
  readonly name?: string
  readonly debug_id?: string
  readonly details?: ReadonlyArray<{ readonly issue?: string; readonly field?: string }>
}

export class Refused extends ApiError<ErrorBody> {}

type Factory = ReturnType<Client["getRequestBuilderFactory"]>
const hosts = /^https:\/\/api-m(?:\.sandbox)?\.paypal\.com(?=\/)/

export const make = (url: string, clientSecret = "emulator-secret") => {
  class Pointed extends Client {
    override getRequestBuilderFactory(): Factory {
      const inner = super.getRequestBuilderFactory()
      return (method, path) => {
        const builder = inner(method, path)
        builder.interceptRequest((request) => ({ ...request, url: request.url.replace(hosts, url) }))
        builder.throwOn([300, 599], Refused, true, "PayPal HTTP {$statusCode}")
        return builder
      }
    }
  }
  const client = new Pointed({
    environment: Environment.Sandbox,
    timeout: 5_000,
    clientCredentialsAuthCredentials: { oAuthClientId: "emulator-client", oAuthClientSecret: clientSecret },
    unstable_httpClientOptions: { maxRedirects: 0, proxy: false },
  })
  return {
    client,
    orders: new OrdersController(client),
    payments: new PaymentsController(client),
    subscriptions: new SubscriptionsController(client),
  }
}

export type Sdk = ReturnType<typeof make>

/** Calls the SDK; a rejection is a defect of the test. */
export const call = <A>(f: () => Promise<A>): Effect.Effect<A> => Effect.promise(f)

export interface Refusal {
  readonly status: number
  readonly name: string | undefined
  readonly issue: string | undefined
  readonly field: string | undefined
}

/** Calls the SDK and expects PayPal to refuse. */
export const refusal = (f: () => Promise<unknown>): Effect.Effect<Refusal> =>
  Effect.promise(() =>
    f().then(
      () => ({ status: 200, name: undefined, issue: undefined, field: undefined }),
      (error: unknown) => {
        if (!(error instanceof Refused)) throw error
        const [detail] = error.result?.details ?? []
        return { status: error.statusCode, name: error.result?.name, issue: detail?.issue, field: detail?.field }
      },
    ),
  )

export const orderBody = (value = "12.34", currencyCode = "EUR") => ({
  intent: CheckoutPaymentIntent.Capture,
  purchaseUnits: [{ amount: { currencyCode, value }, customId: "attempt_1", description: "Two <b>teapots</b>" }],
  paymentSource: {
    paypal: {
      experienceContext: {
        returnUrl: "http://shop.example/return?order=7",
        cancelUrl: "http://shop.example/cancel",
        userAction: PaypalExperienceUserAction.PayNow,
        brandName: `Tea & "Pots"`,
      },
    },
  },
})

/** A new order, with the whole object asked for. */
export const create = (sdk: Sdk, key: string, body = orderBody()) =>
  call(() => sdk.orders.createOrder({ body, paypalRequestId: key, prefer: "return=representation" }))

/** An order that a buyer has approved is captured. */
export const capture = (sdk: Sdk, id: string, key: string) =>
  call(() => sdk.orders.captureOrder({ id, paypalRequestId: key, prefer: "return=representation" }))
