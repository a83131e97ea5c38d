/** Runs a turn so that it can be watched while it goes on. */
import type { PaymentError } from "@payment-orchestrator/domain"
import { Deferred, Effect, type Exit, type Scope } from "effect"

/** How a turn ended: by itself, or because its caller gave it up (`slow`: it had taken too long). */
export type Ended<A> =
  | { readonly _tag: "Ended"; readonly exit: Exit.Exit<A, PaymentError.PaymentError> }
  | { readonly _tag: "Stopped"; readonly slow: boolean }

/** What is first heard of a turn: that it ended, or that it takes long; then it goes on to its end. */
export type Heard<A> = Ended<A> | { readonly _tag: "Slow"; readonly end: Effect.Effect<Ended<A>> }

/** A turn, which tells `slow` when one of its calls takes long. */
export type Turn<A, R> = (slow: Effect.Effect<void>) => Effect.Effect<A, PaymentError.PaymentError, R>

/** Starts a turn and answers what is first heard of it. It is interrupted when the scope closes. */
export const run = Effect.fnUntraced(function* <A, R>(
  turn: Turn<A, R>,
  stop: Deferred.Deferred<boolean> | undefined,
): Effect.fn.Return<Heard<A>, never, R | Scope.Scope> {
  const first = yield* Deferred.make<Heard<A>>()
  const last = yield* Deferred.make<Ended<A>>()
  const slow = Effect.asVoid(Deferred.succeed(first, { _tag: "Slow", end: Deferred.await(last) }))
  const ended = Effect.map(Effect.exit(turn(slow)), (exit): Ended<A> => ({ _tag: "Ended", exit }))
  const whole = stop === undefined ? ended : stoppable(ended, stop)
  yield* Effect.flatMap(whole, (end) => Effect.andThen(Deferred.succeed(last, end), Deferred.succeed(first, end))).pipe(
    Effect.forkScoped({ startImmediately: true }),
  )
  return yield* Deferred.await(first)
})

/** Not even begun when it is not wanted any more. */
const stoppable = <A, R>(
  ended: Effect.Effect<Ended<A>, never, R>,
  stop: Deferred.Deferred<boolean>,
): Effect.Effect<Ended<A>, never, R> => {
  const stopped = Effect.map(Deferred.await(stop), (slow): Ended<A> => ({ _tag: "Stopped", slow }))
  return Effect.flatMap(Deferred.isDone(stop), (isDone) => (isDone ? stopped : Effect.raceFirst(ended, stopped)))
}
