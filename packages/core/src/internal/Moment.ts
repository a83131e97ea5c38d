/** Moments that were written down, perhaps by another machine. */

/** How far the clocks of two replicas may be apart. */
const skewMillis = 60_000

/**
 * Whether `until` is still to come, given that it was `spanMillis` ahead when it was written: one that is further ahead
 * now was written before the clock was set back, and is over. Epoch milliseconds.
 */
export const isAhead = (until: number, now: number, spanMillis: number): boolean =>
  until > now && until - now <= spanMillis + skewMillis
