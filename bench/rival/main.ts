/**
 * What a good engineer would write in an afternoon instead: Fastify, opossum, the providers' own SDKs, SQLite or PostgreSQL. One
 * breaker per provider, PayPal first, then Polar; the order is kept before a provider is asked, and again with its
 * page and an event before it is answered; a repeated `Idempotency-Key` gets the first answer. Webhooks of Polar are kept.
 */
import Fastify from "fastify"
import { Webhook } from "standardwebhooks"
import { type Opened, type Order, makeProviders } from "./providers.ts"
import { makePostgresStore } from "./postgres.ts"
import { makeStore } from "./store.ts"

const { env } = process
const timeout = Number(env["PAYMENT_TIMEOUT"] ?? "30") * 1_000
const hedgeAfter = env["PAYMENT_HEDGE_AFTER"] === undefined ? undefined : Number(env["PAYMENT_HEDGE_AFTER"]) * 1_000

interface Attempt {
  readonly provider: string
  readonly result: "opened" | "transient_error"
  readonly reason?: string
}

const providers = makeProviders({ timeout, env })
const database = env["DATABASE_URL"] ?? ""
const store = database.startsWith("sqlite:")
  ? makeStore(database.slice("sqlite:".length))
  : await makePostgresStore(database)

/** One after the other; the first page wins. */
const failover = async (names: ReadonlyArray<string>, order: Order, attempts: Array<Attempt>): Promise<Opened> => {
  for (const name of names) {
    try {
      const opened = await providers.open(name, order)
      attempts.push({ provider: name, result: "opened" })
      return opened
    } catch (error) {
      attempts.push({ provider: name, result: "transient_error", reason: providers.reasonOf(error) })
      if (!providers.isTransient(error)) throw error
    }
  }
  throw Object.assign(new Error("all providers failed"), { statusCode: 503 })
}

/** The rest is asked as well once the first has been silent for so long, or has failed. */
const hedged = (
  [first = "", ...rest]: ReadonlyArray<string>,
  order: Order,
  attempts: Array<Attempt>,
  after: number,
): Promise<Opened> => {
  let waiting: NodeJS.Timeout | undefined
  const go = new Promise<void>((resolve) => {
    waiting = setTimeout(resolve, after)
  })
  const one = failover([first], order, attempts)
  const second = Promise.race([
    go,
    one.then(
      () => new Promise<never>(() => undefined),
      () => undefined,
    ),
  ]).then(() => failover(rest, order, attempts))
  return Promise.any([one, second]).finally(() => clearTimeout(waiting))
}

const app = Fastify({ logger: false })

app.addHook("onRequest", async (request, reply) => {
  if (request.url === "/webhooks/polar") return
  if (request.headers.authorization !== `Bearer ${env["PAYMENT_API_KEY"]}`) {
    return reply.code(401).send({ code: "unauthorized" })
  }
})

interface Body {
  readonly amount: string
  readonly currency: string
  readonly success_url: string
  readonly cancel_url: string
  readonly preferred_provider?: string
}

const schema = {
  body: {
    type: "object",
    required: ["amount", "currency", "success_url", "cancel_url"],
    additionalProperties: false,
    properties: {
      amount: { type: "string", pattern: "^[0-9]+\\.[0-9]{2}$" },
      currency: { type: "string", enum: ["USD"] },
      success_url: { type: "string", format: "uri" },
      cancel_url: { type: "string", format: "uri" },
      preferred_provider: { type: "string", enum: ["paypal", "polar"] },
    },
  },
  headers: { type: "object", required: ["idempotency-key"] },
}

app.post<{ Body: Body; Headers: { "idempotency-key": string } }>(
  "/v1/checkouts",
  { schema },
  async (request, reply) => {
    const { body } = request
    const claim = await store.claim(request.headers["idempotency-key"], body)
    if (!claim.isNew)
      return claim.answer === null ? reply.code(409).send() : reply.code(201).send(JSON.parse(claim.answer))
    const order: Order = { id: claim.id, ...body }
    const names = body.preferred_provider === "polar" ? ["polar", "paypal"] : ["paypal", "polar"]
    const attempts: Array<Attempt> = []
    const opened = await (hedgeAfter === undefined
      ? failover(names, order, attempts)
      : hedged(names, order, attempts, hedgeAfter))
    const answer = { id: order.id, status: "open", provider: opened.provider, url: opened.url, attempts }
    await store.opened(order.id, opened, JSON.stringify(answer))
    return reply.code(201).send(answer)
  },
)

interface Signed {
  readonly "webhook-id": string
  readonly "webhook-timestamp": string
  readonly "webhook-signature": string
}

/** Polar's: checked over the raw body, and kept once. What it means is not its matter. */
await app.register(async (scope) => {
  const signer = new Webhook(env["POLAR_WEBHOOK_SECRET"] ?? "")
  scope.addContentTypeParser("application/json", { parseAs: "string" }, (_, body, done) => done(null, body))
  scope.post<{ Body: string; Headers: Signed }>("/webhooks/polar", async ({ body, headers }, reply) => {
    try {
      signer.verify(body, {
        "webhook-id": headers["webhook-id"],
        "webhook-timestamp": headers["webhook-timestamp"],
        "webhook-signature": headers["webhook-signature"],
      })
    } catch {
      return reply.code(401).send()
    }
    await store.keep(headers["webhook-id"], body)
    return reply.code(200).send()
  })
})

const url = await app.listen({ host: env["HOST"] ?? "127.0.0.1", port: Number(env["PORT"] ?? "0") })
process.stdout.write(`listening on ${url}\n`)
process.once("SIGTERM", () => void app.close().then(() => process.exit(0)))
