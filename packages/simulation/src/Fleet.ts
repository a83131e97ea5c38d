/** The processes that serve: which of them live, how they die and start again, and asking one of them. */
import { type Config, Data, Effect, Exit, Fiber, Option, Schedule, type Scope } from "effect"
import type { Chance } from "./Chance.ts"
import * as Replica from "./Replica.ts"
import type { Trace } from "./Trace.ts"

/** The process died before it answered, or nobody was there. */
export class Unanswered extends Data.TaggedError("Unanswered")<{}> {}

export interface Fleet {
  /** Asks one of those that live; what it does goes on though nobody waits for it any more. */
  readonly ask: <A, E>(question: (replica: Replica.Replica) => Effect.Effect<A, E>) => Effect.Effect<A, E | Unanswered>
  /** The same, again and again until there is an answer; none when there never was one. */
  readonly insist: <A, E>(
    question: (replica: Replica.Replica) => Effect.Effect<A, E>,
  ) => Effect.Effect<Option.Option<A>>
  /** Processes that work, and are started again when they die, until `stopAll`. */
  readonly serve: (
    options: Effect.Effect<Replica.Options>,
    places: number,
  ) => Effect.Effect<void, Config.ConfigError, Scope.Scope>
  readonly killAll: Effect.Effect<void>
  /** Kills all, and none is started again. */
  readonly stopAll: Effect.Effect<void>
  /** One more process. */
  readonly add: (replica: Replica.Replica) => void
}

export interface Options {
  readonly chance: Chance
  readonly trace: Trace
  /** Where what was asked goes on. */
  readonly world: Scope.Scope
  readonly crashes: boolean
}

const again = Schedule.max([Schedule.spaced("3 seconds"), Schedule.recurs(40)])

export const make = ({ chance, crashes, trace, world }: Options): Fleet => {
  let living: ReadonlyArray<Replica.Replica> = []
  let serving = true
  const choices = chance.fork("ask")

  const forget = () => {
    living = living.filter(({ isDead }) => !isDead())
  }

  const ask: Fleet["ask"] = (question) =>
    Effect.suspend(() => {
      forget()
      const [first, ...others] = living
      if (first === undefined) return Effect.fail(new Unanswered())
      const replica = choices.pick([first, ...others])
      return Effect.gen(function* () {
        const asked = yield* Effect.forkIn(question(replica), world)
        yield* Effect.raceFirst(Effect.exit(Fiber.await(asked)), replica.death)
        const exit = asked.pollUnsafe()
        if (exit === undefined || (replica.isDead() && Exit.hasInterrupts(exit))) return yield* new Unanswered()
        return yield* exit
      })
    })

  const place = Effect.fnUntraced(function* (options: Effect.Effect<Replica.Options>, nth: number) {
    const own = chance.fork("place", nth)
    for (;;) {
      if (!serving) return
      const doom =
        crashes && own.hits(0.8) ? Option.some({ steps: own.int(60, 4_000), after: own.hits(0.5) }) : Option.none()
      const replica = yield* Replica.start({ ...(yield* options), doom })
      living = [...living, replica]
      yield* replica.death
      forget()
      trace.count("processes killed")
      yield* Effect.sleep(own.int(500, 20_000))
    }
  })

  const killAll = Effect.suspend(() => Effect.forEach(living, ({ kill }) => kill, { discard: true }))

  return {
    ask,
    killAll,
    insist: (question) => Effect.option(Effect.retry(ask(question), again)),
    add: (replica) => {
      living = [...living, replica]
    },
    serve: (options, places) =>
      Effect.forEach(
        Array.from({ length: places }, (_, nth) => nth),
        (nth) => Effect.forkScoped(place(options, nth)),
        { discard: true },
      ),
    stopAll: Effect.suspend(() => {
      serving = false
      return killAll
    }),
  }
}
