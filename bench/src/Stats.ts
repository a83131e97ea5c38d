/** Percentiles of what was measured, and how far repetitions lie apart. */

/** The nearest-rank percentile: the smallest value that at least `share` (0 to 1) of all values do not exceed. */
export const percentile = (values: ReadonlyArray<number>, share: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

export interface Summary {
  readonly n: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

export const summary = (values: ReadonlyArray<number>): Summary => ({
  n: values.length,
  p50: percentile(values, 0.5),
  p95: percentile(values, 0.95),
  p99: percentile(values, 0.99),
  max: percentile(values, 1),
})

export const median = (values: ReadonlyArray<number>): number => percentile(values, 0.5)

/** The median of one figure over the repetitions, with the smallest and the largest. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export const spread = (values: ReadonlyArray<number>): Spread => ({
  median: median(values),
  min: percentile(values, 0),
  max: percentile(values, 1),
})

/** Three significant digits, never an exponent. */
export const shown = (value: number): string => {
  if (!Number.isFinite(value)) return "–"
  const size = Math.abs(value)
  return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2)
}

export const shownSpread = ({ max, median, min }: Spread): string =>
  Number.isNaN(median) ? "–" : `${shown(median)} (${shown(min)}–${shown(max)})`
