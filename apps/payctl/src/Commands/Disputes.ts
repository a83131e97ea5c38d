/** `payctl disputes`. */
import { Dispute, Id } from "@payment-orchestrator/domain"
import { Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import * as Flags from "../Flags.ts"
import * as Output from "../Output.ts"
import { ask } from "../Server.ts"

const list = Command.make(
  "list",
  {
    ...Flags.page(Id.DisputeId),
    tenant: Flags.tenant,
    status: Flags.part("status", Flag.Literals("status", Dispute.DisputeState.literals)),
    payment: Flags.part("payment_id", Flags.checked("payment", Id.PaymentId, "Of this payment")),
  },
  Effect.fn(function* ({ after, before, cursor, limit, payment, status, tenant }) {
    const query = { ...limit, ...cursor, ...after, ...before, ...tenant, ...status, ...payment }
    yield* Output.page(
      Dispute.DisputeJson,
      ["id", "status", "provider", "provider_dispute_id", "amount", "currency", "respond_by", "payment_id"],
      yield* ask((client) => client.disputes.list({ query })),
    )
  }),
).pipe(Command.withDescription("Disputes, newest first"))

const get = Command.make(
  "get",
  { id: Argument.String("id").pipe(Argument.withSchema(Id.DisputeId), Argument.withDescription("dp_…")) },
  Effect.fn(function* ({ id }) {
    yield* Output.one(Dispute.DisputeJson, yield* ask((client) => client.disputes.get({ params: { id } })))
  }),
).pipe(Command.withDescription("One dispute"), Command.withAlias("show"))

export const disputes = Command.make("disputes").pipe(
  Command.withDescription("Payments that buyers dispute; answer them at the provider"),
  Command.withAlias("dispute"),
  Command.withSubcommands([list, get]),
)
