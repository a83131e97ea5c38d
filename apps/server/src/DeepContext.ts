/** A context that is cheap to add to, for what runs under the server's many services. */
import { Context, Effect } from "effect"

/**
 * A request puts some twenty services over the server's eighty. With Effect's default every ninth copies all of them, six
 * times for each checkout; here the first 32 lie over them.
 */
export const deepened = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.updateContext(effect, (context: Context.Context<R>) =>
    Context.makeUnsafe<R>(new Map(context.mapUnsafe), { maxDepth: 32 }),
  )
