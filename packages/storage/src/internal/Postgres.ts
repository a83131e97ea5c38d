/** PostgreSQL: a pool that opens connections as they are needed and replaces those that break. */
import { PgClient, PgPool, PgTypes } from "@effect/sql-pg"
import { Effect, Layer, type Redacted, Result } from "effect"
import { Reactivity } from "effect/reactivity"
import { SqlClient } from "effect/sql"
import { DatabaseError } from "../DatabaseError.ts"
import * as PostgresConnection from "./PostgresConnection.ts"

export interface Options {
  readonly url: Redacted.Redacted
  /** How many connections there may be at once. */
  readonly poolSize: number
}

const codecError = (message: string) => new PgTypes.CodecError({ message })

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** `bigint` columns as numbers: amounts and times fit; what does not fit is an error and never rounded. */
const safeInteger: PgTypes.Codec<number | bigint> = {
  encode: (value) => {
    const bytes = new Uint8Array(8)
    view(bytes).setBigInt64(0, BigInt(value))
    return Result.succeed(bytes)
  },
  decode: (bytes) => {
    const value = Number(view(bytes).getBigInt64(0))
    return Number.isSafeInteger(value)
      ? Result.succeed(value)
      : Result.fail(codecError("a bigint does not fit into a safe integer"))
  },
}

const types = (): PgTypes.Registry => {
  const registry = PgTypes.makeRegistry()
  registry.register(PgTypes.OID.int8, safeInteger)
  return registry
}

/** The server ends what runs or idles in a transaction too long; the client gives up connecting after 5 s. */
const limits = {
  statement_timeout: "10s",
  lock_timeout: "8s",
  idle_in_transaction_session_timeout: "15s",
}

const make = Effect.fnUntraced(function* ({ poolSize, url }: Options) {
  const pool = yield* PgPool.make({
    url,
    maxConnections: poolSize,
    applicationName: "payment-orchestrator",
    connectTimeout: "5 seconds",
    keepAlive: "30 seconds",
    startupParameters: limits,
    types: types(),
    // One user at a time, who may send a statement before the last one was answered.
    multiplex: true,
    multiplexConcurrency: 1,
  })
  // A reserved connection sends one statement at a time, and cancels the one that nobody waits for any more.
  const acquirer = Effect.map(pool.reserve, PostgresConnection.statements)
  return yield* SqlClient.make({
    acquirer,
    borrower: (use) => Effect.scoped(Effect.flatMap(acquirer, use)),
    transactionAcquirer: Effect.map(pool.get, (connection) =>
      PostgresConnection.transaction(connection, pool.invalidate(connection)),
    ),
    compiler: PgClient.makeCompiler(),
    driver: "sql-pg",
    prepareTransactionControls: true,
    beginTransaction: PostgresConnection.begin,
    rollback: PostgresConnection.rollback,
    commit: PostgresConnection.commit,
    releaseSavepoint: (name) => `RELEASE SAVEPOINT ${name}`,
    spanAttributes: [["db.system.name", "postgresql"]],
  })
})

export const layer = (options: Options): Layer.Layer<SqlClient.SqlClient, DatabaseError> =>
  Layer.effect(
    SqlClient.SqlClient,
    Effect.mapError(
      make(options),
      ({ reason }) => new DatabaseError({ detail: `PostgreSQL cannot be used: ${reason._tag}` }),
    ),
  ).pipe(Layer.provide(Reactivity.layer))
