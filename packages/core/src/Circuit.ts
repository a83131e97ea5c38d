/**
 * One circuit as data, and its steps: closed → open → half open → closed or open again. Pure and total; whoever keeps it
 * (memory, SQL) runs one step at a time and writes what is not the same as before. All times are epoch milliseconds.
 */
import { isAhead } from "./internal/Moment.ts"

export type CircuitState = "closed" | "open" | "half_open"

export interface Circuit {
  readonly state: CircuitState
  /** Changes with the state, so that a result from before is known as such and ignored. */
  readonly generation: number
  /** Failures in a row while closed, and when the last one was. */
  readonly streak: number
  readonly streakAt: number
  /** When it may be probed, and how long it was to be open. */
  readonly openUntil: number
  readonly openFor: number
  /** Openings in a row: the open time grows with them, until `resetAt` has passed while closed. */
  readonly openings: number
  readonly resetAt: number
  /** Until when the one probe holds its turn, unless it renews it. */
  readonly leaseUntil: number
}

export const initial: Circuit = {
  state: "closed",
  generation: 0,
  streak: 0,
  streakAt: 0,
  openUntil: 0,
  openFor: 0,
  openings: 0,
  resetAt: 0,
  leaseUntil: 0,
}

/** A streak is forgotten when the next failure comes so long after the last. */
const streakMillis = 3_600_000

/** A probe's turn; a probe that goes on renews it, so that only that of a process that died lapses. */
export const leaseMillis = 15_000

/** What a call is told: it may run (as the probe, in `half_open`), or why not. */
export type Admission =
  | {
      readonly _tag: "Admitted"
      readonly generation: number
      readonly probe: boolean
      readonly openings: number
      /** Whether this call made the circuit half open. */
      readonly moved: boolean
    }
  | { readonly _tag: "Open"; readonly retryAfterMillis: number }
  | { readonly _tag: "Probing" }

const openingsNow = ({ openings, resetAt }: Circuit, now: number): number => (now >= resetAt ? 0 : openings)

/** The first opening is for so long, */
const shortestOpenMillis = 5_000

/**
 * the next ones in a row for twice the one before, and none for less than the provider asked for: 5, 10, 20 … seconds, up
 * to the longest. `openings`: how many there were before.
 */
export const openForMillis = (openings: number, askedMillis: number, longestMillis: number): number =>
  Math.min(longestMillis, Math.max(shortestOpenMillis * 2 ** openings, askedMillis))

/** A call asks to run. The same circuit comes back when nothing has to be written. */
export const admit = (circuit: Circuit, now: number): readonly [Admission, Circuit] => {
  const { generation, leaseUntil, openFor, openUntil, openings, state } = circuit
  if (state === "closed") {
    return [{ _tag: "Admitted", generation, probe: false, openings: openingsNow(circuit, now), moved: false }, circuit]
  }
  if (state === "open" && isAhead(openUntil, now, openFor)) {
    return [{ _tag: "Open", retryAfterMillis: openUntil - now }, circuit]
  }
  if (state === "half_open" && isAhead(leaseUntil, now, leaseMillis)) return [{ _tag: "Probing" }, circuit]
  const probing: Circuit = {
    ...circuit,
    state: "half_open",
    generation: generation + 1,
    leaseUntil: now + leaseMillis,
  }
  return [{ _tag: "Admitted", generation: probing.generation, probe: true, openings, moved: state === "open" }, probing]
}

export interface Result {
  /** That of the admission. */
  readonly generation: number
  readonly outcome: "Success" | "Failure" | "Ignored"
  /** So many failures in a row open it, */
  readonly failures: number
  /** for so long. */
  readonly openForMillis: number
}

const open = (circuit: Circuit, openFor: number, openings: number, now: number): Circuit => ({
  ...circuit,
  state: "open",
  generation: circuit.generation + 1,
  streak: 0,
  openUntil: now + openFor,
  openFor,
  openings,
  leaseUntil: 0,
})

const recordProbe = (circuit: Circuit, { openForMillis, outcome }: Result, now: number): Circuit => {
  switch (outcome) {
    case "Failure":
      return open(circuit, openForMillis, circuit.openings + 1, now)
    case "Success":
      return {
        ...circuit,
        state: "closed",
        generation: circuit.generation + 1,
        streak: 0,
        resetAt: now + circuit.openFor,
        leaseUntil: 0,
      }
    case "Ignored":
      // A new generation, so that a renewal that is on its way does not take the turn again.
      return { ...circuit, generation: circuit.generation + 1, leaseUntil: 0 }
  }
}

/** A call that was admitted has ended. Nothing changes for one that began before the last change of state. */
export const record = (circuit: Circuit, result: Result, now: number): Circuit => {
  const { failures, generation, openForMillis, outcome } = result
  if (generation !== circuit.generation) return circuit
  if (circuit.state === "half_open") return recordProbe(circuit, result, now)
  if (outcome === "Ignored") return circuit
  if (outcome === "Success") return circuit.streak === 0 ? circuit : { ...circuit, streak: 0 }
  const streak = now - circuit.streakAt < streakMillis ? circuit.streak + 1 : 1
  return streak >= failures
    ? open(circuit, openForMillis, openingsNow(circuit, now) + 1, now)
    : { ...circuit, streak, streakAt: now }
}

/** The probe goes on: its turn is renewed while it is still its own. */
export const renew = (circuit: Circuit, generation: number, now: number): Circuit =>
  circuit.state === "half_open" && circuit.generation === generation
    ? { ...circuit, leaseUntil: now + leaseMillis }
    : circuit

/** Something says that the provider is there again: the probe may go at once. It closes nothing. */
export const endOpenTime = (circuit: Circuit, now: number): Circuit =>
  circuit.state === "open" && circuit.openUntil > now ? { ...circuit, openUntil: now } : circuit

/** How long a call would be told to wait: 0 when it may run, and while a probe is on its way none knows. */
export const blocked = (circuit: Circuit, now: number): { readonly isBlocked: boolean; readonly millis: number } => {
  const [admission] = admit(circuit, now)
  switch (admission._tag) {
    case "Admitted":
      return { isBlocked: false, millis: 0 }
    case "Open":
      return { isBlocked: true, millis: admission.retryAfterMillis }
    case "Probing":
      return { isBlocked: true, millis: 0 }
  }
}
