/** `DrillStore` on SQL. */
import { Drill, Id, ProviderName, Timestamp, Tracing } from "@payment-orchestrator/domain"
import { DrillStore } from "@payment-orchestrator/payments"
import { Array, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as AuditRows from "./internal/AuditRows.ts"
import * as Failure from "./internal/Failure.ts"
import * as Keyset from "./internal/Keyset.ts"
import * as Leases from "./internal/Leases.ts"

type Sql = SqlClient.SqlClient

const Report = Schema.fromJsonString(Drill.Report)

const DrillRow = Schema.Struct({
  id: Id.DrillId,
  provider: ProviderName.ProviderName,
  fault: Drill.DrillFault,
  checkouts: Schema.Int,
  actor: Schema.String,
  livemode: Schema.Literals([0, 1]),
  started_at: Timestamp.Millis,
  due_at: Timestamp.Millis,
  ended_at: Schema.NullOr(Timestamp.Millis),
  report: Schema.NullOr(Report),
})
const decode = Schema.decodeUnknownEffect(Schema.Array(DrillRow))
const encodeReport = Schema.encodeEffect(Report)

const read = Effect.fnUntraced(function* (rows: ReadonlyArray<unknown>) {
  const now = yield* Timestamp.now
  return (yield* decode(rows)).map(({ due_at, ended_at, livemode, started_at, ...rest }): Drill.Drill => ({
    ...rest,
    livemode: livemode === 1,
    status: ended_at !== null ? "done" : due_at <= now ? "interrupted" : "running",
    startedAt: started_at,
    endedAt: ended_at,
  }))
})

const begin = Effect.fnUntraced(function* (sql: Sql, drill: Drill.Drill, dueAt: number) {
  yield* Leases.queue(sql, "drills")
  const [latest] = yield* sql`select * from drills order by started_at desc, id desc limit 1`.pipe(Effect.flatMap(read))
  if (latest?.status === "running") return false
  const { actor, checkouts, fault, id, livemode, provider, startedAt } = drill
  yield* sql`
    insert into drills ${sql.insert({
      id,
      provider,
      fault,
      checkouts,
      actor,
      livemode: livemode ? 1 : 0,
      started_at: startedAt,
      due_at: dueAt,
    })}`
  yield* AuditRows.insert(sql, {
    action: "drill.start",
    target: id,
    reason: Option.some(`${provider} ${fault}`),
    tenantId: Option.none(),
  })
  return true
})

export const layer: Layer.Layer<DrillStore.DrillStore, never, SqlClient.SqlClient> = Layer.effect(
  DrillStore.DrillStore,
  Effect.map(SqlClient.SqlClient, (sql) =>
    DrillStore.DrillStore.of({
      begin: (drill, dueAt) =>
        Tracing.span("DrillStore.begin")(Failure.transaction(sql, "begin a drill")(begin(sql, drill, dueAt))),
      end: (id, report) =>
        Tracing.span("DrillStore.end")(
          Effect.gen(function* () {
            const now = yield* Timestamp.now
            yield* sql`update drills set ended_at = ${now}, report = ${yield* encodeReport(report)} where id = ${id}`
          }).pipe(Failure.storing("end a drill")),
        ),
      interrupt: (id) =>
        Tracing.span("DrillStore.interrupt")(
          Effect.flatMap(
            Timestamp.now,
            (now) => sql`update drills set due_at = ${now} where id = ${id} and ended_at is null`,
          ).pipe(Effect.asVoid, Failure.storing("interrupt a drill")),
        ),
      find: (id) =>
        Tracing.span("DrillStore.find")(
          sql`select * from drills where id = ${id}`.pipe(
            Effect.flatMap(read),
            Effect.map(Array.head),
            Failure.storing("read a drill"),
          ),
        ),
      list: (page) =>
        Tracing.span("DrillStore.list")(
          sql`select * from drills ${Keyset.page(sql, { name: "drills", time: "started_at" }, page)}`.pipe(
            Effect.flatMap(read),
            Failure.storing("list drills"),
          ),
        ),
    }),
  ),
)
