/** For each capability a provider that claims it and does not keep it: the suite must see every one. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Result } from "effect"
import { type Capabilities, PaymentError, type Session } from "@payment-orchestrator/domain"
import { Conformance, type Harness } from "../src/index.ts"
import * as Client from "./acme/Client.ts"
import * as Acme from "./acme/Harness.ts"
import * as Provider from "./acme/Provider.ts"

/** Acme says no to the orders that it should, by its claims, have taken. */
const refusing = (harness: Harness.Harness, refuses: (order: Session.SessionRequest) => boolean): Harness.Harness => ({
  ...harness,
  make: (options) =>
    Effect.map(harness.make(options), ({ backend, provider }) => ({
      backend,
      provider: {
        ...provider,
        createCheckoutSession: (order) =>
          refuses(order)
            ? Effect.fail(
                new PaymentError.PermanentPaymentError({
                  provider: Client.name,
                  operation: "createCheckoutSession",
                  reason: "http",
                  outcome: "refused",
                  status: 422,
                }),
              )
            : provider.createCheckoutSession(order),
      },
    })),
})

const claiming = (claims: Partial<Capabilities.Capabilities>) => Acme.claiming({ ...Provider.capabilities, ...claims })

const goods = ["digital", "physical"] as const

interface Overclaim {
  readonly harness: Harness.Harness
  /** The beginning of the name of the check that must fail. */
  readonly seenBy: string
  /** A provider that claims the same and keeps it. */
  readonly honest?: Harness.Harness
}

/** A capability without an entry does not compile. */
const overclaims: { readonly [capability in keyof Capabilities.Capabilities]: Overclaim } = {
  livemode: { harness: claiming({ livemode: true }), seenBy: "mode payment, where it is offered" },
  currencies: {
    harness: refusing(Acme.make(), ({ money }) => Option.exists(money, ({ currency }) => currency === "HUF")),
    seenBy: "F11: every currency that it takes",
  },
  modes: {
    harness: refusing(Acme.make(), ({ mode }) => mode === "subscription"),
    seenBy: "mode subscription, where it is offered",
  },
  goods: {
    harness: refusing(claiming({ goods }), (order) => Option.contains(order.goods, "physical")),
    seenBy: "all goods it sells",
    honest: claiming({ goods }),
  },
  idempotentCreate: { harness: Acme.make("uses a new key each time"), seenBy: "the same attempt twice" },
  idempotentRefund: {
    harness: Acme.make("sends a lost refund under another key"),
    seenBy: "F36: the same refund asked for twice at once",
  },
  fence: { harness: Acme.make("cannot withdraw"), seenBy: "an open session is withdrawn" },
  findByAttempt: {
    harness: Acme.make("finds nothing by attempt"),
    seenBy: "F2: a session whose answer never came",
  },
  partialRefunds: { harness: Acme.make("refuses partial refunds"), seenBy: "F36: partial refunds" },
  cancelAtPeriodEnd: {
    harness: Acme.make("cancels at once instead of later"),
    seenBy: "F41: canceling at the end of the period",
  },
  priceIdPattern: { harness: claiming({ priceIdPattern: /^plan_/ }), seenBy: "its capabilities name" },
}

const verdict = (harness: Harness.Harness, name: string) =>
  Effect.suspend(() => {
    const named = Conformance.checks(harness).filter((check) => check.name.startsWith(name))
    assert.strictEqual(named.length, 1, `checks that begin with "${name}"`)
    return Effect.result(Effect.scoped(Effect.forEach(named, (check) => check.run)))
  })

describe("a capability that is declared and not kept fails the suite:", () => {
  for (const [capability, { harness, honest = Acme.make(), seenBy }] of Object.entries(overclaims)) {
    it.live(capability, () =>
      Effect.gen(function* () {
        const kept = yield* verdict(honest, seenBy)
        assert.isTrue(Result.isSuccess(kept), `the honest provider must pass: ${String(Result.merge(kept))}`)
        const seen = yield* verdict(harness, seenBy)
        assert.strictEqual(Result.isFailure(seen) ? seen.failure._tag : "nothing", "CheckFailed")
      }),
    )
  }
})
