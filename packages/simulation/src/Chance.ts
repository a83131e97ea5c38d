/** Chance that repeats itself: streams of numbers drawn from a seed, each under a label of its own. */

export type Weighted<A> = readonly [choice: A, weight: number]

export interface Chance {
  /** From 0, below 1. */
  readonly next: () => number
  /** A whole number from `least` to `most`, both included. */
  readonly int: (least: number, most: number) => number
  /** True with this probability. */
  readonly hits: (probability: number) => boolean
  readonly pick: <A>(list: readonly [A, ...ReadonlyArray<A>]) => A
  /** One of these, each as likely as its weight says. */
  readonly weighted: <A>(choices: readonly [Weighted<A>, ...ReadonlyArray<Weighted<A>>]) => A
  /** A stream of its own: what others draw does not change it. */
  readonly fork: (...label: ReadonlyArray<string | number>) => Chance
}

/** FNV-1a. */
const hash = (text: string): number => {
  let sum = 0x811c9dc5
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193)
  return sum >>> 0
}

/** The stream of a label. The generator is splitmix32. */
export const make = (label: string): Chance => {
  let state = hash(label)
  const next = () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = state ^ (state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 4_294_967_296
  }
  const int = (least: number, most: number) => least + Math.floor(next() * (most - least + 1))
  return {
    next,
    int,
    hits: (probability) => next() < probability,
    pick: (list) => list[int(0, list.length - 1)] ?? list[0],
    weighted: (choices) => {
      let left = next() * choices.reduce((total, [, weight]) => total + weight, 0)
      const [choice] = choices.find(([, weight]) => (left -= weight) < 0) ?? choices[0]
      return choice
    },
    fork: (...more) => make([label, ...more].join("/")),
  }
}
