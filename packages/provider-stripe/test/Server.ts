/** A tiny HTTP server that answers as a test tells it, and remembers what it was asked. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { Effect, Option, Redacted, type Scope } from "effect"
import type { PaymentProvider } from "@payment-orchestrator/domain"
import * as Stripe from "@payment-orchestrator/provider-stripe"

export interface Asked {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage["headers"]
  /** The form that was sent. */
  readonly form: URLSearchParams
}

/** An answer; an object is sent as JSON, a text as it is. */
export interface Reply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: object | string
}

/** `hang`: nothing; `reset`: the socket ends; `stall`: headers and half a body; `cut`: the same, and the end. */
export type Behaviour = Reply | "hang" | "reset" | "stall" | "cut"

export interface Server {
  readonly url: string
  readonly asked: ReadonlyArray<Asked>
  /** Requests whose client went away before the answer was whole. */
  readonly aborted: () => number
}

const play = (behaviour: Behaviour, response: ServerResponse): void => {
  if (behaviour === "hang") return
  if (behaviour === "reset") {
    response.socket?.resetAndDestroy()
    return
  }
  if (behaviour === "stall" || behaviour === "cut") {
    response.writeHead(200, { "content-type": "application/json", "content-length": "1000", "request-id": "req_half" })
    response.write('{"id":"cs_test_1","obj', () => {
      if (behaviour === "cut") response.socket?.destroy()
    })
    return
  }
  const text = typeof behaviour.body === "string" ? behaviour.body : JSON.stringify(behaviour.body)
  response.writeHead(behaviour.status ?? 200, {
    "content-type": "application/json",
    "request-id": "req_123",
    ...behaviour.headers,
  })
  response.end(text)
}

/** Listens on a free port of 127.0.0.1 until the scope ends; `answer` gets the request and how many came before it. */
export const serve = (
  answer: (asked: Asked, before: number) => Behaviour,
): Effect.Effect<Server, never, Scope.Scope> => {
  const asked: Array<Asked> = []
  let aborted = 0
  const server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    response.on("close", () => {
      if (!response.writableFinished) aborted += 1
    })
    request.on("end", () => {
      const url = new URL(request.url ?? "/", "http://stripe.test")
      const one: Asked = {
        method: request.method ?? "",
        path: url.pathname,
        query: url.searchParams,
        headers: request.headers,
        form: new URLSearchParams(Buffer.concat(chunks).toString("utf8")),
      }
      asked.push(one)
      play(answer(one, asked.length - 1), response)
    })
  })
  return Effect.acquireRelease(
    Effect.callback<Server>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, asked, aborted: () => aborted }))
      })
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      }),
  )
}

export const apiKey = "sk_test_canaryKey0123456789"
export const webhookSecret = "whsec_canarySecret0123456789"

/** The provider against a server that answers so. */
export const provider = (
  answer: (asked: Asked, before: number) => Behaviour,
): Effect.Effect<{ readonly stripe: PaymentProvider.Service; readonly server: Server }, never, Scope.Scope> =>
  Effect.gen(function* () {
    const server = yield* serve(answer)
    const stripe = yield* Stripe.make({
      apiKey: Redacted.make(apiKey),
      baseUrl: server.url,
      webhookSecrets: [Redacted.make(webhookSecret)],
    })
    return { stripe, server }
  })

/** A session as Stripe answers it, changed by `overrides`. */
export const session = (overrides: object = {}) => ({
  id: "cs_test_1",
  object: "checkout.session",
  mode: "payment",
  status: "open",
  payment_status: "unpaid",
  url: "https://checkout.stripe.com/c/pay/cs_test_1",
  amount_total: 2499,
  currency: "usd",
  expires_at: 1_800_000_000,
  livemode: false,
  metadata: {},
  payment_intent: null,
  subscription: null,
  invoice: null,
  total_details: { amount_tax: 0 },
  ...overrides,
})

/** A paid charge, and the intent it belongs to. */
export const charge = (overrides: object = {}) => ({
  id: "ch_1",
  object: "charge",
  amount: 2499,
  amount_refunded: 0,
  currency: "usd",
  payment_intent: "pi_1",
  metadata: {},
  balance_transaction: { id: "txn_1", object: "balance_transaction", fee: 102, net: 2397, currency: "usd" },
  ...overrides,
})

export const intent = (overrides: object = {}) => ({
  id: "pi_1",
  object: "payment_intent",
  status: "succeeded",
  amount: 2499,
  amount_received: 2499,
  currency: "usd",
  metadata: {},
  latest_charge: charge(),
  ...overrides,
})

export const list = (data: ReadonlyArray<object>, hasMore = false) => ({ object: "list", data, has_more: hasMore })

/** An error as Stripe answers it. */
export const refusal = (status: number, error: object): Reply => ({ status, body: { error } })

export const missing = (what: string): Reply =>
  refusal(404, { type: "invalid_request_error", code: "resource_missing", message: `No such ${what}`, param: "id" })

/** The value of an option that must be there. */
export const some = <A>(option: Option.Option<A>): Effect.Effect<A> => Effect.orDie(Effect.fromOption(option))
