/**
 * PayPal's SDK, one client for one call. Three of its habits end here:
 *
 * - it keeps the promise of a token for ever, so that one failed token request poisons the client: each call brings its
 *   own token and its own client (0.1 ms), and the SDK never fetches one by itself;
 * - it throws away what it does not know of an answer, and its errors have no message and carry secrets: the answer is
 *   taken as it comes from the wire, before the SDK reads it;
 * - it follows redirects, obeys `HTTPS_PROXY` and has no way to set another host.
 */
import {
  Client,
  Environment,
  OAuthAuthorizationController,
  OrdersController,
  PaymentsController,
  SubscriptionsController,
} from "@paypal/paypal-server-sdk"
import type { Reply } from "./errors.ts"

type Factory = ReturnType<Client["getRequestBuilderFactory"]>

/** What the SDK has no controller for. The path is used as it is. */
export interface RawRequest {
  readonly method: "GET" | "POST"
  readonly path: string
  readonly query?: { readonly [name: string]: string }
  readonly headers?: { readonly [name: string]: string }
  /** JSON text. */
  readonly json?: string
}

export interface RequestOptions {
  readonly abortSignal: AbortSignal
}

/** The SDK as one call sees it. */
export interface Sdk {
  readonly tokens: OAuthAuthorizationController
  readonly orders: OrdersController
  readonly payments: PaymentsController
  readonly subscriptions: SubscriptionsController
  readonly raw: (request: RawRequest, options: RequestOptions) => Promise<unknown>
}

export interface Settings {
  readonly mode: "sandbox" | "live"
  /** Another host for everything, the token endpoint too; without a trailing slash. */
  readonly baseUrl: string | undefined
}

export interface Opened {
  readonly sdk: Sdk
  /** The answer as it came, once there was one. */
  readonly reply: () => Reply | undefined
}

const hosts = /^https:\/\/api-m(?:\.sandbox)?\.paypal\.com(?=\/)/

/** The deadline is Effect's; the SDK's own timer, which only sees an idle socket, must never be first. */
const tenMinutes = 600_000

/** No answer of PayPal's is near this size (8 MiB); a larger one is not read to its end. */
const largestAnswer = 8_388_608

/** Opens the SDK for one call; without a token only the token endpoint can be asked. */
export const open = (settings: Settings, accessToken: string | undefined): Opened => {
  let reply: Reply | undefined

  // called from Client's constructor: closure variables only, never `this.<field>`
  class OneCallClient extends Client {
    override getRequestBuilderFactory(): Factory {
      const inner = super.getRequestBuilderFactory()
      return (method, path) => {
        const builder = inner(method, path)
        const { baseUrl } = settings
        if (baseUrl !== undefined) {
          builder.interceptRequest((request) => ({ ...request, url: request.url.replace(hosts, () => baseUrl) }))
        }
        builder.interceptResponse((context) => {
          const { body, headers, statusCode } = context.response
          reply = { status: statusCode, headers: headers ?? {}, body: typeof body === "string" ? body : "" }
          // Nobody needs what the SDK would make of it, and a sixth of a call's time goes into that.
          return { ...context, response: { ...context.response, body: "{}" } }
        })
        return builder
      }
    }
  }

  const client = new OneCallClient({
    environment: settings.mode === "live" ? Environment.Production : Environment.Sandbox,
    timeout: tenMinutes,
    unstable_httpClientOptions: { maxRedirects: 0, proxy: false, maxContentLength: largestAnswer },
    ...(accessToken === undefined
      ? {}
      : {
          clientCredentialsAuthCredentials: {
            oAuthClientId: "",
            oAuthClientSecret: "",
            oAuthToken: { accessToken, tokenType: "Bearer" },
          },
        }),
  })

  return {
    reply: () => reply,
    sdk: {
      tokens: new OAuthAuthorizationController(client),
      orders: new OrdersController(client),
      payments: new PaymentsController(client),
      subscriptions: new SubscriptionsController(client),
      raw: (request, options) => {
        const builder = client.getRequestBuilderFactory()(request.method, request.path)
        builder.acceptJson()
        builder.headers({ ...request.headers })
        builder.query({ ...request.query })
        if (request.json !== undefined) {
          builder.text(request.json)
          builder.contentType("application/json")
        }
        builder.authenticate([{ oauth2: true }])
        return builder.call(options)
      },
    },
  }
}
