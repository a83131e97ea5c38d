/** Looking at disputes. Polar sends no event of one: whoever asks has the id from its dashboard. */
import type { Dispute, PaymentError } from "@payment-orchestrator/domain"
import { getDisputes } from "@polar-sh/sdk/2026-10/services/disputes"
import { Effect, Option } from "effect"
import type { Client } from "../PolarClient.ts"
import { uuid } from "../PolarConfig.ts"
import * as Currencies from "./Currencies.ts"
import { provider } from "./errors.ts"
import * as States from "./States.ts"
import * as Wire from "./Wire.ts"

/** A dispute as it is now; none when Polar has none by that id. An id of another form needs no call. */
export const find =
  (client: Client) =>
  (id: string): Effect.Effect<Option.Option<Dispute.DisputeSnapshot>, PaymentError.PaymentError> =>
    uuid.test(id)
      ? client
          .call("findDispute", Wire.Dispute, "a dispute", (core) => getDisputes(core)(id))
          .pipe(
            Effect.map(({ requestId, startedAt, value }) =>
              Option.some<Dispute.DisputeSnapshot>({
                provider,
                disputeId: value.id,
                state: States.dispute(value.status),
                amount: Currencies.moneyOf(value.amount + (value.tax_amount ?? 0), value.currency),
                moneyId: Option.fromNullishOr(value.order_id),
                reason: Option.fromNullishOr(value.reason),
                respondBy: Wire.millisOf(value.evidence_due_by),
                fetchStartedAt: startedAt,
                requestId,
                rawState: value.status,
              }),
            ),
            Effect.catchIf(
              (error) => error.reason === "not_found",
              () => Effect.succeedNone,
            ),
          )
      : Effect.succeedNone
