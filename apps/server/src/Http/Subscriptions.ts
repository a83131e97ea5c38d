import { Api, Problem, Subscriptions } from "@payment-orchestrator/api"
import { PaymentOrchestrator } from "@payment-orchestrator/core"
import { AuditLog } from "@payment-orchestrator/payments"
import { Effect, Option, Schema } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import * as Access from "../Access.ts"
import * as Idempotent from "../Idempotent.ts"
import * as Problems from "../Problems.ts"
import { ServerConfig } from "../ServerConfig.ts"

const answered = Idempotent.json(Subscriptions.Subscription, 200)
const refused = Idempotent.json(Problem.ProviderRejected, 422)

export const layer = HttpApiBuilder.group(
  Api,
  "subscriptions",
  Effect.fn(function* (handlers) {
    const orchestrator = yield* PaymentOrchestrator
    const config = yield* ServerConfig
    const audit = yield* AuditLog.AuditLog

    const cancel = (payload: typeof Subscriptions.CancelByProviderId.Type) =>
      orchestrator
        .cancelSubscription({
          provider: payload.provider,
          subscriptionId: payload.subscription_id,
          atPeriodEnd: payload.at_period_end ?? false,
          ...(payload.reason === undefined ? {} : { reason: payload.reason }),
        })
        .pipe(
          Effect.map((snapshot) => ({
            provider: snapshot.provider,
            subscription_id: snapshot.subscriptionId,
            status: snapshot.state,
            cancel_at_period_end: snapshot.cancelAtPeriodEnd,
            current_period_end: Option.getOrNull(snapshot.currentPeriodEnd),
            livemode: orchestrator.providers.some(
              ({ capabilities, name }) => name === snapshot.provider && capabilities.livemode,
            ),
          })),
          Effect.flatMap(answered),
          Effect.catchTag("UnknownProvider", (error) => Effect.fail(Problems.unknownProvider(error))),
          Effect.catchTag(["TransientPaymentError", "PermanentPaymentError"], (error) =>
            Effect.fail(Problems.fromPaymentError(error)),
          ),
          Effect.catchTag("ProviderRejected", refused),
        )

    return handlers.handleAll({
      cancelByProviderId: Effect.fn("Http.cancelByProviderId")(function* ({ headers, payload }) {
        const caller = yield* Access.require("act")
        if (caller.role !== "admin") {
          return yield* new Problem.Forbidden({
            detail: "a subscription that is not managed here takes a key of role admin",
          })
        }
        const body = yield* Effect.orDie(Schema.encodeEffect(Subscriptions.CancelByProviderId)(payload))
        return yield* Idempotent.once(
          {
            tenantId: caller.tenantId ?? "default",
            key: headers["idempotency-key"],
            fingerprint: Idempotent.fingerprint("POST /v1/subscriptions/cancel", JSON.stringify(body)),
          },
          config.takeOverAfterMillis,
          Effect.andThen(
            audit.record({
              action: "subscription.cancel",
              target: `${payload.provider}/${payload.subscription_id}`,
              tenantId: Option.none(),
              reason: Option.fromUndefinedOr(payload.reason),
            }),
            cancel(payload),
          ),
        ).pipe(Effect.catchTag("StorageError", (error) => Effect.fail(Problems.storage(error))))
      }),
    })
  }),
)
