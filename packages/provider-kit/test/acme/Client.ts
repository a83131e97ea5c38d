/** Acme's client: tokens, one call, and what its failures mean. */
import { randomUUID } from "node:crypto"
import { Clock, Effect, Option, Result, Schema } from "effect"
import { Operation, PaymentError, ProviderName } from "@payment-orchestrator/domain"
import type { Flaw } from "./Flaw.ts"
import { clientId, clientSecret } from "./Server.ts"
import * as Wire from "./Wire.ts"

export const name = ProviderName.ProviderName.make("acme")

export interface Call {
  readonly operation: Operation.Operation
  readonly method: "GET" | "POST"
  readonly path: string
  readonly body?: unknown
  readonly key?: string
}

interface Answer {
  readonly status: number
  readonly text: string
  readonly retryAfter: string | null
}

const codeOf = (error: unknown): string | undefined => {
  for (let at = error; typeof at === "object" && at !== null; at = "cause" in at ? at.cause : undefined) {
    if ("code" in at && typeof at.code === "string") return at.code
  }
  return undefined
}

const notSent = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"])

export const transient = (
  operation: Operation.Operation,
  reason: PaymentError.TransientReason,
  outcome: PaymentError.Outcome,
  more: { readonly status?: number; readonly code?: string; readonly retryAfterMillis?: number } = {},
) => new PaymentError.TransientPaymentError({ provider: name, operation, reason, outcome, ...more })

const fields = (error: PaymentError.PaymentError) => ({
  provider: error.provider,
  operation: error.operation,
  ...(error.status === undefined ? {} : { status: error.status }),
  ...(error.code === undefined ? {} : { code: error.code }),
  ...(error._tag === "TransientPaymentError" && error.retryAfterMillis !== undefined
    ? { retryAfterMillis: error.retryAfterMillis }
    : {}),
})

const decode = <S extends Schema.Constraint & { readonly DecodingServices: never }>(
  operation: Operation.Operation,
  schema: S,
  text: string,
): Effect.Effect<S["Type"], PaymentError.PaymentError> =>
  Schema.decodeEffect(Schema.fromJsonString(schema))(text).pipe(
    Effect.mapError(() => transient(operation, "bad_response", "unknown")),
  )

export const make = (baseUrl: string, flaws: ReadonlySet<Flaw>) => {
  let token: Option.Option<string> = Option.none()
  let failedToken: PaymentError.PaymentError | undefined

  const raw = (operation: Operation.Operation, init: RequestInit, path: string) => {
    const fetched = Effect.tryPromise({
      try: async (signal): Promise<Answer> => {
        const limit = flaws.has("has its own deadline") ? [AbortSignal.timeout(100)] : []
        const response = await fetch(`${baseUrl}${path}`, {
          ...init,
          redirect: flaws.has("follows redirects") ? "follow" : "manual",
          signal: AbortSignal.any([...(flaws.has("leaves its request running") ? [] : [signal]), ...limit]),
        })
        return { status: response.status, text: await response.text(), retryAfter: response.headers.get("retry-after") }
      },
      catch: (error) => {
        const code = codeOf(error)
        const sent = code === undefined || !notSent.has(code)
        const outcome = !sent ? "not_sent" : flaws.has("takes a lost answer for a refusal") ? "refused" : "unknown"
        return transient(operation, "network", outcome, code === undefined ? {} : { code })
      },
    })
    return flaws.has("cannot be interrupted") ? Effect.uninterruptible(fetched) : fetched
  }

  const failure = (operation: Operation.Operation, answer: Answer) =>
    Effect.map(Clock.currentTimeMillis, (now): PaymentError.PaymentError => {
      const { status } = answer
      const code = Option.map(Schema.decodeOption(Wire.Failure)(answer.text), ({ error }) => error.code)
      const wait = flaws.has("waits a day")
        ? Number(answer.retryAfter ?? "0") * 1000
        : PaymentError.retryAfterMillis(answer.retryAfter, now)
      if (flaws.has("takes 429 for permanent") && status === 429) return permanent(operation, status, "http", code)
      if (status === 429) {
        return transient(operation, "rate_limited", "refused", {
          status,
          ...(wait === undefined ? {} : { retryAfterMillis: wait }),
        })
      }
      if (status === 409 && (Option.contains(code, "in_progress") || flaws.has("takes 409 for transient"))) {
        return transient(operation, "in_progress", "unknown", { status })
      }
      if (status === 425) return transient(operation, "http", "refused", { status })
      if (status === 408 || status >= 500) {
        return transient(operation, "http", flaws.has("calls a 500 refused") ? "refused" : "unknown", { status })
      }
      if (status < 400) return transient(operation, "bad_response", "unknown", { status })
      const reasons: { readonly [status: number]: PaymentError.PermanentReason | undefined } = {
        401: "credentials_refused",
        404: "not_found",
      }
      const reason = Option.contains(code, "key_reused") ? "key_reused" : (reasons[status] ?? "http")
      return permanent(operation, status, reason, status === 401 ? Option.none() : code)
    })

  const permanent = (
    operation: Operation.Operation,
    status: number,
    reason: PaymentError.PermanentReason,
    code: Option.Option<string>,
  ) =>
    new PaymentError.PermanentPaymentError({
      provider: name,
      operation,
      reason,
      outcome: "refused",
      status,
      ...Option.match(code, { onNone: () => ({}), onSome: (text) => ({ code: text }) }),
      ...(flaws.has("shows its secret in an error")
        ? { detail: `sent Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}` }
        : {}),
    })

  /** Whatever goes wrong here, the operation itself was not sent. */
  const freshToken = (operation: Operation.Operation) =>
    Effect.gen(function* () {
      if (failedToken !== undefined) return yield* failedToken
      const basic = Buffer.from(`${clientId}:${clientSecret}`).toString("base64")
      const answer = yield* raw(operation, { method: "POST", headers: { authorization: `Basic ${basic}` } }, "/token")
      if (answer.status !== 200) return yield* yield* failure(operation, answer)
      const decoded = yield* decode(operation, Wire.Token, answer.text)
      if (flaws.has("logs its token")) yield* Effect.logDebug("a new token", clientSecret)
      token = Option.some(decoded.token)
      return decoded.token
    }).pipe(
      Effect.mapError((error): PaymentError.PaymentError =>
        error._tag === "TransientPaymentError"
          ? new PaymentError.TransientPaymentError({ ...fields(error), reason: error.reason, outcome: "not_sent" })
          : new PaymentError.PermanentPaymentError({ ...fields(error), reason: error.reason, outcome: "not_sent" }),
      ),
      Effect.tapError((error) =>
        Effect.sync(() => {
          if (flaws.has("remembers a failed token")) failedToken = error
        }),
      ),
    )

  const once = ({ body, key, method, operation, path }: Call, bearer: string) =>
    raw(
      operation,
      {
        method,
        headers: {
          authorization: `Bearer ${bearer}`,
          ...(key === undefined
            ? {}
            : { "acme-key": flaws.has("uses a new key each time") && path === "/sessions" ? randomUUID() : key }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      },
      path,
    )

  const ask = (call: Call) =>
    Effect.gen(function* () {
      const cached = token
      const first = yield* once(call, Option.isSome(cached) ? cached.value : yield* freshToken(call.operation))
      if (first.status === 401 && Option.isSome(cached)) return yield* once(call, yield* freshToken(call.operation))
      return flaws.has("asks twice") && first.status >= 500
        ? yield* once(call, yield* freshToken(call.operation))
        : first
    })

  /** One call; its answer decoded, or the error that it stands for. */
  const request = <S extends Schema.Constraint & { readonly DecodingServices: never }>(
    call: Call,
    schema: S,
  ): Effect.Effect<S["Type"], PaymentError.PaymentError> =>
    Effect.gen(function* () {
      const answer = yield* ask(call)
      if (answer.status >= 200 && answer.status < 300) return yield* decode(call.operation, schema, answer.text)
      return yield* yield* failure(call.operation, answer)
    })

  /** None when there is no such object. */
  const look = <S extends Schema.Constraint & { readonly DecodingServices: never }>(call: Call, schema: S) =>
    Effect.flatMap(Effect.result(request(call, schema)), (result) =>
      Result.isSuccess(result)
        ? Effect.succeedSome(result.success)
        : result.failure.reason === "not_found"
          ? Effect.succeedNone
          : Effect.fail(result.failure),
    )

  return { request, look }
}
export type Client = ReturnType<typeof make>
