/** Plays one row of the error table against a fresh provider. */
import { Duration, Effect, Result } from "effect"
import { type PaymentError, PaymentProvider, type Session } from "@payment-orchestrator/domain"
import * as Check from "../Check.ts"
import type { Row } from "../ErrorTable.ts"
import type { Harness, Made } from "../Harness.ts"
import * as Life from "./Life.ts"

/** The deadline of a call whose answer never ends. */
export const deadline = Duration.millis(400)

/** By then every call must have ended, with its deadline or without. */
export const longest = Duration.seconds(10)

export interface Provoked extends Made {
  readonly request: Session.SessionRequest
  readonly result: Result.Result<Session.ProviderSession, PaymentError.PaymentError>
  readonly calls: number
}

export const provoke = (harness: Harness, row: Row) =>
  Effect.gen(function* () {
    const { fault } = row
    if (fault?._tag === "InProgress" && !harness.hasInProgressAnswer) {
      return yield* Check.skip("this provider has no such answer")
    }
    const made = yield* harness.make(fault?._tag === "DnsFailure" ? { unreachable: "dns" } : {})
    const request = yield* Life.anyOrder(harness, made)
    if (fault !== undefined && fault._tag !== "DnsFailure") yield* made.backend.script(fault)
    const call = made.provider.createCheckoutSession(request)
    const result = yield* Check.within(
      Effect.result(row.endless ? Effect.provideService(call, PaymentProvider.CallTimeout, deadline) : call),
      longest,
      "a call",
    )
    const provoked: Provoked = { ...made, request, result, calls: yield* made.backend.createCalls }
    return provoked
  })
