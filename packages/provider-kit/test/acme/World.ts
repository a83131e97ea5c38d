/** Acme's state: sessions, payments, refunds, subscriptions, and the events of them. */
import { createHmac, randomUUID } from "node:crypto"
import type { Webhook } from "@payment-orchestrator/domain"
import { problem, type Reply } from "./Play.ts"
import type * as Wire from "./Wire.ts"

export const webhookSecret = "whsec_acme-canary-signs-webhooks"

export interface Now {
  readonly millis: () => number
}

const ok = (body: unknown, status = 200): Reply => ({ status, body: JSON.stringify(body) })
const missing = problem(404, "no_such_object", "There is no such object")

export const sign = (secret: string, id: string, time: string, body: Uint8Array): string =>
  createHmac("sha256", secret).update(`${id}.${time}.`).update(body).digest("hex")

const attemptOf = (metadata: { readonly [key: string]: string }) => metadata["attempt_id"] ?? null

export const make = (now: Now, url: () => string) => {
  const sessions = new Map<string, Wire.Session>()
  const keys = new Map<string, { readonly body: string; readonly id: string }>()
  const refunds = new Map<string, Wire.Refund>()
  const subscriptions = new Map<string, Wire.Subscription>()
  const disputes = new Map<string, Wire.Dispute>()
  const gold: Wire.Price = { id: "price_gold", money: { units: 900, currency: "USD" }, every: "month", sold: true }
  const prices = new Map([[gold.id, gold]])
  const events: Array<Wire.Event & { readonly at: number }> = []
  const deliveries: Array<Webhook.RawWebhook> = []

  const tell = (type: string, about: Partial<Wire.Event>) => {
    const empty = { attempt: null, session: null, payment: null, refund: null, subscription: null }
    const event = { id: `evt_${randomUUID()}`, type, at: now.millis(), ...empty, ...about }
    events.push(event)
    const body = new TextEncoder().encode(JSON.stringify(event))
    const time = String(Math.floor(event.at / 1000))
    const signature = sign(webhookSecret, event.id, time, body)
    const delivery = {
      headers: {
        "content-type": "application/json",
        "acme-id": event.id,
        "acme-time": time,
        "acme-signature": signature,
      },
      body,
    }
    deliveries.push(delivery)
    return delivery
  }

  const put = (session: Wire.Session, type: string) => {
    sessions.set(session.id, session)
    tell(type, { session, attempt: attemptOf(session.metadata) })
    return session
  }

  const pay = (session: Wire.Session): Wire.Session => {
    const payment = session.money === null ? null : { id: `pay_${randomUUID()}`, money: session.money, refunded: 0 }
    const done = put({ ...session, state: "done", payment }, "session.done")
    tell("payment.completed", { payment, session: done, attempt: attemptOf(session.metadata) })
    return done
  }

  const charge = (subscription: Wire.Subscription) => {
    const payment = { id: `pay_${randomUUID()}`, money: prices.get(gold.id)?.money ?? gold.money, refunded: 0 }
    const session = [...sessions.values()].find((one) => one.subscription === subscription.id)
    if (session !== undefined) sessions.set(session.id, { ...session, charges: [...session.charges, payment] })
    return tell("payment.completed", { subscription, attempt: attemptOf(subscription.metadata), payment })
  }

  const subscribe = (session: Wire.Session): void => {
    const id = `sub_${randomUUID()}`
    const until = now.millis() + 30 * 86_400_000
    const subscription: Wire.Subscription = { id, state: "active", ending: false, until, metadata: session.metadata }
    subscriptions.set(id, subscription)
    put({ ...session, state: "done", subscription: id }, "session.done")
    charge(subscription)
  }

  return {
    sessions,
    events,
    deliveries,
    unknownWebhook: () => {
      const delivery = tell("acme.birthday", {})
      deliveries.pop()
      return delivery
    },
    create: (order: Wire.Create, key: string, text: string): Reply => {
      const kept = keys.get(key)
      if (kept !== undefined) {
        return kept.body === text
          ? ok(sessions.get(kept.id), 200)
          : problem(400, "key_reused", "The key was used with another body")
      }
      const id = `ses_${randomUUID()}`
      keys.set(key, { body: text, id })
      const session = put(
        {
          id,
          url: `${url()}/pay/${id}`,
          state: "open",
          money: order.money,
          metadata: order.metadata,
          payment: null,
          subscription: null,
          charges: [],
        },
        "session.opened",
      )
      return ok(session, 201)
    },
    approve: (id: string): void => {
      const session = sessions.get(id)
      if (session === undefined || session.state !== "open") return
      if (session.money === null) subscribe(session)
      else put({ ...session, state: "approved" }, "session.approved")
    },
    find: (id: string): Reply => ok(sessions.get(id) ?? null, sessions.has(id) ? 200 : 404),
    byAttempt: (attempt: string): Reply =>
      ok([...sessions.values()].filter((session) => attemptOf(session.metadata) === attempt)),
    capture: (id: string): Reply => {
      const session = sessions.get(id)
      if (session === undefined) return missing
      if (session.state === "done") return ok(session)
      return session.state === "approved"
        ? ok(pay(session))
        : problem(422, "not_approved", "The buyer has not approved")
    },
    expire: (id: string): Reply => {
      const session = sessions.get(id)
      if (session === undefined) return missing
      if (session.state === "done") return problem(409, "already_paid", "The session was paid")
      return ok(put({ ...session, state: "gone" }, "session.gone"))
    },
    refund: (paymentId: string, asked: number | null, key: string): Reply => {
      const kept = refunds.get(key)
      if (kept !== undefined) return ok(kept)
      const session = [...sessions.values()].find((one) => one.payment?.id === paymentId)
      const payment = session?.payment
      if (session === undefined || payment === null || payment === undefined) return missing
      const left = payment.money.units - payment.refunded
      const units = asked ?? left
      if (units > left || units === 0) return problem(422, "too_much", "More than is left")
      const refund = { id: `ref_${randomUUID()}`, key, money: { ...payment.money, units } }
      refunds.set(key, refund)
      sessions.set(session.id, { ...session, payment: { ...payment, refunded: payment.refunded + units } })
      tell("payment.refunded", { refund, payment, attempt: attemptOf(session.metadata) })
      return ok(refund)
    },
    findRefund: (key: string): Reply => (refunds.has(key) ? ok(refunds.get(key)) : missing),
    dispute: (paymentId: string): string => {
      const id = `dis_${randomUUID()}`
      const payment = [...sessions.values()].find((one) => one.payment?.id === paymentId)?.payment
      if (payment !== null && payment !== undefined) disputes.set(id, { id, payment, state: "open" })
      return id
    },
    findDispute: (id: string): Reply => (disputes.has(id) ? ok(disputes.get(id)) : missing),
    price: (id: string): Reply => (prices.has(id) ? ok(prices.get(id)) : missing),
    /** Another amount is charged from now on, or the price is no longer sold. */
    changePrice: (id: string, change: Pick<Wire.Price, "sold"> & { readonly units: number }): void => {
      const price = prices.get(id)
      if (price === undefined) return
      prices.set(id, { ...price, sold: change.sold, money: { ...price.money, units: change.units } })
    },
    subscription: (id: string): Reply => (subscriptions.has(id) ? ok(subscriptions.get(id)) : missing),
    cancel: (id: string, later: boolean): Reply => {
      const subscription = subscriptions.get(id)
      if (subscription === undefined) return missing
      if (subscription.state === "canceled") return problem(422, "already_canceled", "It has ended")
      const changed: Wire.Subscription = later
        ? { ...subscription, ending: true }
        : { ...subscription, state: "canceled" }
      subscriptions.set(id, changed)
      tell("subscription.changed", { subscription: changed, attempt: attemptOf(changed.metadata) })
      return ok(changed)
    },
    renew: (id: string): void => {
      const subscription = subscriptions.get(id)
      if (subscription === undefined) return
      const renewed = { ...subscription, until: subscription.until + 30 * 86_400_000 }
      subscriptions.set(id, renewed)
      charge(renewed)
    },
  }
}
