/** A buyer with a link to pay by, and what the shop and the providers see of it. */
import { assert } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import * as House from "./House.ts"

export interface Opened {
  readonly id: string
  readonly link: string
  readonly url: string
  readonly provider: string
  readonly provider_session_id: string
}

export interface Checkout extends Opened {
  readonly status: string
  readonly late: boolean
  readonly amount_paid: string
  readonly attempts: ReadonlyArray<{ readonly provider: string; readonly result: string; readonly reason?: string }>
}

export interface Payment {
  readonly id: string
  readonly kind: string
  readonly provider: string
  readonly status: string
  readonly amount_refunded: string
}

export const opened = (house: House.House, body: object = {}) =>
  Effect.map(
    House.open(house, { success_url: "https://shop.example/ok", cancel_url: "https://shop.example/no", ...body }),
    ({ json, status, text }) => {
      assert.strictEqual(status, 201, text)
      return json as Opened
    },
  )

export const checkout = (house: House.House, { id }: Pick<Opened, "id">) =>
  Effect.map(house.send("GET", `/v1/checkouts/${id}`), ({ json }) => json as Checkout)

export const payments = (house: House.House, { id }: Pick<Opened, "id">) =>
  Effect.map(
    house.send("GET", `/v1/payments?checkout_id=${id}`),
    ({ json }) => (json as { data: ReadonlyArray<Payment> }).data,
  )

const pathOf = ({ link }: Pick<Opened, "link">) => new URL(link).pathname

/** Opens the link; without a key, as a browser does. */
export const opens = (house: House.House, of: Opened) => house.send("GET", pathOf(of), { key: null })

/** Presses the button. */
export const goesOn = (house: House.House, of: Opened, headers: { readonly [name: string]: string } = {}) =>
  house.send("POST", `${pathOf(of)}/continue`, {
    key: null,
    headers: { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin", ...headers },
  })

/** Comes back from a provider's page; answers where it leads. */
export const returns = (house: House.House, of: Opened) =>
  Effect.map(house.send("GET", `${pathOf(of)}/return?token=x`, { key: null }), leadsTo)

export const leadsTo = ({ headers, status }: House.Answer) => (status === 303 ? headers.get("location") : null)

export const thanks = ({ id }: Opened, status: "paid" | "processing") =>
  `https://shop.example/ok?checkout_id=${id}&status=${status}`

/** Waits until the checkout has this status, at most 30 seconds. */
export const becomes = (house: House.House, of: Pick<Opened, "id">, status: string) =>
  checkout(house, of).pipe(
    Effect.filterOrFail(
      (now) => now.status === status,
      (now) => `it is ${now.status}, not ${status}`,
    ),
    Effect.retry({ schedule: Schedule.spaced("100 millis"), times: 300 }),
  )

/** Waits until it holds, at most 30 seconds. */
export const until = <E, R>(what: string, condition: Effect.Effect<boolean, E, R>) =>
  condition.pipe(
    Effect.filterOrFail(
      (holds) => holds,
      () => `it never came true: ${what}`,
    ),
    Effect.retry({ schedule: Schedule.spaced("100 millis"), times: 300 }),
  )

/** Providers send no webhooks, or their webhooks get lost. */
export const silent = (house: House.House) =>
  Effect.forEach([house.paypal, house.polar, house.stripe], (emulator) => emulator.webhooks.setFault({ drop: true }))

const creates = {
  paypal: "POST /v2/checkout/orders",
  polar: "POST /v1/checkouts/",
  stripe: "POST /v1/checkout/sessions",
} as const

/** Three checkouts in a row cannot be opened there: its circuit opens. */
const trip = (house: House.House, provider: keyof typeof creates) =>
  Effect.forEach([1, 2, 3], () => House.open(house, { preferred_provider: provider }), { discard: true })

/** Nobody answers there any more, and it was noticed. */
export const dies = (house: House.House, provider: keyof typeof creates) =>
  Effect.andThen(house[provider].refuse(true), trip(house, provider))

/** Nothing can be opened there any more, and it was noticed; everything else works. */
export const opensNothing = (house: House.House, provider: keyof typeof creates) =>
  Effect.andThen(
    house[provider].faults.add({ route: creates[provider], fault: { kind: "Status", status: 503 } }),
    trip(house, provider),
  )

export const sessionsAt = {
  paypal: (house: House.House) => Effect.map(house.paypal.orders, (all) => all.length),
  polar: (house: House.House) => house.polar.journal.count(creates.polar),
  stripe: (house: House.House) => house.stripe.journal.count(creates.stripe),
}

/** How often money was taken at PayPal. */
export const captures = (house: House.House) => Effect.map(house.paypal.captures, (all) => all.length)
