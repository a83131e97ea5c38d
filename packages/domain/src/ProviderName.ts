/** The name of a provider: an open brand, so that a provider of somebody else's needs no change here. */
import { Schema } from "effect"

/** The form of a provider's name, unbranded: what the keys of a catalog look like. */
export const ProviderKey = Schema.String.check(
  Schema.isPattern(/^[a-z][a-z0-9-]{1,31}$/, {
    message: "must be a provider's name: lower-case letters, digits and dashes, 2 to 32 of them",
  }),
)

/** `paypal`, `polar`, `stripe` or a further one: a lower-case letter, then letters, digits and dashes, 2–32 in all. */
export const ProviderName = ProviderKey.pipe(Schema.brand("ProviderName"))
export type ProviderName = typeof ProviderName.Type

const labels: { readonly [name: string]: string | undefined } = { paypal: "PayPal", polar: "Polar", stripe: "Stripe" }

/** The name as people write it: `PayPal`, `Polar`, `Stripe`; a further provider's with a capital letter. */
export const label = (name: ProviderName): string => labels[name] ?? `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`
