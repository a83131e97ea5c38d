/** The variables of the providers that come with the server; one of somebody else's says its own in its documentation. */

const variables: { readonly [name: string]: { readonly credentials: string; readonly webhook: string } | undefined } = {
  paypal: { credentials: "PAYPAL_CLIENT_ID and PAYPAL_CLIENT_SECRET", webhook: "PAYPAL_WEBHOOK_ID" },
  polar: { credentials: "POLAR_API_KEY", webhook: "POLAR_WEBHOOK_SECRET" },
  stripe: { credentials: "STRIPE_API_KEY", webhook: "STRIPE_WEBHOOK_SECRET" },
}

/** What gives it credentials, in words. */
export const credentialsOf = (name: string): string => variables[name]?.credentials ?? `those of ${name}`

/** The variable that its webhooks are checked with; undefined where it is not known. */
export const webhookOf = (name: string): string | undefined => variables[name]?.webhook
