import { assert, describe, it } from "@effect/vitest"
import { Attempt, Id, ProviderName } from "@payment-orchestrator/domain"
import { Effect, Schema } from "effect"
import { FieldErrors, OrchestratorError, PaymentOrchestrator } from "@payment-orchestrator/core"
import * as Fake from "./FakeProvider.ts"

const [paypal, polar] = [ProviderName.ProviderName.make("paypal"), ProviderName.ProviderName.make("polar")]

const over = (...fakes: ReadonlyArray<Fake.Fake>) =>
  Effect.provide(PaymentOrchestrator.layer({ providers: fakes.map(({ layer }) => layer) }))

describe("what a request is refused for", () => {
  it.effect("is every fault, each at its path, in words about the field", () =>
    Effect.gen(function* () {
      const decode = Schema.decodeUnknownEffect(
        Schema.Struct({ amount: Schema.String, lines: Schema.Array(Schema.Struct({ count: Schema.Int })) }),
        { errors: "all", onExcessProperty: "error" },
      )
      const faults = (input: unknown) => Effect.map(Effect.flip(decode(input)), FieldErrors.fromSchemaError)
      assert.sameDeepMembers(
        [...(yield* faults({ lines: [{ count: 1 }, { count: 1.5 }, { count: "x" }], more: 1 }))],
        [
          { path: "amount", message: "is needed" },
          { path: "lines.1.count", message: "must be a whole number" },
          { path: "lines.2.count", message: "must be a number" },
          { path: "more", message: "is not a known field" },
        ],
      )
      assert.deepStrictEqual(yield* faults("x"), [{ path: "", message: "must be an object" }])
      assert.deepStrictEqual(yield* faults({ amount: "1", lines: {} }), [{ path: "lines", message: "must be a list" }])
    }),
  )

  it("is a sentence about the field, and our own words stay as they are", () => {
    assert.strictEqual(FieldErrors.plain("Expected string"), "must be a string")
    assert.strictEqual(FieldErrors.plain("Expected boolean"), "must be true or false")
    assert.strictEqual(FieldErrors.plain("Expected a finite number"), "must be a number")
    assert.strictEqual(FieldErrors.plain("Expected a colour"), "must be a colour")
    assert.strictEqual(FieldErrors.plain("was not Expected here"), "was not Expected here")
  })

  it.effect("is told in one line", () =>
    Effect.gen(function* () {
      const orchestrator = yield* PaymentOrchestrator
      const error = yield* Effect.flip(orchestrator.createCheckoutSession({ amount: "1", preferredProvider: "stripe" }))
      assert.strictEqual(error.message, "preferredProvider must be one of paypal, polar")
      const invalid = new OrchestratorError.InvalidRequest({
        code: "invalid_request",
        errors: [
          { path: "amount", message: "is needed" },
          { path: "mode", message: "must be a string" },
        ],
      })
      assert.strictEqual(invalid.message, "amount is needed; mode must be a string")
    }).pipe(over(Fake.make("paypal", ["ok"]), Fake.make("polar", ["ok"]))),
  )
})

describe("what nobody could do", () => {
  const skipped = [
    Attempt.skipped(paypal, "currency_unsupported", 0),
    { provider: polar, result: "skipped" as const, startedAt: 0, durationMs: 0, tries: 0 },
  ]

  it("names each provider and why", () => {
    const nobody = new OrchestratorError.NoProviderFits({ attempts: skipped })
    assert.strictEqual(nobody.message, "no provider can serve this request: paypal does not take this currency; polar ")
    const failed = new OrchestratorError.AllProvidersFailed({
      checkoutId: Id.CheckoutId.make(`co_${"0".repeat(26)}`),
      attempts: skipped,
      retryAfterMillis: 1_000,
    })
    assert.strictEqual(
      failed.message,
      "no provider could open the checkout: paypal: does not take this currency; polar: ",
    )
  })

  it("names the providers there are where one is asked that is none", () => {
    const unknown = new OrchestratorError.UnknownProvider({ provider: "pay", known: ["paypal", "polar"] })
    assert.strictEqual(unknown.message, 'there is no provider "pay"; there are: paypal, polar')
  })
})
