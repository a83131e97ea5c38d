import { Api, Problem, Subscriptions as Contract } from "@payment-orchestrator/api"
import { type Id, JsonText, Subscription, Tracing } from "@payment-orchestrator/domain"
import { AuditLog, Subscriptions } from "@payment-orchestrator/payments"
import { Effect, Option, Schema } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import * as Access from "../Access.ts"
import * as Cancellation from "../Cancellation.ts"
import * as Idempotent from "../Idempotent.ts"
import * as Listing from "../Listing.ts"
import * as Problems from "../Problems.ts"
import { ServerConfig } from "../ServerConfig.ts"

const canceled = Idempotent.json(JsonText.writer(Subscription.SubscriptionJson), 200)
const notManaged = new Problem.Forbidden({
  detail: "a subscription that is not managed here takes a key of role admin",
})

export const layer = HttpApiBuilder.group(
  Api,
  "subscriptions",
  Effect.fn(function* (handlers) {
    const cancellation = yield* Cancellation.make
    const subscriptions = yield* Subscriptions.Subscriptions
    const config = yield* ServerConfig
    const audit = yield* AuditLog.AuditLog

    const record = ({ reason }: typeof Contract.CancelRequest.Type, of: Pick<AuditLog.Entry, "target" | "tenantId">) =>
      audit.record({ action: "subscription.cancel", reason: Option.fromUndefinedOr(reason), ...of })

    const known = (id: Id.SubscriptionId, tenantId: string | undefined) =>
      subscriptions.get(id, tenantId).pipe(
        Effect.mapError(Problems.storage),
        Effect.flatMap((found) =>
          Effect.mapError(Effect.fromOption(found), () => Problems.notFound(`subscription ${id}`)),
        ),
      )

    return handlers.handleAll({
      list: Effect.fnUntraced(function* ({ query }) {
        const tenantId = yield* Access.scopeOf(yield* Access.require("own"), query.tenant_id)
        const rows = yield* subscriptions
          .list({
            tenantId,
            status: query.status,
            provider: query.provider,
            customerId: query.customer_id,
            checkoutId: query.checkout_id,
            ...Listing.asked(query),
          })
          .pipe(Effect.mapError(Problems.storage))
        return Listing.answer(rows, query)
      }, Tracing.span("Http.listSubscriptions")),
      get: Effect.fnUntraced(function* ({ params }) {
        const caller = yield* Access.require("own")
        return yield* known(params.id, caller.tenantId)
      }, Tracing.span("Http.getSubscription")),
      cancel: Effect.fnUntraced(function* ({ headers, params, payload }) {
        const caller = yield* Access.require("act")
        const found = yield* known(params.id, caller.tenantId)
        const body = yield* Effect.orDie(Schema.encodeEffect(Contract.CancelRequest)(payload))
        return yield* Idempotent.once(
          {
            tenantId: found.tenantId,
            key: headers["idempotency-key"],
            fingerprint: Idempotent.fingerprint(`POST /v1/subscriptions/${params.id}/cancel`, JSON.stringify(body)),
          },
          config.takeOverAfterMillis,
          record(payload, { target: found.id, tenantId: Option.some(found.tenantId) }).pipe(
            Effect.andThen(cancellation.end(found, payload)),
            Effect.flatMap(canceled),
          ),
        ).pipe(Effect.catchTag("StorageError", (error) => Effect.fail(Problems.storage(error))))
      }, Tracing.span("Http.cancelSubscription")),
      cancelByProviderId: Effect.fnUntraced(function* ({ headers, payload }) {
        const caller = yield* Access.require("act")
        const found = yield* subscriptions
          .getAt(payload.provider, payload.subscription_id, caller.tenantId)
          .pipe(Effect.mapError(Problems.storage))
        if (Option.isNone(found) && caller.role !== "admin") return yield* notManaged
        const body = yield* Effect.orDie(Schema.encodeEffect(Contract.CancelByProviderId)(payload))
        return yield* Idempotent.once(
          {
            tenantId: caller.tenantId ?? "default",
            key: headers["idempotency-key"],
            fingerprint: Idempotent.fingerprint("POST /v1/subscriptions/cancel", JSON.stringify(body)),
          },
          config.takeOverAfterMillis,
          Effect.andThen(
            record(
              payload,
              Option.match(found, {
                onNone: () => ({
                  target: `${payload.provider}/${payload.subscription_id}`,
                  tenantId: Option.none(),
                }),
                onSome: ({ id, tenantId }) => ({ target: id, tenantId: Option.some(tenantId) }),
              }),
            ),
            cancellation.endByProviderId(found, payload),
          ),
        ).pipe(Effect.catchTag("StorageError", (error) => Effect.fail(Problems.storage(error))))
      }, Tracing.span("Http.cancelByProviderId")),
    })
  }),
)
