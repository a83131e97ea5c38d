/**
 * The suite that every provider passes: the same questions to each one, over HTTP, through its own real client.
 *
 * ```ts
 * // test/Conformance.test.ts
 * import { Conformance } from "@payment-orchestrator/provider-kit"
 * Conformance.conformance(harness)
 * ```
 */
import { describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import type { Check } from "./Check.ts"
import type { Harness } from "./Harness.ts"
import * as DisputeChecks from "./internal/DisputeChecks.ts"
import * as ErrorChecks from "./internal/ErrorChecks.ts"
import * as ForgeryChecks from "./internal/ForgeryChecks.ts"
import * as InterruptionChecks from "./internal/InterruptionChecks.ts"
import * as MoneyChecks from "./internal/MoneyChecks.ts"
import * as OperationChecks from "./internal/OperationChecks.ts"
import * as PriceChecks from "./internal/PriceChecks.ts"
import * as RefundChecks from "./internal/RefundChecks.ts"
import * as RepeatChecks from "./internal/RepeatChecks.ts"
import * as SecretChecks from "./internal/SecretChecks.ts"
import * as SessionChecks from "./internal/SessionChecks.ts"
import * as SubscriptionChecks from "./internal/SubscriptionChecks.ts"
import * as TextChecks from "./internal/TextChecks.ts"
import * as TokenChecks from "./internal/TokenChecks.ts"
import * as WebhookChecks from "./internal/WebhookChecks.ts"

/** Every check as a value, in the order in which they run; each one makes a provider and a back end of its own. */
export const checks = (harness: Harness): ReadonlyArray<Check> => [
  ...SessionChecks.checks(harness),
  ...RepeatChecks.checks(harness),
  ...ErrorChecks.checks(harness),
  ...TokenChecks.checks(harness),
  ...InterruptionChecks.checks(harness),
  ...MoneyChecks.checks(harness),
  ...RefundChecks.checks(harness),
  ...SubscriptionChecks.checks(harness),
  ...DisputeChecks.checks(harness),
  ...PriceChecks.checks(harness),
  ...OperationChecks.checks(harness),
  ...WebhookChecks.checks(harness),
  ...ForgeryChecks.checks(harness),
  ...SecretChecks.checks(harness),
  ...TextChecks.checks(harness),
]

/** Runs a check; gives the reason when it does not apply. */
const skipReason = (check: Check) =>
  check.run.pipe(
    Effect.as(Option.none<string>()),
    Effect.catchTag("CheckSkipped", ({ reason }) => Effect.succeedSome(reason)),
  )

/** Registers the suite with vitest. A check that does not apply to the provider is skipped and says why. */
export const conformance = (harness: Harness): void => {
  const all = checks(harness)
  describe(`${harness.name} keeps the contract of a provider`, () => {
    for (const group of new Set(all.map((check) => check.group))) {
      describe(group, () => {
        for (const check of all.filter((one) => one.group === group)) {
          // not `it.live`, which prints a skip as an error
          it(check.name, (context) =>
            Effect.runPromise(Effect.scoped(skipReason(check)), { signal: context.signal }).then((reason) =>
              context.skip(
                Option.isSome(reason),
                Option.getOrElse(reason, () => ""),
              ),
            ),
          )
        }
      })
    }
  })
}
