/** One connection over `node:sqlite`. Its statements run at once, on this thread. */
import { Effect, Stream } from "effect"
import { type SqlConnection, SqlError } from "effect/sql"
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite"

interface Prepared {
  readonly statement: StatementSync
  readonly hasRows: boolean
  readonly mayWrite: boolean
}

/** More than there are different ones, so that none is prepared again and again. */
const mostPrepared = 2_000

const isInput = (value: unknown): value is SQLInputValue =>
  value === null ||
  typeof value === "string" ||
  typeof value === "number" ||
  typeof value === "bigint" ||
  ArrayBuffer.isView(value)

const inputs = (values: ReadonlyArray<unknown>): ReadonlyArray<SQLInputValue> => {
  if (values.every(isInput)) return values
  throw new TypeError("a value that SQLite cannot hold was given to a statement")
}

/** `node:sqlite` calls it `errcode`; Effect looks for `errno`. */
const numbered = (cause: unknown): unknown =>
  cause instanceof Error && "errcode" in cause ? Object.assign(cause, { errno: cause.errcode }) : cause

const failed = (cause: unknown) =>
  new SqlError.SqlError({
    reason: SqlError.classifySqliteError(numbered(cause), {
      message: "SQLite refused a statement",
      operation: "execute",
    }),
  })

export interface Options {
  /** A path, or `:memory:`. */
  readonly filename: string
  /** Called when something may have been written and committed: by a `COMMIT`, or by a statement outside a transaction. */
  readonly onWritten: () => void
}

/** Opens it for the scope. Dies when the file cannot be opened. */
export const open = Effect.fnUntraced(function* ({ filename, onWritten }: Options) {
  const database = yield* Effect.acquireRelease(
    Effect.sync(() => new DatabaseSync(filename)),
    (held) => Effect.sync(() => held.close()),
  )
  const held = new Map<string, Prepared>()

  const prepare = (sql: string): Prepared => {
    const statement = database.prepare(sql)
    return {
      statement,
      hasRows: statement.columns().length > 0,
      mayWrite: !/^\s*(?:select|explain|pragma)\b/i.test(sql),
    }
  }

  const prepared = (sql: string): Prepared => {
    const found = held.get(sql)
    if (found !== undefined) return found
    const made = prepare(sql)
    if (held.size >= mostPrepared) held.clear()
    held.set(sql, made)
    return made
  }

  const run = <A>(work: () => { readonly value: A; readonly mayWrite: boolean }) =>
    Effect.try({
      try: () => {
        const { mayWrite, value } = work()
        if (mayWrite && !database.isTransaction) onWritten()
        return value
      },
      catch: failed,
    })

  const rows = (of: (sql: string) => Prepared, sql: string, values: ReadonlyArray<unknown>) =>
    run(() => {
      const { hasRows, mayWrite, statement } = of(sql)
      if (hasRows) return { mayWrite, value: statement.all(...inputs(values)) }
      statement.run(...inputs(values))
      return { mayWrite, value: [] }
    })

  const arrays = (sql: string, values: ReadonlyArray<unknown>) =>
    run(() => {
      const { mayWrite, statement } = prepare(sql)
      statement.setReturnArrays(true)
      return { mayWrite, value: statement.all(...inputs(values)).map((row) => Object.values(row)) }
    })

  const connection: SqlConnection.Connection = {
    execute: (sql, values, transform) => {
      const found = rows(prepared, sql, values)
      return transform === undefined ? found : Effect.map(found, transform)
    },
    executeUnprepared: (sql, values, transform) => {
      const found = rows(prepare, sql, values)
      return transform === undefined ? found : Effect.map(found, transform)
    },
    executeRaw: (sql, values) =>
      run(() => {
        const { hasRows, mayWrite, statement } = prepared(sql)
        return { mayWrite, value: hasRows ? statement.all(...inputs(values)) : statement.run(...inputs(values)) }
      }),
    executeValues: arrays,
    executeValuesUnprepared: arrays,
    executeStream: (sql, values, transform) =>
      Stream.unwrap(Effect.map(connection.execute(sql, values, transform), Stream.fromIterable)),
  }
  return { connection, isTransaction: () => database.isTransaction }
})
