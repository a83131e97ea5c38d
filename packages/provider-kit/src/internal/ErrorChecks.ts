/** The error table, row by row, through the provider's real client over HTTP. */
import { Duration, Effect, Result } from "effect"
import { PaymentError } from "@payment-orchestrator/domain"
import * as Check from "../Check.ts"
import { type Expected, type Row, rows } from "../ErrorTable.ts"
import type { Exception, Harness } from "../Harness.ts"
import * as Life from "./Life.ts"
import { deadline, provoke, type Provoked } from "./Provoke.ts"

const group = "answers and errors"

/** What an error must be, whatever the row says of it. */
const wellFormed = (harness: Harness, provoked: Provoked, error: PaymentError.PaymentError) =>
  Effect.gen(function* () {
    yield* Check.that(PaymentError.isPaymentError(error), "the error must be a PaymentError by its schema", error)
    yield* Check.equal(error.provider, provoked.provider.name, "the error's provider")
    yield* Check.equal(error.operation, "createCheckoutSession", "the error's operation")
    yield* Check.that(
      error.message.startsWith(harness.name),
      `the message must start with ${harness.name}`,
      error.message,
    )
  })

const meets = (expected: Expected, result: Provoked["result"]) =>
  Effect.gen(function* () {
    if (expected._tag === "Success") {
      return yield* Check.that(Result.isSuccess(result), "the call must succeed", result)
    }
    if (Result.isSuccess(result)) return yield* Check.fail("the call must fail", result.success)
    const error = result.failure
    yield* Check.equal(error._tag, `${expected._tag}PaymentError`, `the kind of the error (${error.message})`)
    const reasons: ReadonlyArray<string> = expected.reasons
    yield* Check.that(reasons.includes(error.reason), `the reason must be ${reasons.join(" or ")}`, error)
    yield* Check.equal(error.outcome, expected.outcome, "the outcome")
    if (expected.status !== undefined) yield* Check.equal(error.status, expected.status, "the status")
    if (expected._tag === "Permanent" || error._tag === "PermanentPaymentError") return
    if (expected.codes !== undefined) {
      yield* Check.that(
        error.code !== undefined && expected.codes.includes(error.code),
        `the code must be ${expected.codes.join(" or ")}`,
        error.code,
      )
    }
    if (expected.retryAfterMillis !== undefined) {
      yield* Check.equal(error.retryAfterMillis ?? null, expected.retryAfterMillis, "retryAfterMillis")
    }
    if (error.reason === "timeout") {
      yield* Check.equal(error.timeoutMillis, Duration.toMillis(deadline), "timeoutMillis, the caller's own deadline")
    }
  })

const meetsException = (exception: Exception, result: Provoked["result"]) =>
  Result.match(result, {
    onSuccess: () => Check.equal("success", exception.expected, "what becomes of the call"),
    onFailure: (error) =>
      Check.equal(
        error._tag === "TransientPaymentError" ? "transient" : "permanent",
        exception.expected,
        "what becomes of the call",
      ),
  })

/** After whatever happened the same provider must work again. */
const recovers = (harness: Harness, provoked: Provoked) =>
  Effect.gen(function* () {
    yield* provoked.backend.heal
    const request = yield* Life.anyOrder(harness, provoked)
    yield* Check.succeeds(
      provoked.provider.createCheckoutSession(request),
      "the next call, once the back end works again,",
    )
  })

const exceptionOf = (harness: Harness, row: Row): Exception | undefined =>
  row.fault?._tag === "Status" ? harness.rejects?.(row.fault.status) : undefined

const says = (expected: Expected): string => {
  switch (expected._tag) {
    case "Success":
      return "a session"
    case "Transient":
      return `transient, ${expected.reasons.join(" or ")}, outcome ${expected.outcome}`
    case "Permanent":
      return `permanent, ${expected.reasons.join(" or ")}`
  }
}

const calls = (count: number): string =>
  count === 1 ? "after one call" : count === 0 ? "without a call" : `after ${count} calls`

const rowCheck = (harness: Harness, row: Row): Check.Check => {
  const exception = exceptionOf(harness, row)
  const expectedCalls = exception?.calls ?? row.calls
  const label = row.cases.length === 0 ? "" : `${row.cases.join(", ")}: `
  const verdict = exception === undefined ? says(row.expected) : `${exception.expected}, because ${exception.because}`
  return {
    group,
    name: `${label}${row.name} becomes ${verdict}, ${calls(expectedCalls)}`,
    run: Effect.gen(function* () {
      const provoked = yield* provoke(harness, row)
      yield* exception === undefined ? meets(row.expected, provoked.result) : meetsException(exception, provoked.result)
      if (Result.isFailure(provoked.result)) yield* wellFormed(harness, provoked, provoked.result.failure)
      yield* Check.equal(provoked.calls, expectedCalls, "create requests at the back end")
      if (row.endless && provoked.backend.abortedCalls !== undefined) {
        yield* Check.eventually(
          provoked.backend.abortedCalls,
          (count) => count >= 1,
          "the connection must be closed when the deadline has passed",
        )
      }
      if (row.fault?._tag !== "DnsFailure") yield* recovers(harness, provoked)
    }),
  }
}

export const checks = (harness: Harness): ReadonlyArray<Check.Check> => rows.map((row) => rowCheck(harness, row))
