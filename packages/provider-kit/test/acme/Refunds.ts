/** Acme's refunds. */
import { randomUUID } from "node:crypto"
import { Clock, Effect, Option } from "effect"
import { type Operation, PaymentError, type PaymentProvider, type Refund } from "@payment-orchestrator/domain"
import * as Client from "./Client.ts"
import type { Flaw } from "./Flaw.ts"
import * as Snapshots from "./Snapshots.ts"
import * as Wire from "./Wire.ts"

const snapshot = (operation: Operation.Operation, refund: Wire.Refund, request: Refund.RefundRequest) =>
  Effect.gen(function* () {
    const amount = Snapshots.money(refund.money)
    if (Option.isNone(amount)) return yield* Client.transient(operation, "bad_response", "unknown")
    const found: Refund.RefundSnapshot = {
      provider: Client.name,
      providerRefundId: refund.id,
      state: "succeeded",
      amount: amount.value,
      refundId: Option.some(request.refundId),
      fetchStartedAt: yield* Clock.currentTimeMillis,
      requestId: Option.none(),
      rawState: "done",
    }
    return found
  })

const notSupported = new PaymentError.PermanentPaymentError({
  provider: Client.name,
  operation: "refund",
  reason: "not_supported",
  outcome: "not_sent",
})

const refund = (client: Client.Client, flaws: ReadonlySet<Flaw>, request: Refund.RefundRequest) =>
  Effect.gen(function* () {
    if (Option.isSome(request.amount) && flaws.has("refuses partial refunds")) return yield* notSupported
    const units = Option.map(Option.flatMap(request.amount, Snapshots.units), (one) => one.units)
    const done = yield* client.request(
      {
        operation: "refund",
        method: "POST",
        path: "/refunds",
        key: flaws.has("sends a lost refund under another key") ? randomUUID() : request.refundId,
        body: { payment: request.moneyId, units: Option.getOrNull(units) },
      },
      Wire.Refund,
    )
    return yield* snapshot("refund", done, request)
  }).pipe(
    Effect.catchIf(
      (error) => flaws.has("takes a refund of too much for done") && error.code === "too_much",
      () => snapshot("refund", { id: "ref_none", key: "", money: { units: 1, currency: "USD" } }, request),
    ),
  )

export const make = (
  client: Client.Client,
  flaws: ReadonlySet<Flaw>,
): Pick<PaymentProvider.Service, "refund" | "findRefund"> => ({
  refund: (request) => refund(client, flaws, request),
  findRefund: (request) =>
    Effect.flatMap(
      client.look({ operation: "findRefund", method: "GET", path: `/refunds/${request.refundId}` }, Wire.Refund),
      Option.match({
        onNone: () => Effect.succeedNone,
        onSome: (found) => Effect.asSome(snapshot("findRefund", found, request)),
      }),
    ),
})
