/** A merchant's back end in Hono: `POST /buy` sends the buyer off to pay, `POST /webhooks` hears that it was paid. */
import { serve } from "@hono/node-server"
import { Hono } from "hono"
import { Webhook } from "standardwebhooks"

const { ORCHESTRATOR_URL = "http://127.0.0.1:8080", ORCHESTRATOR_KEY, WEBHOOK_SECRET, PORT = "3000" } = process.env
const webhook = new Webhook(WEBHOOK_SECRET)

// In a shop both are tables, written in the transaction that fulfils: `seen` with a unique key, `latest` by object.
const seen = new Set()
const latest = new Map()

const app = new Hono()

app.post("/buy", async (c) => {
  const order_id = `order-${crypto.randomUUID()}`
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
  return answer.ok ? c.redirect(checkout.url, 303) : c.text(checkout.detail, 503)
})

app.post("/webhooks", async (c) => {
  const body = await c.req.text()
  try {
    webhook.verify(body, c.req.header())
  } catch {
    return c.body(null, 400)
  }
  const event = JSON.parse(body)
  if (seen.has(event.id)) return c.body(null, 204)
  if (event.sequence > (latest.get(event.object_id)?.sequence ?? 0)) latest.set(event.object_id, event)
  if (event.type === "checkout.paid") console.log(`fulfilled ${event.data.order_id}`)
  seen.add(event.id)
  return c.body(null, 204)
})

// Whoever opens this page may not have paid: nothing is fulfilled here.
app.get("/thanks", (c) => c.text("Thank you. Your order comes as soon as it is paid."))

serve({ fetch: app.fetch, port: Number(PORT), hostname: "127.0.0.1" }, () => console.log(`listening on ${PORT}`))
