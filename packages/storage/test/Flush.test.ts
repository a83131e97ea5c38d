import { afterAll, assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Flush from "../src/internal/Flush.ts"
import * as Sqlite from "../src/internal/Sqlite.ts"

/** A disk whose flushes end when they are told to. */
const disk = () => {
  const flushes: Array<PromiseWithResolvers<void>> = []
  const sync = () => {
    const begun = Promise.withResolvers<void>()
    flushes.push(begun)
    return begun.promise
  }
  return { sync, flush: Flush.make(sync), flushes }
}

const turns = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

const begun = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const done = yield* Deferred.make<void>()
    const fiber = yield* Effect.forkChild(Effect.ensuring(effect, Deferred.succeed(done, undefined)))
    yield* turns
    return { fiber, isOver: Deferred.isDone(done) }
  })

const waiter = ({ settled }: Flush.Flush) => begun(settled)

describe("commits that share a flush", () => {
  it.effect("are told when a flush that began after them has ended, and not by one that ran already", () =>
    Effect.gen(function* () {
      const { flush, flushes } = disk()
      flush.written()
      const first = yield* waiter(flush)
      flush.written()
      const [second, third] = [yield* waiter(flush), yield* waiter(flush)]
      assert.lengthOf(flushes, 1)

      flushes[0]?.resolve()
      yield* turns
      assert.deepStrictEqual([yield* first.isOver, yield* second.isOver, yield* third.isOver], [true, false, false])
      assert.lengthOf(flushes, 2)

      flushes[1]?.resolve()
      yield* turns
      assert.deepStrictEqual([yield* second.isOver, yield* third.isOver], [true, true])
      assert.lengthOf(flushes, 2)
    }),
  )

  it.effect("cost nothing when nothing was written since", () =>
    Effect.gen(function* () {
      const { flush, flushes } = disk()
      yield* flush.settled
      flush.written()
      const written = yield* waiter(flush)
      flushes[0]?.resolve()
      yield* Fiber.join(written.fiber)
      yield* flush.settled
      assert.lengthOf(flushes, 1)
    }),
  )

  it.effect("are lost for ever once the disk has failed", () =>
    Effect.gen(function* () {
      const { flush, flushes } = disk()
      flush.written()
      const first = yield* waiter(flush)
      flushes[0]?.reject(new Error("EIO: i/o error, fdatasync"))
      const exit = yield* Fiber.await(first.fiber)
      assert.isTrue(Exit.isFailure(exit))
      flush.written()
      assert.match(String((yield* Effect.flip(flush.settled)).reason.cause), /EIO/)
      assert.lengthOf(flushes, 1)
    }),
  )
})

describe("a SQLite file whose disk is slow", () => {
  const folder = mkdtempSync(join(tmpdir(), "flush-"))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.effect(
    "tells nobody of a commit before it is on the disk: not who made it, not who reads, not who failed over it",
    () =>
      Effect.gen(function* () {
        const { flushes, sync } = disk()
        const next = Effect.suspend(() => {
          flushes.at(-1)?.resolve()
          return turns
        })
        yield* Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          const made = yield* begun(sql`create table kept (id integer primary key)`)
          yield* next
          yield* Fiber.join(made.fiber)
          assert.lengthOf(flushes, 1)

          const written = yield* begun(
            sql.withTransaction(
              Effect.andThen(sql`insert into kept values (1)`, sql.withTransaction(sql`insert into kept values (2)`)),
            ),
          )
          const read = yield* begun(sql`select id from kept`)
          const refused = yield* begun(
            sql.withTransaction(Effect.andThen(sql`select id from kept`, Effect.fail("there is one already"))),
          )
          assert.lengthOf(flushes, 2)
          const over = Effect.all([written.isOver, read.isOver, refused.isOver])
          assert.deepStrictEqual(yield* over, [false, false, false])
          yield* next
          assert.lengthOf(flushes, 3)
          yield* next
          assert.deepStrictEqual(yield* over, [true, true, true])
          assert.lengthOf(yield* Fiber.join(read.fiber), 2)
          assert.strictEqual(yield* Effect.flip(Fiber.join(refused.fiber)), "there is one already")
        }).pipe(
          Effect.provide(
            Layer.fresh(Sqlite.layer({ filename: join(folder, "slow.db"), exclusive: false, durable: true, sync })),
          ),
        )
      }),
  )
})
