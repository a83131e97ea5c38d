/** `Idempotency` on SQL. The rows are those of `CheckoutStore.claim`: a key means one thing whoever claims it. */
import { Timestamp, Tracing } from "@payment-orchestrator/domain"
import { Idempotency } from "@payment-orchestrator/payments"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as Failure from "./internal/Failure.ts"
import * as Keys from "./internal/Keys.ts"

export const layer: Layer.Layer<Idempotency.Idempotency, never, SqlClient.SqlClient> = Layer.effect(
  Idempotency.Idempotency,
  Effect.map(SqlClient.SqlClient, (sql) =>
    Idempotency.Idempotency.of({
      claim: (claimant, takeOverAfterMillis) =>
        Tracing.span("Idempotency.claim")(
          Effect.gen(function* () {
            const now = yield* Timestamp.now
            const claim = yield* Keys.claim(sql, { claimant, takeOverAfterMillis, now, checkoutId: null })
            return claim._tag === "Again" ? ({ _tag: "Fresh" } as const) : claim
          }).pipe(Failure.transaction(sql, "claim key")),
        ),
      settle: (claimant, answer) =>
        Tracing.span("Idempotency.settle")(
          Effect.asVoid(Failure.transaction(sql, "settle key")(Keys.settle(sql, claimant, answer))),
        ),
      release: (claimant) =>
        Tracing.span("Idempotency.release")(
          Effect.asVoid(Failure.transaction(sql, "release key")(Keys.release(sql, claimant))),
        ),
    }),
  ),
)
