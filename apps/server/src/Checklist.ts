/** What to go through before real money: each line says what was found and what to do about it. Pure. */

export interface Facts {
  readonly publicUrl: string
  readonly database: "sqlite" | "postgres"
  readonly encrypted: boolean
  readonly alertUrl: boolean
  readonly refundDuplicates: boolean
  readonly allowPrivateEndpoints: boolean
  readonly rateLimit: number
  readonly enabledEndpoints: number
  /** Keys that were made here and are not revoked. */
  readonly madeKeys: number
  readonly openAlerts: number
  readonly providers: ReadonlyArray<{
    readonly name: string
    readonly configured: boolean
    readonly livemode: boolean
  }>
}

export interface Line {
  readonly id: string
  readonly ok: boolean
  readonly title: string
  readonly detail: string
}

const line = (id: string, ok: boolean, title: string, right: string, wrong: string): Line => ({
  id,
  ok,
  title,
  detail: ok ? right : wrong,
})

export const of = (facts: Facts): ReadonlyArray<Line> => {
  const configured = facts.providers.filter((provider) => provider.configured)
  const testing = configured.filter(({ livemode }) => !livemode).map(({ name }) => name)
  return [
    line(
      "two_providers",
      configured.length >= 2,
      "Two providers or more",
      `${configured.map(({ name }) => name).join(", ")} have credentials`,
      "with fewer than two providers nothing can fail over: set the credentials of another one",
    ),
    line(
      "live_mode",
      configured.length > 0 && testing.length === 0,
      "Every provider takes real money",
      "every provider with credentials is in live mode",
      configured.length === 0
        ? "no provider has credentials"
        : `${testing.join(", ")}: in test mode; use live credentials (PAYPAL_MODE=live)`,
    ),
    line(
      "https",
      facts.publicUrl.startsWith("https://"),
      "Reached over https",
      `buyers and providers come to ${facts.publicUrl}`,
      `PAYMENT_PUBLIC_URL is ${facts.publicUrl}: buyers and providers need https`,
    ),
    line(
      "database",
      facts.database === "postgres",
      "A database that replicas can share",
      "PostgreSQL",
      "SQLite: one process only, on one disk; back the file up, or set DATABASE_URL=postgres://…",
    ),
    line(
      "encryption",
      facts.encrypted,
      "Secrets are encrypted at rest",
      "PAYMENT_ENCRYPTION_KEY is set",
      "without PAYMENT_ENCRYPTION_KEY no endpoint for events can be made: openssl rand -base64 32",
    ),
    line(
      "endpoint",
      facts.enabledEndpoints > 0,
      "Somebody receives the events",
      `${facts.enabledEndpoints} enabled endpoint(s)`,
      "no endpoint is enabled, so that a shop learns of a payment only by asking: POST /v1/webhook_endpoints",
    ),
    line(
      "alert_url",
      facts.alertUrl,
      "Somebody is told of alerts",
      "alerts are posted to PAYMENT_ALERT_URL",
      "alerts are only in the log and here: set PAYMENT_ALERT_URL",
    ),
    line(
      "keys",
      facts.madeKeys > 0,
      "The shop has a key of its own",
      `${facts.madeKeys} key(s) were made here`,
      "only the key of the environment exists, which may do everything: make keys of role merchant and viewer",
    ),
    line(
      "private_endpoints",
      !facts.allowPrivateEndpoints,
      "Events go to public addresses only",
      "private addresses are refused",
      "PAYMENT_ALLOW_PRIVATE_ENDPOINTS=true lets whoever makes an endpoint reach your network",
    ),
    line(
      "rate_limit",
      facts.rateLimit > 0,
      "Requests are limited",
      `${facts.rateLimit} a minute and key`,
      "PAYMENT_RATE_LIMIT=0: a key may send without limit",
    ),
    line(
      "duplicates",
      facts.refundDuplicates,
      "Second payments go back by themselves",
      "PAYMENT_REFUND_DUPLICATES=true",
      "a buyer who pays twice is found and told, but somebody must refund it: PAYMENT_REFUND_DUPLICATES=true",
    ),
    line(
      "alerts",
      facts.openAlerts === 0,
      "No open alert",
      "nothing is open",
      `${facts.openAlerts} alert(s) are open: look at them first`,
    ),
  ]
}
