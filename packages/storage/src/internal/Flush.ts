/**
 * Commits that wait for the disk together, beside the work of everybody else (ADR 20): SQLite hands a commit to the
 * operating system, and whoever wants to tell anything of it waits here until one `fdatasync` of the log that began
 * afterwards has ended.
 */
import { Effect } from "effect"
import { SqlError } from "effect/sql"

export interface Flush {
  /** Something was committed. */
  readonly written: () => void
  /** Ends when all that was committed before is on the disk. Once the disk has failed it fails for ever. */
  readonly settled: Effect.Effect<void, SqlError.SqlError>
}

const failed = (cause: unknown) =>
  new SqlError.SqlError({ reason: new SqlError.ConnectionError({ cause, operation: "fdatasync" }) })

/** For what lives in memory alone. */
export const none: Flush = { written: () => {}, settled: Effect.void }

/** `sync` brings to the disk what was committed before it was called. */
export const make = (sync: () => Promise<void>): Flush => {
  let committed = 0
  let onDisk = 0
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined

  const begin = (): Promise<void> => {
    next = undefined
    const reached = committed
    // What a failed flush has left undone cannot be told, and a second one may succeed without it: so it is not cleared.
    running = sync().then(() => {
      onDisk = reached
      running = undefined
    })
    return running
  }

  return {
    written: () => {
      committed += 1
    },
    settled: Effect.suspend(() =>
      onDisk >= committed
        ? Effect.void
        : Effect.tryPromise({
            // One that runs already may have begun before the last commit.
            try: () => next ?? (running === undefined ? begin() : (next = running.then(begin))),
            catch: failed,
          }),
    ),
  }
}
