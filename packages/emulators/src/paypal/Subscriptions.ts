/**
 * Subscriptions and plans v1.
 */
import { DateTime, Effect, Option } from "effect"
import * as Answer from "../Answer.ts"
import type { Request } from "../Emulator.ts"
import * as Amount from "./Amount.ts"
import * as Api from "./Api.ts"
import * as Billing from "./Billing.ts"
import * as BillingProblem from "./BillingProblem.ts"
import * as Checks from "./Checks.ts"
import { type Core, iso, link, subscriptionId, upper } from "./Core.ts"
import * as Idempotency from "./Idempotency.ts"
import type * as Model from "./Model.ts"
import * as Problem from "./Problem.ts"
import * as SubscriptionRequest from "./SubscriptionRequest.ts"
import * as BillingViews from "./BillingViews.ts"

const wrongStatus = (action: string, should: string) =>
  Problem.unprocessable(
    "SUBSCRIPTION_STATUS_INVALID",
    `Invalid subscription status for ${action} action; subscription status should be ${should}.`,
  )

/** The reason that cancel and suspend need and activate may have. */
const reasonOf = Effect.fnUntraced(function* (
  request: Request,
  required: boolean,
): Effect.fn.Return<string | undefined, Problem.Problem> {
  const checks = BillingProblem.make()
  const body = yield* Api.bodyOf(request)
  const reason = Checks.text(checks, body, "reason", "", { required, min: 1, max: 128 })
  yield* BillingProblem.settle(checks)
  return reason
})

const saleStatus: Readonly<Record<Model.Sale["state"], string>> = {
  completed: "COMPLETED",
  partially_refunded: "PARTIALLY_REFUNDED",
  refunded: "REFUNDED",
  pending: "PENDING",
  denied: "DECLINED",
}

const transaction = (sale: Model.Sale, subscription: Model.Subscription) => ({
  id: sale.id,
  status: saleStatus[sale.state],
  payer_email: subscription.payer?.email_address,
  payer_name: subscription.payer?.name,
  amount_with_breakdown: {
    gross_amount: sale.amount,
    fee_amount: Amount.fee(sale.amount),
    net_amount: Amount.subtract(sale.amount, Amount.fee(sale.amount)),
  },
  time: iso(sale.createdAt),
})

const timeOf = (checks: Checks.Checks, request: Request, name: string): number => {
  const text = request.query.get(name)
  if (text === null) {
    checks.syntax.push({
      issue: "MISSING_REQUIRED_PARAMETER",
      description: "A required parameter is missing.",
      field: name,
      location: "query",
    })
    return 0
  }
  const time = DateTime.make(text)
  if (Option.isSome(time)) return DateTime.toEpochMillis(time.value)
  checks.syntax.push({
    issue: "INVALID_PARAMETER_SYNTAX",
    description: "The value of a field does not conform to the expected format.",
    field: name,
    value: text,
    location: "query",
  })
  return 0
}

/** The routes of plans and subscriptions. */
export const routes = (core: Core, idempotency: Idempotency.Idempotency, { api }: Api.Maker) => {
  const on = (
    action: string,
    required: boolean,
    change: (subscription: Model.Subscription, reason: string | undefined) => Effect.Effect<unknown, Problem.Problem>,
  ) =>
    api("POST", `/v1/billing/subscriptions/:id/${action}`, (request) =>
      Effect.gen(function* () {
        const reason = yield* reasonOf(request, required)
        const subscription = yield* Billing.find(core, request.params["id"] ?? "")
        yield* change(subscription, reason)
        return Answer.empty(204)
      }),
    )

  return [
    api("GET", "/v1/billing/plans/:id", (request) => {
      const id = request.params["id"] ?? ""
      const plan = core.memory.plans.get(id)
      return plan === undefined
        ? Effect.fail(Problem.unknownId("id", id))
        : Effect.succeed(Answer.json(200, BillingViews.plan(core, plan)))
    }),
    api("POST", "/v1/billing/subscriptions", (request) => {
      const show = (subscription: Model.Subscription) =>
        Api.full(request)
          ? BillingViews.subscription(core, subscription)
          : BillingViews.subscriptionMinimal(core, subscription)
      return Effect.gen(function* () {
        return yield* idempotency.once({
          key: yield* Api.requestId(request),
          resource: "POST /v1/billing/subscriptions",
          life: Idempotency.life.subscriptions,
          first: Effect.gen(function* () {
            yield* Api.mocked(request)
            const wanted = yield* SubscriptionRequest.decode(core, yield* Api.bodyOf(request))
            const now = yield* core.clock.now
            const subscription: Model.Subscription = {
              ...wanted,
              id: yield* subscriptionId,
              token: `BA-${yield* upper(17)}`,
              status: "APPROVAL_PENDING",
              note: undefined,
              payer: undefined,
              createdAt: now,
              updatedAt: now,
              cycles: 0,
              failedPayments: 0,
              outstanding: Amount.zero(wanted.price.currency_code),
              lastPayment: undefined,
              lastFailure: undefined,
              nextBillingAt: undefined,
              failing: 0,
            }
            core.memory.subscriptions.set(subscription.id, subscription)
            yield* Billing.tell(core, subscription, "CREATED")
            return {
              answer: Answer.json(201, show(subscription)),
              again: Effect.map(Billing.find(core, subscription.id), (latest) => Answer.json(200, show(latest))),
            }
          }),
        })
      })
    }),
    api("GET", "/v1/billing/subscriptions/:id", (request) =>
      Effect.map(Billing.find(core, request.params["id"] ?? ""), (subscription) =>
        Answer.json(200, BillingViews.subscription(core, subscription)),
      ),
    ),
    on("activate", false, (subscription, note) => {
      switch (subscription.status) {
        case "APPROVED":
          return Billing.activate(core, { ...subscription, note })
        case "SUSPENDED":
          return Effect.gen(function* () {
            const now = yield* core.clock.now
            const active = yield* Billing.put(core, subscription, {
              status: "ACTIVE",
              note,
              nextBillingAt: subscription.nextBillingAt ?? now,
            })
            yield* Billing.tell(core, active, "ACTIVATED")
          })
        default:
          return Effect.fail(wrongStatus("activate", "suspended"))
      }
    }),
    on("suspend", true, (subscription, note) =>
      subscription.status === "ACTIVE"
        ? Effect.flatMap(Billing.put(core, subscription, { status: "SUSPENDED", note }), (suspended) =>
            Billing.tell(core, suspended, "SUSPENDED"),
          )
        : Effect.fail(wrongStatus("suspend", "active")),
    ),
    on("cancel", true, (subscription, note) =>
      subscription.status === "ACTIVE" || subscription.status === "SUSPENDED"
        ? Effect.flatMap(
            Billing.put(core, subscription, { status: "CANCELLED", note, nextBillingAt: undefined }),
            (cancelled) => Billing.tell(core, cancelled, "CANCELLED"),
          )
        : Effect.fail(wrongStatus("cancel", "active or suspended")),
    ),
    api("GET", "/v1/billing/subscriptions/:id/transactions", (request) =>
      Effect.gen(function* () {
        const checks = BillingProblem.make()
        const from = timeOf(checks, request, "start_time")
        const to = timeOf(checks, request, "end_time")
        yield* BillingProblem.settle(checks)
        const subscription = yield* Billing.find(core, request.params["id"] ?? "")
        const transactions = [...core.memory.sales.values()]
          .filter((sale) => sale.subscriptionId === subscription.id && sale.createdAt >= from && sale.createdAt <= to)
          .map((sale) => transaction(sale, subscription))
        return Answer.json(200, {
          transactions,
          links: [link(`${core.url}/v1/billing/subscriptions/${subscription.id}/transactions`, "self", "GET")],
        })
      }),
    ),
  ]
}
