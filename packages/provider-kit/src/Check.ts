/** One thing a provider must do, as an effect: it ends well, fails with what was wrong, or says why it does not apply. */
import { inspect } from "node:util"
import { Duration, Effect, Equal, Fiber, Result, Schema, type Scope } from "effect"

/** The provider does not do what the check asks for. */
export class CheckFailed extends Schema.TaggedError<CheckFailed>()("CheckFailed", {
  /** What should have been so, in words. */
  what: Schema.String,
  /** What was found instead. */
  found: Schema.optionalKey(Schema.String),
}) {
  override get message(): string {
    return this.found === undefined ? this.what : `${this.what}; found ${this.found}`
  }
}

/** The check does not apply to this provider. */
export class CheckSkipped extends Schema.TaggedError<CheckSkipped>()("CheckSkipped", { reason: Schema.String }) {
  override get message(): string {
    return this.reason
  }
}

export interface Check {
  readonly group: string
  /** A sentence about behaviour, with the numbers of the fault cases it covers. */
  readonly name: string
  readonly run: Effect.Effect<void, CheckFailed | CheckSkipped, Scope.Scope>
}

const show = (value: unknown): string => inspect(value, { depth: 6, breakLength: 120, maxStringLength: 500 })

export const fail = (what: string, found?: unknown): Effect.Effect<never, CheckFailed> =>
  Effect.fail(new CheckFailed({ what, ...(found === undefined ? {} : { found: show(found) }) }))

export const skip = (reason: string): Effect.Effect<never, CheckSkipped> => Effect.fail(new CheckSkipped({ reason }))

/** Fails unless `holds`; `found` says what was there instead. */
export const that = (holds: boolean, what: string, found?: unknown): Effect.Effect<void, CheckFailed> =>
  holds ? Effect.void : fail(what, found)

/** Fails unless both are equal by structure. */
export const equal = (actual: unknown, expected: unknown, what: string): Effect.Effect<void, CheckFailed> =>
  Equal.equals(actual, expected) ? Effect.void : fail(`${what} must be ${show(expected)}`, actual)

/** The value of an effect that must succeed. */
export const succeeds = <A, E, R>(effect: Effect.Effect<A, E, R>, what: string): Effect.Effect<A, CheckFailed, R> =>
  Effect.catch(effect, (error) => fail(`${what} must succeed`, error))

/** The error of an effect that must fail. */
export const fails = <A, E, R>(effect: Effect.Effect<A, E, R>, what: string): Effect.Effect<E, CheckFailed, R> =>
  Effect.flatMap(Effect.result(effect), (result) =>
    Result.isFailure(result) ? Effect.succeed(result.failure) : fail(`${what} must fail`, result.success),
  )

/** Looks every 25 ms until `holds`; fails after 5 seconds. */
export const eventually = <A, E, R>(
  look: Effect.Effect<A, E, R>,
  holds: (seen: A) => boolean,
  what: string,
): Effect.Effect<A, E | CheckFailed, R> =>
  Effect.gen(function* () {
    for (let turn = 0; turn < 200; turn++) {
      const seen = yield* look
      if (holds(seen)) return seen
      yield* Effect.sleep("25 millis")
    }
    return yield* fail(`${what} within 5 seconds`, yield* look)
  })

/** The result of an effect that must end within a time on the wall clock, even if it cannot be interrupted. */
export const within = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  bound: Duration.Duration,
  what: string,
): Effect.Effect<A, E | CheckFailed, R> =>
  Effect.flatMap(Effect.forkDetach(effect), (fiber) =>
    Effect.timeoutOrElse(Fiber.join(fiber), {
      duration: bound,
      orElse: () =>
        Effect.andThen(
          Effect.forkDetach(Fiber.interrupt(fiber)),
          fail(`${what} must take at most ${Duration.format(bound)}`),
        ),
    }),
  )
