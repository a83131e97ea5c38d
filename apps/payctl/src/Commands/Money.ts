/** `payctl payments`, `payctl refunds`, `payctl refund`, `payctl subscriptions`. */
import { Subscriptions as SubscriptionContract } from "@payment-orchestrator/api"
import {
  CheckoutRequest,
  Id,
  Money,
  Payment,
  ProviderName,
  Refund,
  Subscription,
  Text,
} from "@payment-orchestrator/domain"
import { Effect, Option, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { Failure } from "../Failure.ts"
import * as Flags from "../Flags.ts"
import * as Output from "../Output.ts"
import { ask } from "../Server.ts"

const argument = <A>(schema: Schema.Codec<A, string>, description: string) =>
  Argument.String("id").pipe(Argument.withSchema(schema), Argument.withDescription(description))
const reason = Flags.why
const key = Flags.part(
  "idempotency-key",
  Flags.checked("idempotency-key", Text.line(255), "The same key does it once, however often it is sent"),
)

const payments = Command.make("payments").pipe(
  Command.withDescription("Captured money"),
  Command.withAlias("payment"),
  Command.withSubcommands([
    Command.make(
      "list",
      {
        ...Flags.page(Id.PaymentId),
        tenant: Flags.tenant,
        checkout: Flags.part("checkout_id", Flags.checked("checkout", Id.CheckoutId, "Of this checkout")),
      },
      Effect.fn(function* ({ after, before, checkout, cursor, limit, tenant }) {
        const query = { ...limit, ...cursor, ...after, ...before, ...tenant, ...checkout }
        yield* Output.page(
          Payment.PaymentJson,
          ["id", "kind", "provider", "amount", "currency", "amount_refunded", "checkout_id", "created_at"],
          yield* ask((client) => client.payments.list({ query })),
        )
      }),
    ).pipe(Command.withDescription("Payments, newest first")),
    Command.make(
      "get",
      { id: argument(Id.PaymentId, "pay_…") },
      Effect.fn(function* ({ id }) {
        yield* Output.one(Payment.PaymentJson, yield* ask((client) => client.payments.get({ params: { id } })))
      }),
    ).pipe(Command.withDescription("One payment"), Command.withAlias("show")),
  ]),
)

/** A refund without a key of the caller's own gets one, so that a repeated send of this command is another refund. */
const refund = Command.make(
  "refund",
  {
    id: argument(Id.PaymentId, "The payment: pay_…"),
    amount: Flags.part(
      "amount",
      Flags.checked("amount", CheckoutRequest.DecimalText, "Gross; all that is left when not given"),
    ),
    reason,
    key,
    despite: Flags.part(
      "override_dispute",
      Flag.Boolean("override-dispute").pipe(Flag.withDescription("Also while the buyer disputes it; needs --reason")),
    ),
  },
  Effect.fn(function* ({ amount, despite, id, key, reason }) {
    const headers = { "idempotency-key": key["idempotency-key"] ?? `payctl-${yield* Id.makeLinkToken}` }
    const payload = { ...amount, ...reason, ...despite }
    const given = yield* ask((client) => client.refunds.create({ params: { id }, headers, payload }))
    const sentence = `${given.id}: ${Money.toDecimal(given.amount)} ${given.amount.currency} of ${id} is ${given.status}`
    yield* Output.done(Refund.RefundJson, given, sentence)
  }),
).pipe(Command.withDescription("Gives money back; a provider that is down makes it pending, not an error"))

const refunds = Command.make("refunds").pipe(
  Command.withDescription("Money that went back"),
  Command.withSubcommands([
    Command.make(
      "list",
      {
        ...Flags.page(Id.RefundId),
        tenant: Flags.tenant,
        payment: Flags.part("payment_id", Flags.checked("payment", Id.PaymentId, "Of this payment")),
      },
      Effect.fn(function* ({ after, before, cursor, limit, payment, tenant }) {
        const query = { ...limit, ...cursor, ...after, ...before, ...tenant, ...payment }
        yield* Output.page(
          Refund.RefundJson,
          ["id", "status", "provider", "amount", "currency", "payment_id", "reason", "created_at"],
          yield* ask((client) => client.refunds.list({ query })),
        )
      }),
    ).pipe(Command.withDescription("Refunds, newest first")),
    Command.make(
      "get",
      { id: argument(Id.RefundId, "re_…") },
      Effect.fn(function* ({ id }) {
        yield* Output.one(Refund.RefundJson, yield* ask((client) => client.refunds.get({ params: { id } })))
      }),
    ).pipe(Command.withDescription("One refund"), Command.withAlias("show")),
  ]),
)

const isOurs = Schema.is(Id.SubscriptionId)

const cancel = Command.make(
  "cancel",
  {
    id: Argument.String("id").pipe(
      Argument.withDescription("sub_…, or with --provider the provider's own id, e.g. I-ABC123"),
    ),
    provider: Flag.optional(Flags.checked("provider", ProviderName.ProviderName, "Whose id it is, when not ours")),
    reason,
    key,
    atEnd: Flags.part(
      "at_period_end",
      Flag.Boolean("at-period-end").pipe(Flag.withDescription("Let the paid period end first")),
    ),
  },
  Effect.fn(function* ({ atEnd, id, key, provider, reason }) {
    const how = { ...reason, ...atEnd }
    if (Option.isSome(provider)) {
      const payload = { provider: provider.value, subscription_id: id, ...how }
      const ended = yield* ask((client) => client.subscriptions.cancelByProviderId({ headers: key, payload }))
      const sentence = `${id} at ${provider.value} is ${ended.status}`
      return yield* Output.done(SubscriptionContract.CanceledSubscription, ended, sentence)
    }
    if (!isOurs(id)) {
      return yield* new Failure({
        why: "usage",
        detail: `${JSON.stringify(id)} is no id of ours (sub_…): for a provider's own id add --provider paypal`,
      })
    }
    const ended = yield* ask((client) => client.subscriptions.cancel({ params: { id }, headers: key, payload: how }))
    yield* Output.done(Subscription.SubscriptionJson, ended, `${id} is ${ended.status}`)
  }),
).pipe(Command.withDescription("Ends a subscription"))

const subscriptions = Command.make("subscriptions").pipe(
  Command.withDescription("Subscriptions"),
  Command.withAlias("subscription"),
  Command.withSubcommands([
    Command.make(
      "list",
      {
        ...Flags.page(Id.SubscriptionId),
        tenant: Flags.tenant,
        status: Flags.part("status", Flag.Literals("status", Subscription.SubscriptionState.literals)),
        customer: Flags.part("customer_id", Flags.checked("customer", Text.line(255), "Of this customer")),
      },
      Effect.fn(function* ({ after, before, cursor, customer, limit, status, tenant }) {
        const query = { ...limit, ...cursor, ...after, ...before, ...tenant, ...status, ...customer }
        yield* Output.page(
          Subscription.SubscriptionJson,
          ["id", "status", "provider", "customer_id", "current_period_end", "created_at"],
          yield* ask((client) => client.subscriptions.list({ query })),
        )
      }),
    ).pipe(Command.withDescription("Subscriptions, newest first")),
    Command.make(
      "get",
      { id: argument(Id.SubscriptionId, "sub_…") },
      Effect.fn(function* ({ id }) {
        yield* Output.one(
          Subscription.SubscriptionJson,
          yield* ask((client) => client.subscriptions.get({ params: { id } })),
        )
      }),
    ).pipe(Command.withDescription("One subscription"), Command.withAlias("show")),
    cancel,
  ]),
)

export const money = [payments, refund, refunds, subscriptions] as const
