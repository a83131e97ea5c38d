/** A merchant's client over a real server process that can be killed at any moment and started again. */
import { assert } from "@effect/vitest"
import type { PayPalEmulator } from "@payment-orchestrator/emulators"
import { type Duration, Effect, Option, Random, Schema } from "effect"
import { createServer } from "node:net"
import { launch } from "./Launch.ts"

const apiKey = "sk_0123456789abcdef"
const webhookId = "WH-SHOP"

const Checkout = Schema.Struct({
  id: Schema.String,
  status: Schema.String,
  url: Schema.NullOr(Schema.String),
  link: Schema.String,
  provider_session_id: Schema.NullOr(Schema.String),
})
export type Checkout = typeof Checkout.Type

const Checkouts = Schema.Struct({ data: Schema.Array(Checkout) })

const Payments = Schema.Struct({
  data: Schema.Array(Schema.Struct({ id: Schema.String, kind: Schema.String, amount: Schema.String })),
})

/** What is bought: the same order has the same `Idempotency-Key` and body however often it is sent. */
export interface Order {
  readonly reference: string
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** Looks every `every` until it holds; the test fails after `within`. */
export const until = <R>(
  what: string,
  condition: Effect.Effect<boolean, never, R>,
  {
    every = "1 millis",
    within = "10 seconds",
  }: { readonly every?: Duration.Input; readonly within?: Duration.Input } = {},
): Effect.Effect<void, never, R> =>
  Effect.gen(function* () {
    while (!(yield* condition)) yield* Effect.sleep(every)
  }).pipe(
    Effect.timeoutOrElse({ duration: within, orElse: () => Effect.die(new Error(`it never came true: ${what}`)) }),
  )

const isFree = (port: number) =>
  Effect.promise(
    () =>
      new Promise<boolean>((resolve) => {
        const probe = createServer()
        probe.once("error", () => resolve(false))
        probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)))
      }),
  )

/** Below those that the system gives to outgoing connections, so that it is still free after a kill. */
const freePort: Effect.Effect<number> = Effect.gen(function* () {
  const port = yield* Random.nextIntBetween(20_000, 30_000)
  return (yield* isFree(port)) ? port : yield* freePort
})

const decoded = <S extends Schema.Codec<unknown, unknown>>(schema: S, { text }: Answer): Effect.Effect<S["Type"]> =>
  Effect.orDie(Schema.decodeEffect(Schema.fromJsonString(schema))(text))

/** A server on a port and a database of its own, not yet started; PayPal's webhooks go to it when asked for. */
export const make = Effect.fnUntraced(function* (options: {
  readonly database: string
  readonly paypal: PayPalEmulator.PayPalEmulator
  readonly webhooks: boolean
  /** Added to the usual one. */
  readonly environment?: { readonly [name: string]: string }
}) {
  const { database, paypal } = options
  const port = yield* freePort
  const url = `http://127.0.0.1:${port}`
  if (options.webhooks) yield* paypal.addWebhook({ id: webhookId, url: `${url}/webhooks/paypal` })

  /** Ends once it listens. */
  const start = Effect.gen(function* () {
    const server = yield* launch({
      HOST: "127.0.0.1",
      PORT: String(port),
      DATABASE_URL: database,
      PAYMENT_API_KEY: apiKey,
      PAYMENT_PROVIDER_ORDER: "paypal",
      PAYMENT_TIMEOUT: "2",
      PAYMENT_DEADLINE: "4",
      PAYMENT_RATE_LIMIT: "0",
      PAYPAL_BASE_URL: paypal.url,
      PAYPAL_CLIENT_ID: "emulator-client",
      PAYPAL_CLIENT_SECRET: "emulator-secret",
      PAYPAL_WEBHOOK_ID: webhookId,
      ...options.environment,
    })
    yield* server.listening
    return { kill: Effect.asVoid(Effect.andThen(server.kill("SIGKILL"), server.ended)), output: server.output }
  })

  /** None when the connection broke before the whole answer came. */
  const send = (
    method: string,
    path: string,
    { body, key }: { readonly body?: unknown; readonly key?: string } = {},
  ): Effect.Effect<Option.Option<Answer>> =>
    Effect.tryPromise(async (signal): Promise<Answer> => {
      const response = await fetch(`${url}${path}`, {
        method,
        signal: AbortSignal.any([signal, AbortSignal.timeout(15_000)]),
        redirect: "manual",
        headers: {
          authorization: `Bearer ${apiKey}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...(key === undefined ? {} : { "idempotency-key": key }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return { status: response.status, headers: response.headers, text: await response.text() }
    }).pipe(Effect.option)

  const read = Effect.fnUntraced(function* <S extends Schema.Codec<unknown, unknown>>(path: string, schema: S) {
    const answer = Option.getOrUndefined(yield* send("GET", path))
    if (answer === undefined) return yield* Effect.die(new Error(`${path} was not answered`))
    assert.strictEqual(answer.status, 200, answer.text)
    return yield* decoded(schema, answer)
  })

  const ask = ({ reference }: Order) =>
    send("POST", "/v1/checkouts", {
      key: `key-${reference}`,
      body: { amount: "12.34", currency: "USD", reference, success_url: "https://shop.example/ok" },
    })

  return {
    start,
    send,
    read,
    /** The raw answer to an order. */
    ask,
    /** The checkout, when the answer was 201 and arrived. */
    open: (order: Order): Effect.Effect<Option.Option<Checkout>> =>
      Effect.flatMap(ask(order), (answer) =>
        Option.isSome(answer) && answer.value.status === 201
          ? Effect.asSome(decoded(Checkout, answer.value))
          : Effect.succeedNone,
      ),
    checkout: (id: string) => read(`/v1/checkouts/${id}`, Checkout),
    /** What the server knows of an order whose answer was lost. */
    find: ({ reference }: Order) =>
      Effect.map(read(`/v1/checkouts?reference=${reference}`, Checkouts), ({ data }) => data),
    payments: (id: string) => Effect.map(read(`/v1/payments?checkout_id=${id}`, Payments), ({ data }) => data),
    /** The buyer's way back. */
    back: ({ link }: Checkout) => send("GET", `${new URL(link).pathname}/return?token=x`),
  }
})

export type Shop = Effect.Success<ReturnType<typeof make>>
