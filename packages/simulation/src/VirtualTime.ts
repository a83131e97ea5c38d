/**
 * A clock and a scheduler of our own: nothing is waited for. When every fiber waits, time jumps to the next one that is
 * to wake. Which of the fibers that could run does so next is drawn from the seed, so that other orders of things are
 * tried with every seed, and the same ones with the same seed.
 */
import { Clock, Duration, Effect, Exit, type Fiber, Scheduler } from "effect"
import type { Chance } from "./Chance.ts"

interface Sleeper {
  readonly at: number
  /** Sleepers of one moment wake in the order they fell asleep. */
  readonly turn: number
  wake: (() => void) | undefined
}

const isBefore = (a: Sleeper, b: Sleeper) => a.at < b.at || (a.at === b.at && a.turn < b.turn)

/** A binary heap, the earliest sleeper first. */
const makeHeap = () => {
  const heap: Array<Sleeper> = []
  const swap = (i: number, j: number) => {
    const [a, b] = [heap[i], heap[j]]
    if (a !== undefined && b !== undefined) [heap[i], heap[j]] = [b, a]
  }
  const before = (i: number, j: number) => {
    const [a, b] = [heap[i], heap[j]]
    return a !== undefined && b !== undefined && isBefore(a, b)
  }
  return {
    push: (sleeper: Sleeper) => {
      let i = heap.push(sleeper) - 1
      for (let up = (i - 1) >> 1; i > 0 && before(i, up); up = (i - 1) >> 1) {
        swap(i, up)
        i = up
      }
    },
    pop: (): Sleeper | undefined => {
      const first = heap[0]
      const last = heap.pop()
      if (first === undefined || last === undefined || heap.length === 0) return first
      heap[0] = last
      for (let i = 0; ;) {
        const [left, right] = [2 * i + 1, 2 * i + 2]
        const least = before(right, left) ? right : left
        if (!before(least, i)) return first
        swap(i, least)
        i = least
      }
    },
  }
}

export interface VirtualTime {
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Runs an effect and everything it forks to the end of the effect; no time passes outside. */
  readonly run: <A, E>(effect: Effect.Effect<A, E>) => Promise<Exit.Exit<A, E>>
  /** What really takes time, such as opening a file: the clock stands still meanwhile. */
  readonly outside: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/** Every fiber waits, and none of them for a moment that will come. */
const stuck = "the simulation stands still: every fiber waits, and none for a time that will come"

export const make = (chance: Chance, startedAt: number): VirtualTime => {
  const ready: Array<() => void> = []
  const sleepers = makeHeap()
  let now = startedAt
  let turns = 0
  let outside = 0

  const millis = Effect.sync(() => now)
  const nanos = () => BigInt(Math.round(now * 1_000)) * 1_000n
  const clock: Clock.Clock = {
    currentTimeMillisUnsafe: () => Math.floor(now),
    currentTimeMillis: Effect.map(millis, Math.floor),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    sleep: (duration) =>
      Effect.callback<void>((resume) => {
        const wait = Duration.toMillis(duration)
        if (wait === Infinity) return
        const sleeper: Sleeper = { at: now + Math.max(0, wait), turn: turns++, wake: () => resume(Effect.void) }
        sleepers.push(sleeper)
        return Effect.sync(() => void (sleeper.wake = undefined))
      }),
  }

  const scheduler: Scheduler.Scheduler = {
    executionMode: "async",
    shouldYield: (fiber) => fiber.currentOpCount >= fiber.cache.maxOpsBeforeYield,
    makeDispatcher: () => ({ scheduleTask: (task) => void ready.push(task), flush: () => undefined }),
  }

  const takeReady = () => {
    const last = ready.length - 1
    const chosen = last > 0 ? chance.int(0, last) : 0
    const task = ready[chosen]
    const moved = ready.pop()
    if (chosen < last && moved !== undefined) ready[chosen] = moved
    return task
  }

  /** Runs on until the fiber has ended, or something outside is waited for; false when nothing can go on any more. */
  const goOn = <A, E>(fiber: Fiber.Fiber<A, E>): boolean => {
    for (;;) {
      const task = takeReady()
      if (task !== undefined) {
        task()
        continue
      }
      if (fiber.pollUnsafe() !== undefined || outside > 0) return true
      const sleeper = sleepers.pop()
      if (sleeper === undefined) return false
      if (sleeper.wake === undefined) continue
      now = Math.max(now, sleeper.at)
      sleeper.wake()
    }
  }

  return {
    now: () => now,
    outside: (effect) =>
      Effect.suspend(() => {
        outside += 1
        return Effect.ensuring(
          effect,
          Effect.sync(() => void (outside -= 1)),
        )
      }),
    run: async (effect) => {
      const fiber = Effect.runFork(effect.pipe(Effect.provideService(Clock.Clock, clock)), { scheduler })
      for (;;) {
        if (!goOn(fiber)) return Exit.die(stuck)
        const exit = fiber.pollUnsafe()
        if (exit !== undefined) return exit
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
  }
}
