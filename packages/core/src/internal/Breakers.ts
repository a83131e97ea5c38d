/** The circuits that a turn runs under: that of its lane, and that of the token where it has to fetch one. */
import { type PaymentError, Timestamp } from "@payment-orchestrator/domain"
import { Cause, Duration, Effect, Exit, Fiber, Option, Schedule } from "effect"
import * as Circuit from "../Circuit.ts"
import * as CircuitStore from "../CircuitStore.ts"
import * as Lane from "../Lane.ts"
import type { Mirror } from "./Mirror.ts"

const failures = 3

/**
 * The open time doubles from 5 s up to this. A buyer who cannot be sent to one provider is sent to the next, so opening
 * may wait longest; a look at money that was perhaps paid may wait least.
 */
const longestMillis: { readonly [laneClass in Lane.LaneClass]: number } = {
  inert: 120_000,
  money_moving: 30_000,
  reversing: 30_000,
  read: 15_000,
  token: 30_000,
}

const renewEvery = Duration.millis(Circuit.leaseMillis / 3)

/** Where a turn is, told by providers that fetch a token first. */
export interface Phase {
  readonly current: "token" | "operation"
}

type Ended<A> = Exit.Exit<A, PaymentError.PaymentError>

/** What a turn says about its provider; `askedMillis`: how long that asked to be left alone. */
interface Verdict {
  readonly outcome: Circuit.Result["outcome"]
  readonly askedMillis: number
}

const success: Verdict = { outcome: "Success", askedMillis: 0 }
const ignored: Verdict = { outcome: "Ignored", askedMillis: 0 }
const failure: Verdict = { outcome: "Failure", askedMillis: 0 }

const isOutage = (error: PaymentError.PaymentError): error is PaymentError.TransientPaymentError =>
  error._tag === "TransientPaymentError" && error.reason !== "rate_limited" && error.reason !== "in_progress"

/** What the end of a turn says; none: it was interrupted, which says nothing unless it had taken too long. */
const verdictOf = (exit: Ended<unknown>, tooSlow: () => boolean): Verdict | undefined => {
  if (Exit.isSuccess(exit)) return success
  if (Cause.hasInterruptsOnly(exit.cause)) return tooSlow() ? failure : undefined
  const error = Option.getOrUndefined(Exit.findErrorOption(exit))
  if (error === undefined) return failure
  return isOutage(error) ? { outcome: "Failure", askedMillis: error.retryAfterMillis ?? 0 } : ignored
}

/**
 * What the lane's own circuit is told: trouble with the token is not its own. A probe without a token has failed all the
 * same, or the next buyers would all be probes.
 */
const ofLane = (verdict: Verdict, phase: Phase, isProbe: boolean): Verdict =>
  verdict.outcome === "Failure" && phase.current === "token" && !isProbe ? ignored : verdict

/** What the circuit of the token is told of a call that fetched one: whatever came after it, the token was had. */
const ofToken = (verdict: Verdict, phase: Phase): Verdict => (phase.current === "operation" ? success : verdict)

/** A circuit's leave to run, until it is told what came of it. */
interface Leave {
  readonly lane: Lane.Lane
  readonly generation: number
  readonly openings: number
  readonly probe: boolean
  /** Keeps a probe its turn, however long it takes. */
  readonly renewal: Fiber.Fiber<unknown> | undefined
}

interface Leaves {
  readonly own: Leave
  readonly token: Leave | undefined
}

export interface Options {
  readonly phase: Phase
  readonly needsToken: boolean
  /** Asked of a turn that was interrupted: whether it had taken too long, which counts as a failure. */
  readonly tooSlow: () => boolean
}

/** A turn, which tells `slow` when one of its calls takes long. */
export type Turn<A, R> = (slow: Effect.Effect<void>) => Effect.Effect<A, PaymentError.PaymentError, R>

export interface Breakers {
  /**
   * Runs a turn under its circuits. They are told of it once: when it ends, or, if a call of it takes long, while it goes
   * on. Undefined: it was not let through.
   */
  readonly run: <A, R>(
    lane: Lane.Lane,
    turn: Turn<A, R>,
    options: Options,
  ) => Effect.Effect<Ended<A> | undefined, never, R>
}

export const make = (mirror: Mirror): Breakers => {
  const change = <A>(lane: Lane.Lane, step: (circuit: Circuit.Circuit, now: number) => readonly [A, Circuit.Circuit]) =>
    Effect.flatMap(Timestamp.now, (now) =>
      mirror.change(
        Lane.key(lane),
        CircuitStore.onCircuit((circuit) => step(circuit, now)),
      ),
    )

  const renewing = (lane: Lane.Lane, generation: number) =>
    change(lane, (circuit, now) => [undefined, Circuit.renew(circuit, generation, now)]).pipe(
      Effect.delay(renewEvery),
      Effect.repeat(Schedule.forever),
    )

  const ask = Effect.fnUntraced(function* (lane: Lane.Lane): Effect.fn.Return<Leave | undefined> {
    const admission = yield* change(lane, Circuit.admit)
    if (admission._tag !== "Admitted") return undefined
    const { generation, openings, probe } = admission
    const renewal = probe ? yield* Effect.forkDetach(renewing(lane, generation)) : undefined
    return { lane, generation, openings, probe, renewal }
  })

  const tell = Effect.fnUntraced(function* (leave: Leave, { askedMillis, outcome }: Verdict) {
    const { generation, lane, openings, renewal } = leave
    const openForMillis = Circuit.openForMillis(openings, askedMillis, longestMillis[lane.laneClass])
    const result: Circuit.Result = { generation, outcome, failures, openForMillis }
    yield* change(lane, (circuit, now) => [undefined, Circuit.record(circuit, result, now)])
    if (renewal !== undefined) yield* Fiber.interrupt(renewal)
  })

  const askBoth = Effect.fnUntraced(function* (
    lane: Lane.Lane,
    needsToken: boolean,
  ): Effect.fn.Return<Leaves | undefined> {
    const token = needsToken ? yield* ask(tokenOf(lane)) : undefined
    if (needsToken && token === undefined) return undefined
    const own = yield* ask(lane)
    if (own !== undefined) return { own, token }
    if (token !== undefined) yield* tell(token, ignored)
    return undefined
  })

  const tellBoth = Effect.fnUntraced(function* ({ own, token }: Leaves, verdict: Verdict | undefined, phase: Phase) {
    yield* tell(own, verdict === undefined ? ignored : ofLane(verdict, phase, own.probe))
    if (token !== undefined) return yield* tell(token, verdict === undefined ? ignored : ofToken(verdict, phase))
    if (verdict === undefined || phase.current === "operation") return
    // A token that was held, and was refused or ran out on the way, had to be fetched after all.
    const late = yield* ask(tokenOf(own.lane))
    if (late !== undefined) yield* tell(late, ofToken(verdict, phase))
  })

  return {
    run: (lane, turn, { needsToken, phase, tooSlow }) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(askBoth(lane, needsToken), (leaves) => {
          if (leaves === undefined) return Effect.succeed(undefined)
          let isHeard = false
          const hear = (verdict: Verdict | undefined) =>
            Effect.suspend(() => {
              if (isHeard) return Effect.void
              isHeard = true
              return tellBoth(leaves, verdict, phase)
            })
          const slow = Effect.uninterruptible(hear(failure))
          return Effect.tap(Effect.exit(restore(turn(slow))), (exit) => hear(verdictOf(exit, tooSlow)))
        }),
      ),
  }
}

const tokenOf = ({ provider }: Lane.Lane): Lane.Lane => Lane.make(provider, "token")
