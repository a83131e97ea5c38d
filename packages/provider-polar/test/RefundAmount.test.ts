import { describe, expect, it } from "@effect/vitest"
import { Schema } from "effect"
import { netOf, type Refundable, taxOf } from "../src/internal/RefundAmount.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** Polar's own arithmetic: floats, halves to the even neighbour, all that is left at once. */
const polarsTax = (order: Refundable, net: number): number => {
  if (net === order.leftNet) return order.leftTax
  const exact = net * (order.taxAmount / order.netAmount)
  const floor = Math.floor(exact)
  return exact - floor === 0.5 ? floor + (floor % 2) : Math.round(exact)
}

/** An order of which some was given back before; the roundings of that have left `off` units of tax more or less. */
const orderOf = (netAmount: number, taxShare: number, given: number, off: number): Refundable => {
  const taxAmount = Math.round((netAmount * taxShare) / 100)
  const back = Math.floor((netAmount * given) / 100)
  const leftTax = Math.max(0, taxAmount - Math.round((taxAmount * given) / 100) + off)
  return { netAmount, taxAmount, leftNet: netAmount - back, leftTax }
}

describe("F36: the net that is asked for", () => {
  it.prop(
    "is the largest whose net and tax together are at most the gross, for small orders by trying every one",
    [between(1, 300), between(0, 60), between(0, 99), between(-2, 2), between(1, 600)],
    ([netAmount, taxShare, given, off, gross]) => {
      const order = orderOf(netAmount, taxShare, given, off)
      const total = (net: number) => net + taxOf(order, net)
      const best = Array.from({ length: order.leftNet }, (_, index) => index + 1)
        .filter((net) => total(net) <= gross)
        .at(-1)
      const net = netOf(order, gross)
      // all that is left may be cheaper than a little less, when its tax was given back before
      if (order.leftNet + order.leftTax <= gross) expect(net).toBe(order.leftNet)
      else expect(net).toBe(best ?? 0)
    },
    { arbitrary: { runs: 3_000 } },
  )

  it.prop(
    "is never so large that Polar would give back more than the gross",
    [between(1, 99_999_999), between(0, 60), between(0, 99), between(-2, 2), between(1, 99_999_999)],
    ([netAmount, taxShare, given, off, gross]) => {
      const order = orderOf(netAmount, taxShare, given, off)
      const net = netOf(order, gross)
      expect(net).toBeGreaterThanOrEqual(0)
      expect(net).toBeLessThanOrEqual(order.leftNet)
      if (net > 0) expect(net + polarsTax(order, net)).toBeLessThanOrEqual(gross)
    },
    { arbitrary: { runs: 5_000 } },
  )

  it("is all that is left for exactly the gross that is left, and nothing when even one unit would be too much", () => {
    const order = { netAmount: 8403, taxAmount: 1597, leftNet: 8403, leftTax: 1597 }
    expect(netOf(order, 10_000)).toBe(8403)
    expect(netOf(order, 9_999)).toBe(8402)
    expect(netOf({ netAmount: 1, taxAmount: 1, leftNet: 2, leftTax: 2 }, 1)).toBe(0)
    expect(netOf({ netAmount: 0, taxAmount: 0, leftNet: 0, leftTax: 0 }, 5)).toBe(0)
  })
})
