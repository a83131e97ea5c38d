import { Api, Problem } from "@payment-orchestrator/api"
import { Health, OrchestratorError, PaymentOrchestrator, type ProviderStatus } from "@payment-orchestrator/core"
import { type ProviderName, Tracing } from "@payment-orchestrator/domain"
import { AuditLog, Drains, type DrainStore } from "@payment-orchestrator/payments"
import { Effect, Option } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import * as Access from "../Access.ts"
import * as Problems from "../Problems.ts"

const shown = (status: ProviderStatus, health: Health.ProviderHealth, drain: DrainStore.Drain | undefined) => ({
  name: status.name,
  available: status.available,
  livemode: status.livemode,
  circuit: status.circuit,
  reason: Option.getOrNull(status.reason),
  health: {
    active: health.active,
    passive: health.passive,
    webhooks: health.webhooks,
    reason: Option.getOrNull(health.reason),
  },
  drained: drain !== undefined,
  drain:
    drain === undefined
      ? null
      : {
          reason: drain.reason,
          actor: drain.actor,
          drained_at: drain.drainedAt,
          expires_at: Option.getOrNull(drain.expiresAt),
        },
  success_rate: Option.getOrNull(health.successRate),
  latency_ms: Option.getOrNull(health.latency),
})

const refused = (error: Drains.LastProvider) =>
  new Problem.Conflict({ code: "confirmation_required", retryable: false, detail: error.message })

export const layer = HttpApiBuilder.group(
  Api,
  "providers",
  Effect.fn(function* (handlers) {
    const orchestrator = yield* PaymentOrchestrator
    const health = yield* Health.Health
    const drains = yield* Drains.Drains

    const all = Effect.gen(function* () {
      const standing = yield* drains.standing
      const statuses = yield* orchestrator.availableProviders
      return yield* Effect.forEach(statuses, (status) =>
        Effect.map(health.of(status.name), (of) => shown(status, of, standing.get(status.name))),
      )
    })

    const one = Effect.fnUntraced(function* (name: ProviderName.ProviderName) {
      const providers = yield* all
      return yield* Effect.fromOption(
        Option.fromUndefinedOr(providers.find((provider) => provider.name === name)),
      ).pipe(
        Effect.mapError(() =>
          Problems.unknownProvider(
            new OrchestratorError.UnknownProvider({ provider: name, known: providers.map((known) => known.name) }),
          ),
        ),
      )
    })

    return handlers.handleAll({
      list: Effect.fnUntraced(function* () {
        yield* Access.require("read")
        return { data: yield* all }
      }, Tracing.span("Http.providers")),
      drain: Effect.fnUntraced(function* ({ params: { name }, payload }) {
        yield* Access.requireAll("operate")
        yield* one(name)
        const others = (yield* all).filter((other) => other.available && other.name !== name)
        const { confirm = false, expires_in, reason } = payload
        yield* drains
          .drain({
            provider: name,
            reason,
            confirm,
            actor: (yield* AuditLog.CurrentActor).id,
            expiresIn: Option.map(Option.fromUndefinedOr(expires_in), (seconds) => seconds * 1000),
            others: others.map((other) => other.name),
          })
          .pipe(
            Effect.catchTags({
              LastProvider: (error) => Effect.fail(refused(error)),
              StorageError: (error) => Effect.fail(Problems.storage(error)),
            }),
          )
        return yield* one(name)
      }, Tracing.span("Http.drain")),
      restore: Effect.fnUntraced(function* ({ params: { name }, payload }) {
        yield* Access.requireAll("operate")
        yield* one(name)
        yield* drains.restore(name, payload.reason).pipe(Effect.mapError(Problems.storage))
        return yield* one(name)
      }, Tracing.span("Http.restore")),
    })
  }),
)
