/** Whether Stripe answers and takes our key, by the cheapest question there is: the balance. */
import { Effect, Option } from "effect"
import type { PaymentError, PaymentProvider } from "@payment-orchestrator/domain"
import type { Client } from "../StripeClient.ts"
import * as Objects from "./Objects.ts"

const fromError = (error: PaymentError.PaymentError): Effect.Effect<PaymentProvider.Availability> => {
  const reason = Option.some(error.message)
  if (error._tag === "PermanentPaymentError") {
    // A 403 means that a restricted key may not read the balance; the key itself was taken.
    const credentials =
      error.reason === "credentials_refused" ? "refused" : error.status === 403 ? "accepted" : "unknown"
    return Effect.succeed({
      configured: true,
      reachable: true,
      credentials,
      reason: credentials === "accepted" ? Option.none() : reason,
    })
  }
  return Effect.succeed({
    configured: true,
    reachable: error.reason === "rate_limited",
    credentials: "unknown",
    reason,
  })
}

export const availability = (client: Client) =>
  client
    .request("checkAvailability", { name: "a balance", schema: Objects.Balance }, (sdk) => sdk.balance.retrieve())
    .pipe(
      Effect.as<PaymentProvider.Availability>({
        configured: true,
        reachable: true,
        credentials: "accepted",
        reason: Option.none(),
      }),
      Effect.catch(fromError),
    )
