/** What Acme, a provider that exists only here, and its clients say to each other. */
import { Schema } from "effect"

const Money = Schema.Struct({ units: Schema.Int, currency: Schema.String })
export type Money = typeof Money.Type

export const Create = Schema.fromJsonString(
  Schema.Struct({
    money: Schema.NullOr(Money),
    price: Schema.NullOr(Schema.String),
    description: Schema.NullOr(Schema.String.check(Schema.isMaxLength(100))),
    email: Schema.NullOr(Schema.String),
    metadata: Schema.Record(Schema.String, Schema.String),
  }),
)
export type Create = typeof Create.Type

export const Payment = Schema.Struct({ id: Schema.String, money: Money, refunded: Schema.Int })
export type Payment = typeof Payment.Type

export const Session = Schema.Struct({
  id: Schema.String,
  url: Schema.String,
  state: Schema.Literals(["open", "approved", "done", "gone"]),
  money: Schema.NullOr(Money),
  metadata: Schema.Record(Schema.String, Schema.String),
  payment: Schema.NullOr(Payment),
  subscription: Schema.NullOr(Schema.String),
  /** Of the subscription, the first and the renewals. */
  charges: Schema.Array(Payment),
})
export type Session = typeof Session.Type

export const Subscription = Schema.Struct({
  id: Schema.String,
  state: Schema.Literals(["active", "canceled"]),
  ending: Schema.Boolean,
  until: Schema.Int,
  metadata: Schema.Record(Schema.String, Schema.String),
})
export type Subscription = typeof Subscription.Type

export const Dispute = Schema.Struct({
  id: Schema.String,
  payment: Payment,
  state: Schema.Literals(["open", "won", "lost"]),
})
export type Dispute = typeof Dispute.Type

export const Price = Schema.Struct({
  id: Schema.String,
  money: Money,
  every: Schema.NullOr(Schema.Literals(["day", "week", "month", "year"])),
  sold: Schema.Boolean,
})
export type Price = typeof Price.Type

export const RefundOrder = Schema.fromJsonString(
  Schema.Struct({ payment: Schema.String, units: Schema.NullOr(Schema.Int) }),
)

export const Refund = Schema.Struct({ id: Schema.String, key: Schema.String, money: Money })
export type Refund = typeof Refund.Type

export const CancelOrder = Schema.fromJsonString(Schema.Struct({ later: Schema.Boolean }))

export const Event = Schema.Struct({
  id: Schema.String,
  type: Schema.String,
  attempt: Schema.NullOr(Schema.String),
  session: Schema.NullOr(Session),
  payment: Schema.NullOr(Payment),
  refund: Schema.NullOr(Refund),
  subscription: Schema.NullOr(Subscription),
})
export type Event = typeof Event.Type

export const Token = Schema.Struct({ token: Schema.String })

export const Failure = Schema.fromJsonString(
  Schema.Struct({ error: Schema.Struct({ code: Schema.String, message: Schema.String }) }),
)
