/** What is recorded of a checkout of 99.99 USD of which nothing has happened yet. */
import { type Explanation, Id, Money } from "@payment-orchestrator/domain"
import { Option } from "effect"

const ulid = "00000000000000000000000000"

export const empty: Explanation.Records = {
  checkout: {
    id: Id.CheckoutId.make(`co_${ulid}`),
    status: "open",
    mode: "payment",
    asked: Option.some(Money.make(9_999, "USD")),
    currency: "USD",
    createdAt: 1_000,
    expiresAt: 90_000,
  },
  wish: { priceId: null, preferredProvider: null },
  candidates: [],
  failovers: [],
  sessions: [],
  webhooks: [],
  payments: [],
  refunds: [],
  events: [],
  deliveries: [],
  actions: [],
}
