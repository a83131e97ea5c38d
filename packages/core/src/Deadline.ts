/** How one deadline is shared out among the providers that are still to come. Pure; all times in milliseconds. */

/** What must be left for a call to be started at all. */
export const leastCallMillis = 1_000

/**
 * The moment until which the next candidate may work: remaining time ÷ candidates still to come, itself included.
 * Undefined when less than a second of the whole deadline is left: then nothing more is started.
 */
export const shareEnd = (now: number, deadline: number, candidatesToCome: number): number | undefined =>
  deadline - now >= leastCallMillis ? now + (deadline - now) / Math.max(1, candidatesToCome) : undefined

/** Whether a wait and then a call of at least a second fit before the share ends. */
export const fits = (now: number, delay: number, end: number): boolean => now + delay + leastCallMillis <= end
