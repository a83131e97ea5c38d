/**
 * What the tests of the Polar stand-in share: Polar's own SDK on the stand-in's address.
 */
import { createPolarCore, type models } from "@polar-sh/sdk/2026-10"
import { createCheckouts } from "@polar-sh/sdk/2026-10/services/checkouts"
import { Effect } from "effect"
import * as PolarEmulator from "../src/PolarEmulator.ts"

/** The SDK's client for an emulator. */
export const sdk = (polar: PolarEmulator.PolarEmulator, token = PolarEmulator.accessToken) =>
  createPolarCore({ accessToken: token, baseUrl: polar.url, timeout: 5 })

/** A checkout body of 19.99 usd on the carrier product. */
export const body = (change: Partial<models.CheckoutCreate> = {}): models.CheckoutCreate => ({
  products: [PolarEmulator.carrierProductId],
  prices: {
    [PolarEmulator.carrierProductId]: [
      { amount_type: "fixed", price_amount: 1999, price_currency: "usd", tax_behavior: "inclusive" },
    ],
  },
  currency: "usd",
  customer_email: "buyer@shop.example",
  success_url: "https://shop.example/ok?checkout_id={CHECKOUT_ID}",
  return_url: "https://shop.example/back",
  metadata: { attempt_id: "att_1" },
  ...change,
})

/** Opens a checkout through the SDK. */
export const open = (polar: PolarEmulator.PolarEmulator, change: Partial<models.CheckoutCreate> = {}) =>
  Effect.promise(() => createCheckouts(sdk(polar))(body(change)))

/** The body of a subscription checkout at 5.00 usd a month. */
export const monthly: Partial<models.CheckoutCreate> = {
  products: [PolarEmulator.monthlyProductId],
  prices: {
    [PolarEmulator.monthlyProductId]: [{ amount_type: "fixed", price_amount: 500, price_currency: "usd" }],
  },
}

/** A request of our own; answers the status, the headers and the JSON (or text) body. */
export const call = (
  polar: PolarEmulator.PolarEmulator,
  method: string,
  path: string,
  json?: unknown,
  headers: Readonly<Record<string, string>> = {},
) =>
  Effect.promise(async () => {
    const response = await fetch(`${polar.url}${path}`, {
      method,
      redirect: "manual",
      headers: {
        authorization: `Bearer ${PolarEmulator.accessToken}`,
        "content-type": "application/json",
        ...headers,
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    })
    const text = await response.text()
    const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false
    const value: unknown = isJson && text !== "" ? JSON.parse(text) : text
    return { status: response.status, headers: response.headers, value }
  })

/** What a promise is rejected with; dies when it is not rejected. */
export const rejection = (promise: () => Promise<unknown>): Effect.Effect<unknown> =>
  Effect.promise(() =>
    promise().then(
      () => Promise.reject(new Error("the promise was not rejected")),
      (error: unknown) => error,
    ),
  )
