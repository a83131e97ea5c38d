import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { Conformance } from "../src/index.ts"
import type { Flaw } from "./acme/Flaw.ts"
import * as Acme from "./acme/Harness.ts"

/** Each flaw with the beginning of the name of a check that must see it. */
const seenBy: { readonly [flaw in Flaw]: string } = {
  "asks twice": "F3: 503 becomes",
  "takes a 503 for a session": "F3: 503 becomes",
  "takes 429 for permanent": "F6: 429 without Retry-After",
  "takes 409 for transient": 'F7: 409 that is not "in progress"',
  "calls a 500 refused": "F3: 500 becomes",
  "waits a day": "F6: 429 with Retry-After of a day",
  "shows its secret in an error": "no error of the table shows a secret",
  "logs its token": "no log line and no span",
  "remembers a failed token": "F10: 503 at the token endpoint",
  "cannot be interrupted": "interrupting a call that gets no answer",
  "leaves its request running": "interrupting a call that gets no answer",
  "names the wrong operation": "getSubscription: 503",
  "sends a lost refund under another key": "F36: a refund whose connection was reset",
  "takes a lost answer for a refusal": "F33: a completion whose connection was reset",
  "has its own deadline": "F2: no answer at all",
  "follows redirects": "F5: a redirect",
  "uses a new key each time": "the same attempt twice",
  "finds nothing by attempt": "F2: a session whose answer never came",
  "cannot withdraw": "an open session is withdrawn",
  "refuses partial refunds": "F36: partial refunds",
  "cancels at once instead of later": "F41: canceling at the end of the period",
  "counts every currency in cents": "F12: what is paid",
  "skips the constructor": "F11: a currency it does not take",
  "takes a refund of too much for done": "F38",
  "takes an unknown session for an error": "findSession of an unknown id in mode payment",
  "takes a second cancellation for an error": "F41: canceling at once",
  "forgets the renewals": "a renewal is a further payment",
  "verifies the JSON instead of the bytes": "F46",
  "takes the first of two headers": "F48: a missing header",
  "ignores the age of a delivery": "F47",
  "fails on unknown types": "F52",
  "sells what is archived": "F23: a price that was archived",
  "cuts characters in half": "F17: a description of 5,000 emoji",
  "lets the merchant rename the attempt": "F17: metadata in any script",
  "calls a withdrawn session withdrawn without asking": "an open session is withdrawn",
  "takes a page that charges by itself for one that waits for us": "an open page of a subscription is withdrawn",
}

const isFlaw = (text: string): text is Flaw => Object.hasOwn(seenBy, text)

const verdict = (flaws: ReadonlyArray<Flaw>, name: string) =>
  Effect.suspend(() => {
    const named = Conformance.checks(Acme.make(...flaws)).filter((check) => check.name.startsWith(name))
    assert.strictEqual(named.length, 1, `checks that begin with "${name}"`)
    return Effect.result(Effect.scoped(Effect.forEach(named, (check) => check.run)))
  })

describe("the suite sees a provider that", () => {
  for (const flaw of Object.keys(seenBy).filter(isFlaw)) {
    it.live(flaw, () =>
      Effect.gen(function* () {
        const sound = yield* verdict([], seenBy[flaw])
        assert.isTrue(Result.isSuccess(sound), `the sound provider must pass: ${String(Result.merge(sound))}`)
        const broken = yield* verdict([flaw], seenBy[flaw])
        assert.isTrue(Result.isFailure(broken), "the flawed provider must not pass")
        if (Result.isFailure(broken)) assert.strictEqual(broken.failure._tag, "CheckFailed")
      }),
    )
  }
})
