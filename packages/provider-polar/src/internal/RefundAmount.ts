/**
 * Merchants state refunds gross; Polar takes them net and adds the proportional tax. Whole minor units, no floats.
 */

/** What the order says, in Polar's minor units. */
export interface Refundable {
  readonly netAmount: number
  readonly taxAmount: number
  /** Net that can still be given back, and the tax that goes with all of it. */
  readonly leftNet: number
  readonly leftTax: number
}

/** `floor(a / b)` for `a >= 0`, `b > 0`. */
const floor = (a: bigint, b: bigint): bigint => a / b

/**
 * The tax Polar gives back with `net`. All that is left takes all the tax that is left. Otherwise Polar computes
 * `round(net × tax / net_amount)` with floats, halves to the even neighbour (`refund/service.py`, `calculate_tax`);
 * here halves go up, so that the sum is never below Polar's.
 */
export const taxOf = (order: Refundable, net: number): number => {
  if (net === order.leftNet) return order.leftTax
  if (order.netAmount === 0) return 0
  const double = 2n * BigInt(net) * BigInt(order.taxAmount) + BigInt(order.netAmount)
  return Number(floor(double, 2n * BigInt(order.netAmount)))
}

/**
 * The largest net whose net and tax together are at most `gross`; 0 when even one unit would be more. All that is left
 * when `gross` covers it.
 *
 * `net + floor(net × t / n + 1/2) <= gross` holds exactly when `net < n × (2 × gross + 1) / (2 × (n + t))`.
 */
export const netOf = (order: Refundable, gross: number): number => {
  if (order.leftNet <= 0 || gross <= 0) return 0
  if (order.leftNet + order.leftTax <= gross) return order.leftNet
  if (order.netAmount <= 0) return 0
  const above = BigInt(order.netAmount) * (2n * BigInt(gross) + 1n)
  const below = 2n * (BigInt(order.netAmount) + BigInt(order.taxAmount))
  const largest = above % below === 0n ? above / below - 1n : above / below
  // One less than all: all of it takes the tax that is left, which may be more than its share.
  return Math.max(0, Math.min(Number(largest), order.leftNet - 1))
}
