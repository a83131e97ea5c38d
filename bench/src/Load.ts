/** Ways of putting a load on something. */
import { setTimeout as sleep } from "node:timers/promises"

/** Closed loop: so many at a time, until `times` were made. */
export const closed = async <A>(
  times: number,
  concurrency: number,
  one: (index: number) => Promise<A>,
): Promise<ReadonlyArray<A>> => {
  const results: Array<A> = []
  let next = 0
  const worker = async () => {
    while (next < times) results.push(await one(next++))
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  return results
}

/** Closed loop: so many at a time, begun for so many seconds. */
export const during = async <A>(
  seconds: number,
  concurrency: number,
  one: () => Promise<A>,
): Promise<ReadonlyArray<A>> => {
  const results: Array<A> = []
  const end = performance.now() + seconds * 1_000
  const worker = async () => {
    while (performance.now() < end) results.push(await one())
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  return results
}

export interface Timed<A> {
  readonly value: A
  /** From the moment it was due, so that waiting for a late start counts (no coordinated omission), in milliseconds. */
  readonly millis: number
}

/** Open loop: `rate` a second for so many seconds, whether or not those before have ended. */
export const open = async <A>(
  rate: number,
  seconds: number,
  one: (index: number) => Promise<A>,
): Promise<ReadonlyArray<Timed<A>>> => {
  const begun = performance.now()
  const running: Array<Promise<Timed<A>>> = []
  const times = Math.round(rate * seconds)
  for (let i = 0; i < times; i++) {
    const due = begun + (i * 1000) / rate
    const early = due - performance.now()
    if (early > 0) await sleep(early)
    running.push(one(i).then((value) => ({ value, millis: performance.now() - due })))
  }
  return Promise.all(running)
}
