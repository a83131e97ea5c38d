/** Credentials: a token that goes stale, a token endpoint that is down, keys that are refused. */
import { Effect, Option } from "effect"
import { PaymentError, PaymentProvider } from "@payment-orchestrator/domain"
import * as Check from "../Check.ts"
import type { Harness, Made, ScriptedFault } from "../Harness.ts"
import * as Life from "./Life.ts"
import { deadline } from "./Provoke.ts"

const group = "credentials"

const create = (harness: Harness, made: Made) =>
  Effect.flatMap(Effect.orDie(Life.anyOrder(harness, made)), made.provider.createCheckoutSession)

const staleToken = (harness: Harness): Check.Check => ({
  group,
  name: "F10: a 401 on a stale cached token is repeated once with a new token, and succeeds",
  run: Effect.gen(function* () {
    if (harness.staleToken === undefined) return yield* Check.skip("this provider keeps no token")
    const made = yield* harness.make()
    yield* Check.succeeds(create(harness, made), "the call that warms the token")
    yield* harness.staleToken(made.backend)
    yield* Check.succeeds(create(harness, made), "the call on a stale token")
    yield* Check.equal(yield* made.backend.createCalls, 3, "create requests: one, one refused, one repeated")
    yield* Check.equal(yield* made.backend.sessionCount, 2, "sessions")
  }),
})

const refused = (harness: Harness): Check.Check => ({
  group,
  name: "F9: a 401 that stays is credentials_refused, after at most one repeat with a new token",
  run: Effect.gen(function* () {
    const made = yield* harness.make()
    yield* Check.succeeds(create(harness, made), "the call on a good day")
    yield* made.backend.script({ _tag: "Status", status: 401 })
    const error = yield* Check.fails(create(harness, made), "a call that is answered 401")
    yield* Check.equal(error._tag, "PermanentPaymentError", "the kind of the error")
    yield* Check.equal(PaymentError.reasonCode(error), "credentials_refused", "the reason")
    const most = harness.staleToken === undefined ? 1 : 2
    const count = (yield* made.backend.createCalls) - 1
    yield* Check.that(count >= 1 && count <= most, `create requests must be 1 to ${most}`, count)
  }),
})

interface TokenRow {
  readonly name: string
  readonly fault: ScriptedFault
  readonly codes: ReadonlyArray<string>
}

/** A failure of the token endpoint is a failure in which the operation itself was never sent. */
const tokenRows: ReadonlyArray<TokenRow> = [
  { name: "503", fault: { _tag: "Status", status: 503 }, codes: ["http_503"] },
  { name: "429", fault: { _tag: "Status", status: 429, retryAfter: "7" }, codes: ["rate_limited"] },
  { name: "401", fault: { _tag: "Status", status: 401 }, codes: ["credentials_refused"] },
  { name: "the page of a proxy", fault: { _tag: "Html", status: 502 }, codes: ["http_502"] },
  { name: "malformed JSON", fault: { _tag: "MalformedJson" }, codes: ["bad_response"] },
  { name: "JSON of another shape", fault: { _tag: "WrongShape" }, codes: ["bad_response"] },
  { name: "a reset connection", fault: { _tag: "Reset" }, codes: ["network", "bad_response"] },
  { name: "no answer", fault: { _tag: "Hang" }, codes: ["timeout"] },
]

const tokenCheck = (harness: Harness, row: TokenRow): Check.Check => ({
  group,
  name: `F10: ${row.name} at the token endpoint is ${row.codes.join(" or ")}, nothing is sent, and the next call works`,
  run: Effect.gen(function* () {
    const made = yield* harness.make()
    if (made.backend.scriptToken === undefined) return yield* Check.skip("this provider has no token endpoint")
    yield* made.backend.scriptToken(row.fault)
    const call = create(harness, made)
    const error = yield* Check.fails(
      row.fault._tag === "Hang" ? Effect.provideService(call, PaymentProvider.CallTimeout, deadline) : call,
      "a call without a token",
    )
    const code = PaymentError.reasonCode(error)
    yield* Check.that(row.codes.includes(code), `the reason must be ${row.codes.join(" or ")}`, error)
    const permanent = code === "credentials_refused"
    yield* Check.equal(
      error._tag,
      permanent ? "PermanentPaymentError" : "TransientPaymentError",
      "the kind of the error",
    )
    // the deadline lies over the whole call and cannot know how far it came
    if (code !== "timeout") yield* Check.equal(error.outcome, "not_sent", "the outcome")
    yield* Check.equal(yield* made.backend.createCalls, 0, "create requests at the back end")
    yield* made.backend.heal
    yield* Check.succeeds(create(harness, made), "the next call, once tokens are given again,")
  }),
})

const availability = (harness: Harness): ReadonlyArray<Check.Check> => [
  {
    group,
    name: "checkAvailability says: configured, reachable, credentials accepted",
    run: Effect.gen(function* () {
      const { provider } = yield* harness.make()
      const seen = yield* provider.checkAvailability
      yield* Check.equal(provider.configured, true, "configured")
      yield* Check.that(
        seen.configured && seen.reachable && seen.credentials === "accepted" && Option.isNone(seen.reason),
        "a provider on a good day must be available without a reason against it",
        seen,
      )
    }),
  },
  {
    group,
    name: "F1: checkAvailability never fails: a name that does not resolve is not reachable, for a reason",
    run: Effect.gen(function* () {
      const { provider } = yield* harness.make({ unreachable: "dns" })
      const seen = yield* provider.checkAvailability
      yield* Check.that(
        seen.configured && !seen.reachable && seen.credentials === "unknown" && Option.isSome(seen.reason),
        "an unreachable provider must say so, credentials unknown",
        seen,
      )
    }),
  },
]

export const checks = (harness: Harness): ReadonlyArray<Check.Check> => [
  staleToken(harness),
  refused(harness),
  ...tokenRows.map((row) => tokenCheck(harness, row)),
  ...availability(harness),
]
