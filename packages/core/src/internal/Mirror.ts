/**
 * This process's picture of a `CircuitStore`: its own changes at once, those of other processes at most a second old.
 * Decisions that change nothing are made on it, so that a checkout whose providers are well writes nothing and reads at
 * most once a second. While the store cannot be reached it goes on alone; afterwards the store's word counts again.
 */
import { Effect, Result, Semaphore } from "effect"
import * as CircuitStore from "../CircuitStore.ts"
import * as Retry from "../Retry.ts"

/** So old the picture may be. */
const freshMillis = 1_000

/** A store that could not be reached is left alone for so long. */
const restMillis = 5_000

export interface Mirror {
  /** What is known of a lane. Never fails. */
  readonly look: (key: string) => Effect.Effect<CircuitStore.Row>
  /**
   * A step on what is known, and, if that changes something, in the store; here alone when it cannot be reached. Never
   * fails, and is not interrupted half-way.
   */
  readonly change: <A>(key: string, step: CircuitStore.Step<A>) => Effect.Effect<A>
}

/** What was seen to change; `here`: by this process. */
export type OnChange = (
  key: string,
  before: CircuitStore.Row,
  after: CircuitStore.Row,
  here: boolean,
) => Effect.Effect<void>

export const make = Effect.fnUntraced(function* (
  store: CircuitStore.Service,
  onChange: OnChange,
): Effect.fn.Return<Mirror> {
  const rows = new Map<string, CircuitStore.Row>()
  /** Which change of this process touched a lane last, so that an older picture does not undo it. */
  const touched = new Map<string, number>()
  const loading = yield* Semaphore.make(1)
  const turns = new Map<string, Semaphore.Semaphore>()
  let changes = 0
  let staleAt = 0

  const known = (key: string) => rows.get(key) ?? CircuitStore.initial

  const put = (key: string, row: CircuitStore.Row, here: boolean) =>
    Effect.suspend(() => {
      const before = known(key)
      rows.set(key, row)
      return onChange(key, before, row, here)
    })

  const load = Effect.gen(function* () {
    const asOf = changes
    const loaded = yield* Effect.result(store.load)
    const now = yield* Retry.monotonicMillis
    staleAt = now + (Result.isSuccess(loaded) ? freshMillis : restMillis)
    if (Result.isFailure(loaded)) return
    for (const key of new Set([...rows.keys(), ...loaded.success.keys()])) {
      if ((touched.get(key) ?? 0) > asOf) continue
      yield* put(key, loaded.success.get(key) ?? CircuitStore.initial, false)
    }
  })

  const isStale = Effect.map(Retry.monotonicMillis, (now) => now >= staleAt)

  /** One caller looks for all who come meanwhile. */
  const refresh = Effect.when(loading.withPermit(Effect.when(load, isStale)), isStale)

  const look = (key: string) => Effect.map(refresh, () => known(key))

  const changeInStore = <A>(key: string, step: CircuitStore.Step<A>) =>
    Effect.gen(function* () {
      const both: CircuitStore.Step<readonly [A, CircuitStore.Row]> = (row) => {
        const [answer, next] = step(row)
        return [[answer, next], next]
      }
      const [answer, next] = yield* store
        .change(key, both)
        .pipe(Effect.catchTag("StoreUnreachable", () => Effect.sync(() => step(known(key)))))
      changes += 1
      touched.set(key, changes)
      yield* put(key, next, true)
      return answer
    }).pipe(Effect.uninterruptible)

  const turnOf = (key: string) => {
    const turn = turns.get(key) ?? Semaphore.makeUnsafe(1)
    turns.set(key, turn)
    return turn
  }

  const changeIfNew = <A>(key: string, step: CircuitStore.Step<A>, elsewhere: () => Effect.Effect<A>) =>
    Effect.suspend(() => {
      const row = known(key)
      const [answer, next] = step(row)
      return next === row ? Effect.succeed(answer) : elsewhere()
    })

  yield* load
  return {
    look,
    // When hundreds of calls fail in one moment, the first few open the circuit, and the rest find that it is open.
    change: (key, step) =>
      Effect.andThen(
        look(key),
        changeIfNew(key, step, () => turnOf(key).withPermit(changeIfNew(key, step, () => changeInStore(key, step)))),
      ),
  }
})
