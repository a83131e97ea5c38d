import { assert, describe, it } from "@effect/vitest"
import { Attempt, Displacement, ProviderName } from "@payment-orchestrator/domain"

const [paypal, polar, stripe] = ["paypal", "polar", "stripe"].map((name) => ProviderName.ProviderName.make(name))

const tried = (
  provider: ProviderName.ProviderName | undefined,
  result: Attempt.AttemptResult,
  reason?: string,
): Attempt.Attempt => ({
  provider: provider ?? ProviderName.ProviderName.make("none"),
  result,
  startedAt: 0,
  durationMs: 1,
  tries: 1,
  ...(reason === undefined ? {} : { reason }),
})

describe("a checkout that was kept from its first candidate", () => {
  it("by a transient error, or by anything that speaks against the provider", () => {
    for (const reason of ["http_503", "timeout", "network", "rate_limited", "bad_response"]) {
      assert.isTrue(Displacement.isDisplaced([tried(paypal, "transient_error", reason), tried(polar, "opened")]))
    }
    for (const reason of ["circuit_open", "credentials_refused", "throttled", "overloaded", "health_down"]) {
      assert.isTrue(Displacement.isDisplaced([tried(paypal, "skipped", reason), tried(polar, "opened")]), reason)
    }
    assert.isTrue(Displacement.isDisplaced([tried(paypal, "permanent_error", "credentials_refused")]))
  })

  it("also when nobody opened it at all", () => {
    assert.isTrue(
      Displacement.isDisplaced([tried(paypal, "skipped", "circuit_open"), tried(polar, "transient_error", "timeout")]),
    )
  })

  it("not by a drain, a currency, a mapping, or missing credentials: then the next is the first", () => {
    const passed = [
      "drained",
      "currency_unsupported",
      "amount_unrepresentable",
      "mode_unsupported",
      "price_unmapped",
      "price_mismatch",
    ]
    for (const reason of [...passed, "goods_unsupported", "not_configured"]) {
      assert.isFalse(Displacement.isDisplaced([tried(paypal, "skipped", reason), tried(polar, "opened")]), reason)
      assert.isTrue(
        Displacement.isDisplaced([
          tried(paypal, "skipped", reason),
          tried(polar, "skipped", "circuit_open"),
          tried(stripe, "opened"),
        ]),
        reason,
      )
    }
  })

  it("not by a refusal for good, a lost hedge, or when the first one opened it", () => {
    assert.isFalse(Displacement.isDisplaced([tried(paypal, "permanent_error", "http_422")]))
    assert.isFalse(Displacement.isDisplaced([tried(paypal, "superseded"), tried(polar, "opened")]))
    const refused = tried(paypal, "permanent_error", "currency_unsupported")
    assert.isFalse(Displacement.isDisplaced([refused, tried(polar, "transient_error", "timeout")]))
    assert.isFalse(Displacement.isDisplaced([tried(paypal, "opened")]))
    assert.isFalse(Displacement.isDisplaced([]))
  })
})
