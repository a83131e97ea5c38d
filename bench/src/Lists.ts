/** Everything the API and the dashboard list or count, with and without filters, and how long each takes. */
import { ask } from "./Http.ts"
import type { Program } from "./Programs.ts"

type Item = Readonly<Record<string, unknown>>

/** A thing from the middle of a list, so that filters by it find something. */
export interface Known {
  readonly checkout: Item
  readonly payment: Item
  readonly refund: Item
  readonly subscription: Item
  readonly event: Item
  readonly delivery: Item
}

const get = async (program: Program, path: string): Promise<string> => {
  const { status, text } = await ask(`${program.url}${path}`, {
    headers: { authorization: `Bearer ${program.apiKey}` },
  })
  if (status !== 200) throw new Error(`GET ${path}: ${status} ${text}`)
  return text
}

const items = async (program: Program, path: string): Promise<ReadonlyArray<Item>> => {
  const page: { readonly data: ReadonlyArray<Item> } = JSON.parse(await get(program, path))
  return page.data
}

const middle = async (program: Program, path: string): Promise<Item> => {
  const item = (await items(program, path)).at(-1)
  if (item === undefined) throw new Error(`GET ${path} lists nothing, so that nothing can be asked with it`)
  return item
}

export const known = async (program: Program, at: number): Promise<Known> => {
  const before = `limit=10&created_before=${encodeURIComponent(new Date(at).toISOString())}`
  return {
    checkout: await middle(program, `/v1/checkouts?status=paid&provider=paypal&${before}`),
    payment: await middle(program, `/v1/payments?${before}`),
    refund: await middle(program, `/v1/refunds?${before}`),
    subscription: await middle(program, `/v1/subscriptions?${before}`),
    event: await middle(program, `/v1/events?${before}`),
    delivery: await middle(program, `/v1/deliveries?${before}`),
  }
}

/** What is asked, by the list it belongs to; most of them as the dashboard asks too. */
export const questions = ({ checkout, delivery, event, payment, refund, subscription }: Known, at: number) => {
  const moment = encodeURIComponent(new Date(at).toISOString())
  const times = `created_after=${moment}&created_before=${encodeURIComponent(new Date(at + 3_600_000).toISOString())}`
  const of = (item: Item, field: string) => {
    const value = item[field]
    if (typeof value !== "string") throw new Error(`${JSON.stringify(item)} has no ${field} to ask with`)
    return encodeURIComponent(value)
  }
  const asked: Readonly<Record<string, ReadonlyArray<string>>> = {
    checkouts: [
      "",
      "limit=100",
      "tenant_id=default",
      `created_before=${moment}`,
      times,
      ...["open", "paid", "expired", "failed", "processing"].map((status) => `status=${status}`),
      `status=paid&tenant_id=default&created_before=${moment}`,
      "status=failed&provider=polar",
      "provider=polar",
      "provider=paypal",
      `order_id=${of(checkout, "order_id")}`,
      `customer_id=${of(checkout, "customer_id")}`,
      `reference=${of(checkout, "reference")}`,
      ...["id", "order_id", "customer_id", "reference", "provider_session_id", "payment_id"].map(
        (field) => `search=${of(checkout, field)}`,
      ),
      `search=${of(payment, "provider_payment_id")}`,
      `search=${of(subscription, "provider_subscription_id")}`,
      "search=nobody%40example.com",
      "search=nobody%40example.com&tenant_id=default",
    ],
    payments: [
      "",
      "limit=100",
      "tenant_id=default",
      `created_before=${moment}`,
      times,
      `checkout_id=${of(checkout, "id")}`,
    ],
    refunds: [
      "",
      "limit=100",
      "tenant_id=default",
      `created_before=${moment}`,
      `payment_id=${of(refund, "payment_id")}`,
    ],
    subscriptions: [
      "",
      "limit=100",
      "tenant_id=default",
      `created_before=${moment}`,
      "status=active",
      "status=canceled",
      "provider=paypal",
      "provider=polar",
      `customer_id=${of(subscription, "customer_id")}`,
      `checkout_id=${of(subscription, "checkout_id")}`,
    ],
    disputes: ["", "tenant_id=default", "status=open"],
    events: [
      "",
      "limit=100",
      "tenant_id=default",
      `created_before=${moment}`,
      times,
      "type=checkout.paid",
      "type=checkout.paid&tenant_id=default",
      "type=payment.reversed",
      `object_id=${of(checkout, "id")}`,
    ],
    deliveries: [
      "",
      "limit=100",
      "tenant_id=default",
      `created_before=${moment}`,
      ...["pending", "succeeded", "failed", "canceled"].map((status) => `status=${status}`),
      `endpoint_id=${of(delivery, "endpoint_id")}`,
      `endpoint_id=${of(delivery, "endpoint_id")}&status=failed`,
      `event_id=${of(event, "id")}`,
    ],
    inbox: [
      "",
      "limit=100",
      `created_before=${moment}`,
      "provider=paypal",
      "provider=polar",
      ...["parked", "due", "applied", "ignored"].map((state) => `state=${state}`),
      `checkout_id=${of(checkout, "id")}`,
    ],
    failovers: ["", "limit=100", "tenant_id=default", `created_before=${moment}`],
    audit: [
      "",
      "limit=100",
      "tenant_id=default",
      `created_before=${moment}`,
      "action=refund.create",
      "action=key.create",
      "actor=key_env",
      `target=${of(payment, "id")}`,
    ],
    stats: ["", "tenant_id=default", ...["5m", "1h", "24h", "7d"].map((window) => `window=${window}`)],
    "stats/series": ["1h", "24h", "7d"].flatMap((window) => [`window=${window}`, `window=${window}&tenant_id=default`]),
    alerts: ["", "status=open"],
    drills: [""],
    keys: [""],
    webhook_endpoints: [""],
    providers: [""],
    [`checkouts/${of(checkout, "id")}`]: [""],
    [`checkouts/${of(checkout, "id")}/explain`]: [""],
    [`payments/${of(payment, "id")}`]: [""],
  }
  return [
    ...Object.entries(asked).flatMap(([list, queries]) =>
      queries.map((query) => `/v1/${list}${query === "" ? "" : `?${query}`}`),
    ),
    "/metrics",
  ]
}

/** The same question whatever ids it was asked with. */
export const shape = (question: string): string =>
  decodeURIComponent(question)
    .replaceAll(/\b[a-z]+_[0-9A-HJKMNP-TV-Z]{26}\b/g, "…")
    .replaceAll(/\d{4}-\d\d-\d\dT[0-9:.]+Z/g, "…")
    .replaceAll(/=[a-z]+-\d{6,}(?:@example\.com)?/g, (text) => `=${text.slice(1, text.indexOf("-"))}…`)
    .replaceAll(/=[0-9A-Z]{15,}\b/g, "=…")

export interface Asked {
  readonly question: string
  readonly millis: ReadonlyArray<number>
}

/** Each question so many times, one after the other, after once to get warm. */
export const time = async (
  program: Program,
  asked: ReadonlyArray<string>,
  times: number,
): Promise<ReadonlyArray<Asked>> => {
  const found: Array<Asked> = []
  for (const question of asked) {
    await get(program, question)
    const millis: Array<number> = []
    for (let i = 0; i < times; i++) {
      const begun = performance.now()
      await get(program, question)
      millis.push(performance.now() - begun)
    }
    found.push({ question: shape(question), millis })
  }
  return found
}
