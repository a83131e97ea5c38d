/** A merchant's back end in Effect: `POST /buy` sends the buyer off to pay, `POST /webhooks` hears that it was paid. */
import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { Client, WebhookVerifier } from "@payment-orchestrator/api"
import { Config, Console, Effect, Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import { FetchHttpClient, HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { createServer } from "node:http"

const settings = Config.all({
  baseUrl: Config.String("ORCHESTRATOR_URL").pipe(Config.withDefault("http://127.0.0.1:8080")),
  apiKey: Config.Redacted("ORCHESTRATOR_KEY"),
  secret: Config.Redacted("WEBHOOK_SECRET"),
  port: Config.Port("PORT").pipe(Config.withDefault(3000)),
})

const routes = Effect.gen(function* () {
  const { port, secret, ...server } = yield* settings
  const client = yield* Client.make(server)
  const random = yield* SecureRandom.SecureRandom
  const webhooks = yield* WebhookVerifier.make({ secrets: [secret] })

  // In a shop both are tables, written in the transaction that fulfils: `seen` with a unique key, `latest` by object.
  const seen = new Set<string>()
  const latest = new Map<string, WebhookVerifier.Delivered["event"]>()

  const buy = Effect.gen(function* () {
    const orderId = `order-${yield* random.uuidV4()}`
    const { link, url } = yield* client.checkouts.open({
      headers: { "idempotency-key": orderId },
      payload: {
        amount: "19.99",
        currency: "USD",
        mode: "payment",
        orderId,
        successUrl: `http://localhost:${port}/thanks`,
        metadata: {},
      },
    })
    return HttpServerResponse.redirect(url ?? link, { status: 303 })
  }).pipe(Effect.catch(({ message }) => Effect.succeed(HttpServerResponse.text(message, { status: 503 }))))

  const receive = Effect.gen(function* () {
    const { headers, text } = yield* HttpServerRequest.HttpServerRequest
    const { _tag, event } = yield* webhooks.verify({ headers, body: yield* text })
    if (seen.has(event.id)) return HttpServerResponse.empty()
    if (event.sequence > (latest.get(event.objectId)?.sequence ?? 0)) latest.set(event.objectId, event)
    if (_tag === "Event" && event.type === "checkout.paid") yield* Console.log(`fulfilled ${event.data.orderId}`)
    seen.add(event.id)
    return HttpServerResponse.empty()
  }).pipe(Effect.catchTag("WebhookRefused", () => Effect.succeed(HttpServerResponse.empty({ status: 400 }))))

  // Whoever opens this page may not have paid: nothing is fulfilled here.
  const thanks = HttpServerResponse.text("Thank you. Your order comes as soon as it is paid.")

  return Layer.mergeAll(
    HttpRouter.add("POST", "/buy", buy),
    HttpRouter.add("POST", "/webhooks", receive),
    HttpRouter.add("GET", "/thanks", thanks),
  )
})

const http = Layer.unwrap(
  Effect.map(settings, ({ port }) => NodeHttpServer.layer(createServer, { port, host: "127.0.0.1" })),
)

HttpRouter.serve(Layer.unwrap(routes)).pipe(
  Layer.provide(http),
  Layer.provide([FetchHttpClient.layer, SecureRandom.layerWebCrypto]),
  Layer.launch,
  NodeRuntime.runMain,
)
