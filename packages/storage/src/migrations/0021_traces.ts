/**
 * Which span began a thing (a checkout, an event), so that what happens to it later can be linked. Written only while
 * somebody collects traces.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import * as Dialect from "../Dialect.ts"

const migration = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    create table traces (
      object_id ${Dialect.idType(sql)} primary key not null,
      trace_id text not null,
      span_id text not null,
      at bigint not null
    )`
  yield* sql`create index traces_time on traces (at)`
})

export default migration
