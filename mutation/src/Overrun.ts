/**
 * Whether a test with a mutant will ever end. A process that does nothing waits for what does not come; one that is merely
 * slow, on a busy machine, is not asleep.
 */
const lookEvery = 50
/** The share of its time in which a process that waits does anything. */
const asleep = 0.2

/** Tells that it has taken longer than `time`, or has done nothing for `idle` in one piece. Both in milliseconds. */
export const overrun = (time: number, idle: number) => {
  const { promise, resolve } = Promise.withResolvers<"late" | "waits">()
  const late = setTimeout(() => resolve("late"), time)
  let last = performance.eventLoopUtilization()
  let waited = 0
  const look = setInterval(() => {
    const now = performance.eventLoopUtilization()
    const since = performance.eventLoopUtilization(now, last)
    last = now
    waited = since.utilization < asleep ? waited + since.idle : 0
    if (waited >= idle) resolve("waits")
  }, lookEvery)
  return {
    verdict: promise,
    stop: () => {
      clearTimeout(late)
      clearInterval(look)
    },
  }
}
