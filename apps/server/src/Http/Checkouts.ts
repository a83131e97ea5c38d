import { Api, Problem } from "@payment-orchestrator/api"
import { Checkout, CheckoutRequest, Explanation, type Id, JsonText, Tracing } from "@payment-orchestrator/domain"
import { AuditLog, Checkouts, ExplanationStore, Settlement } from "@payment-orchestrator/payments"
import { Effect, Option } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import * as Access from "../Access.ts"
import * as Idempotent from "../Idempotent.ts"
import * as Listing from "../Listing.ts"
import * as Problems from "../Problems.ts"
import * as Redirects from "../Redirects.ts"
import * as RetryAfter from "../RetryAfter.ts"
import { LiveFeed } from "../LiveFeed.ts"
import { Livemode } from "../Livemode.ts"
import { ServerConfig } from "../ServerConfig.ts"

const created = Idempotent.json(Checkout.toText, 201)
const ok = Idempotent.json(Checkout.toText, 200)
const refused = Idempotent.json(JsonText.writer(Problem.ProviderRejected), 422)
const unfit = Idempotent.json(JsonText.writer(Problem.NoProviderFits), 422)

export const layer = HttpApiBuilder.group(
  Api,
  "checkouts",
  Effect.fn(function* (handlers) {
    const checkouts = yield* Checkouts.Checkouts
    const config = yield* ServerConfig
    const livemode = yield* Livemode
    const settlement = yield* Settlement.Settlement
    const feed = yield* LiveFeed
    const explanations = yield* ExplanationStore.ExplanationStore

    /** A checkout of the caller's; another tenant's is not there. */
    const known = Effect.fnUntraced(function* (id: Id.CheckoutId, tenantId: string | undefined) {
      const found = yield* checkouts.get(id, tenantId).pipe(Effect.mapError(Problems.storage))
      return yield* Effect.fromOption(found).pipe(Effect.mapError(() => Problems.notFound(`checkout ${id}`)))
    })

    /** The checkout when its status has become another one. */
    const changed = (before: Checkout.Checkout, tenantId: string | undefined) =>
      Effect.scoped(
        Effect.gen(function* () {
          const told = yield* feed.watch(before.id).pipe(Effect.mapError(Problems.storage))
          for (;;) {
            const now = yield* known(before.id, tenantId)
            if (now.status !== before.status) return now
            yield* told
          }
        }),
      )

    const render = (final: Checkouts.Final): Effect.Effect<string> => {
      switch (final._tag) {
        case "Opened":
          return Effect.flatMap(created(final.checkout), Idempotent.keep)
        case "Existing":
          return Effect.flatMap(ok(final.checkout), Idempotent.keep)
        case "Rejected": {
          const { afterOutage, attempts, error } = final.error
          return Effect.flatMap(refused(Problems.rejected(error, attempts, afterOutage)), Idempotent.keep)
        }
        case "Unfit":
          return Effect.flatMap(unfit(Problems.noProviderFits(final.error)), Idempotent.keep)
      }
    }

    return handlers.handleAll({
      open: Effect.fnUntraced(function* ({ headers, payload }) {
        const caller = yield* Access.require("open")
        const tenantId = yield* Access.tenantOf(caller, payload.tenantId)
        const faults = Redirects.faults(payload, { origins: config.redirectOrigins, livemode })
        if (faults.length > 0) return yield* Problems.invalid(faults)
        const body = yield* Effect.orDie(CheckoutRequest.toText(payload))
        const reply = yield* checkouts
          .open(payload, {
            tenantId,
            render,
            key: Option.map(Option.fromUndefinedOr(headers["idempotency-key"]), (key) => ({
              key,
              fingerprint: Idempotent.fingerprint("POST /v1/checkouts", body),
            })),
          })
          .pipe(
            Effect.tapErrorTag("AllProvidersFailed", ({ retryAfterMillis }) => RetryAfter.set(retryAfterMillis)),
            Effect.mapError(Problems.fromOpenError),
          )
        return yield* Idempotent.give(reply.answer, reply.replayed)
      }, Tracing.span("Http.openCheckout")),
      list: Effect.fnUntraced(function* ({ query }) {
        const tenantId = yield* Access.scopeOf(yield* Access.require("own"), query.tenant_id)
        const rows = yield* checkouts
          .list({
            tenantId,
            status: query.status,
            provider: query.provider,
            reference: query.reference,
            orderId: query.order_id,
            customerId: query.customer_id,
            search: query.search,
            ...Listing.asked(query),
          })
          .pipe(Effect.mapError(Problems.storage))
        return Listing.answer(rows, query)
      }, Tracing.span("Http.listCheckouts")),
      expire: Effect.fnUntraced(function* ({ headers, params, payload }) {
        const caller = yield* Access.require("act")
        const found = yield* known(params.id, caller.tenantId)
        const reason = payload?.reason
        const close = Effect.gen(function* () {
          const ended = yield* settlement
            .expire(params.id)
            .pipe(Effect.provideService(AuditLog.CurrentReason, Option.fromUndefinedOr(reason)))
          const checkout = yield* known(params.id, caller.tenantId)
          if (checkout.status !== "expired") {
            return yield* new Problem.Conflict({
              code: "conflict",
              retryable: false,
              detail: `this checkout is ${checkout.status}, so that it cannot be closed`,
            })
          }
          const payableUntil = Option.flatMap(ended, (outcome) => outcome.payableUntil)
          return yield* Option.match(payableUntil, {
            onNone: () => ok(checkout),
            onSome: (until) => ok({ ...checkout, payableUntil: until }),
          })
        })
        return yield* Idempotent.once(
          {
            tenantId: found.tenantId,
            key: headers["idempotency-key"],
            fingerprint: Idempotent.fingerprint(`POST /v1/checkouts/${params.id}/expire`, reason ?? ""),
          },
          config.takeOverAfterMillis,
          close,
        ).pipe(Effect.catchTag("StorageError", (error) => Effect.fail(Problems.storage(error))))
      }, Tracing.span("Http.expireCheckout")),
      explain: Effect.fnUntraced(function* ({ params }) {
        const caller = yield* Access.require("own")
        const found = yield* explanations.read(params.id, caller.tenantId).pipe(Effect.mapError(Problems.storage))
        return yield* Effect.fromOption(Option.map(found, Explanation.assemble)).pipe(
          Effect.mapError(() => Problems.notFound(`checkout ${params.id}`)),
        )
      }, Tracing.span("Http.explainCheckout")),
      get: Effect.fnUntraced(function* ({ params, query }) {
        const { tenantId } = yield* Access.require("own")
        const now = yield* known(params.id, tenantId)
        if (now.status !== "open" && now.status !== "processing") return now
        yield* settlement.asked(params.id)
        if (query.wait === undefined) return now
        return yield* changed(now, tenantId).pipe(
          Effect.timeoutOrElse({ duration: `${query.wait} seconds`, orElse: () => known(params.id, tenantId) }),
        )
      }, Tracing.span("Http.getCheckout")),
    })
  }),
)
