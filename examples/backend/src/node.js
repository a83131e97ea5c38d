/** A merchant's back end in plain Node: `POST /buy` sends the buyer off to pay, `POST /webhooks` hears that it was paid. */
import { randomUUID } from "node:crypto"
import { createServer } from "node:http"
import { text } from "node:stream/consumers"
import { Webhook } from "standardwebhooks"

const { ORCHESTRATOR_URL = "http://127.0.0.1:8080", ORCHESTRATOR_KEY, WEBHOOK_SECRET, PORT = "3000" } = process.env
const webhook = new Webhook(WEBHOOK_SECRET)

// In a shop both are tables, written in the transaction that fulfils: `seen` with a unique key, `latest` by object.
const seen = new Set()
const latest = new Map()

async function buy() {
  const order_id = `order-${randomUUID()}`
  const answer = await fetch(`${ORCHESTRATOR_URL}/v1/checkouts`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${ORCHESTRATOR_KEY}`,
      "content-type": "application/json",
      "idempotency-key": order_id,
    },
    body: JSON.stringify({
      amount: "19.99",
      currency: "USD",
      order_id,
      success_url: `http://localhost:${PORT}/thanks`,
    }),
  })
  const checkout = await answer.json()
  if (!answer.ok) throw new Error(checkout.detail)
  return checkout.url
}

function receive(event) {
  if (seen.has(event.id)) return
  if (event.sequence > (latest.get(event.object_id)?.sequence ?? 0)) latest.set(event.object_id, event)
  if (event.type === "checkout.paid") console.log(`fulfilled ${event.data.order_id}`)
  seen.add(event.id)
}

const routes = {
  "POST /buy": async () => ({ status: 303, headers: { location: await buy() } }),
  "POST /webhooks": async (request) => {
    const body = await text(request)
    try {
      webhook.verify(body, request.headers)
    } catch {
      return { status: 400 }
    }
    receive(JSON.parse(body))
    return { status: 204 }
  },
  // Whoever opens this page may not have paid: nothing is fulfilled here.
  "GET /thanks": async () => ({ status: 200, body: "Thank you. Your order comes as soon as it is paid." }),
}

createServer(async (request, response) => {
  const route = routes[`${request.method} ${request.url.split("?")[0]}`] ?? (async () => ({ status: 404 }))
  const { status, headers, body } = await route(request).catch((error) => {
    console.error(error)
    return { status: 503 }
  })
  response.writeHead(status, headers).end(body)
}).listen(Number(PORT), "127.0.0.1", () => console.log(`listening on ${PORT}`))
