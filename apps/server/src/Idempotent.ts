/** `Idempotency-Key`: the first final answer (2xx and 422) is given again, byte for byte. */
import { Problem } from "@payment-orchestrator/api"
import { Idempotency } from "@payment-orchestrator/payments"
import { Effect, Schema } from "effect"
import { HttpServerResponse } from "effect/http"
import { createHash } from "node:crypto"

/** An answer that may be kept. */
export const Answer = Schema.Struct({ status: Schema.Int, contentType: Schema.String, body: Schema.String })
export type Answer = typeof Answer.Type

const KeptAnswer = Schema.fromJsonString(Answer)
const encodeKept = Schema.encodeEffect(KeptAnswer)
const decodeKept = Schema.decodeEffect(KeptAnswer)

/** Values as JSON answers. */
export const json = <A>(write: (value: A) => Effect.Effect<string, Schema.SchemaError>, status: number) => {
  const contentType = status < 400 ? "application/json" : "application/problem+json"
  return (value: A): Effect.Effect<Answer> =>
    Effect.map(Effect.orDie(write(value)), (body) => ({ status, contentType, body }))
}

const respond = ({ body, contentType, status }: Answer, replayed: boolean) =>
  HttpServerResponse.text(body, {
    status,
    contentType,
    ...(replayed ? { headers: { "idempotency-replayed": "true" } } : {}),
  })

/** A digest of what makes two requests the same. */
export const fingerprint = (...parts: ReadonlyArray<string>): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex")

/** An answer as text, to be kept. */
export const keep = (answer: Answer): Effect.Effect<string> => Effect.orDie(encodeKept(answer))

/** A kept answer, given. */
export const give = (kept: string, replayed: boolean) =>
  Effect.map(Effect.orDie(decodeKept(kept)), (answer) => respond(answer, replayed))

export const running = new Problem.Conflict({
  code: "idempotency_key_in_progress",
  retryable: true,
  detail: "the first request with this Idempotency-Key is still running",
})

export const reused = new Problem.IdempotencyKeyReused({
  detail: "this Idempotency-Key was used with another body before; use a new key for a new request",
})

/**
 * Runs a request once per tenant and key. `run` answers what is final and fails with what is not: then the same key
 * tries again.
 */
export const once = Effect.fnUntraced(function* <E, R>(
  request: { readonly tenantId: string; readonly key: string | undefined; readonly fingerprint: string },
  takeOverAfterMillis: number,
  run: Effect.Effect<Answer, E, R>,
) {
  if (request.key === undefined) return respond(yield* run, false)
  const idempotency = yield* Idempotency.Idempotency
  const claimant = { tenantId: request.tenantId, key: request.key, fingerprint: request.fingerprint }
  const claim = yield* idempotency.claim(claimant, takeOverAfterMillis)
  switch (claim._tag) {
    case "Fresh": {
      const answer = yield* Effect.onError(run, () => Effect.ignore(idempotency.release(claimant)))
      yield* idempotency.settle(claimant, yield* keep(answer))
      return respond(answer, false)
    }
    case "Replay":
      return yield* give(claim.answer, true)
    case "Running":
      return yield* running
    case "OtherBody":
      return yield* reused
  }
})
