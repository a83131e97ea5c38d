/** `ConfigurationStore` on SQL. */
import { ConfigurationStore } from "@payment-orchestrator/payments"
import { Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as AuditRows from "./internal/AuditRows.ts"
import * as Failure from "./internal/Failure.ts"

const decodeVersion = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ version: Schema.Int })))
const decode = Schema.decodeUnknownEffect(
  Schema.Array(
    Schema.Struct({
      name: Schema.String,
      value: Schema.NullOr(Schema.String),
      digest: Schema.NullOr(Schema.String),
    }),
  ),
)

const make = Effect.map(SqlClient.SqlClient, (sql) => {
  /** Only one of those that compared with the same version goes on; the others wait for it to commit. */
  const goOn = (since: Option.Option<number>) =>
    Option.match(since, {
      onNone: () =>
        sql`insert into configuration_version ${sql.insert({ id: 1, version: 1 })} on conflict (id) do nothing returning id`,
      onSome: (version) =>
        sql`
          update configuration_version set version = ${version + 1} where id = 1 and version = ${version} returning id`,
    }).pipe(Effect.map((rows) => rows.length > 0))

  return ConfigurationStore.ConfigurationStore.of({
    read: (names) =>
      Effect.gen(function* () {
        // First, so that what is read after it is never older.
        const [row] = yield* Effect.flatMap(sql`select version from configuration_version where id = 1`, decodeVersion)
        if (row === undefined) return Option.none()
        const variables = yield* Effect.flatMap(
          sql`select name, value, digest from configuration where ${sql.in("name", names)}`,
          decode,
        )
        return Option.some({ version: row.version, variables })
      }).pipe(Failure.storing("read the last start's configuration")),
    write: ({ entry, put, removed, since }) =>
      Effect.gen(function* () {
        if (!(yield* goOn(since))) return false
        for (const variable of put) {
          yield* sql`
            insert into configuration ${sql.insert({ ...variable })}
            on conflict (name) do update set value = excluded.value, digest = excluded.digest`
        }
        for (const name of removed) yield* sql`delete from configuration where name = ${name}`
        if (Option.isSome(entry)) yield* AuditRows.insert(sql, entry.value)
        return true
      }).pipe(Failure.transaction(sql, "record this start's configuration")),
  })
})

/** Over a database that was migrated. */
export const layer: Layer.Layer<ConfigurationStore.ConfigurationStore, never, SqlClient.SqlClient> = Layer.effect(
  ConfigurationStore.ConfigurationStore,
  make,
)
