/** Disputes, by the API of customer disputes v1. An app needs PayPal's permission for it; without, PayPal answers 403. */
import type { Dispute, PaymentError } from "@payment-orchestrator/domain"
import { Effect, Option } from "effect"
import * as Snapshots from "./internal/DisputeSnapshots.ts"
import { name } from "./internal/Name.ts"
import * as Requests from "./internal/Requests.ts"
import * as Texts from "./internal/Texts.ts"
import * as Wire from "./internal/Wire.ts"
import { orNone, type PayPalClient } from "./PayPalClient.ts"

/** A dispute as it is now; none when PayPal has none by that id. */
export const find = (
  client: PayPalClient,
  disputeId: string,
): Effect.Effect<Option.Option<Dispute.DisputeSnapshot>, PaymentError.PaymentError> =>
  Texts.isId(disputeId)
    ? orNone(
        client.call(
          {
            operation: "findDispute",
            byId: true,
            request: Requests.get(`/v1/customer/disputes/${disputeId}`),
          },
          Wire.Dispute,
        ),
      ).pipe(
        Effect.map(
          Option.map(({ requestId, startedAt, value }) => ({
            ...Snapshots.read(value),
            provider: name,
            fetchStartedAt: startedAt,
            requestId,
          })),
        ),
      )
    : Effect.succeedNone
