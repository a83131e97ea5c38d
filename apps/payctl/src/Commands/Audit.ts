/** `payctl audit`: who did what, and all of it as a file. */
import { Audit } from "@payment-orchestrator/api"
import { Id, Text } from "@payment-orchestrator/domain"
import { Console, Effect, Option, Schema, Stream } from "effect"
import { Command, Flag } from "effect/cli"
import * as Flags from "../Flags.ts"
import * as Output from "../Output.ts"
import { ask } from "../Server.ts"

const line = Text.line(255)
const filters = {
  tenant: Flags.tenant,
  action: Flags.part(
    "action",
    Flags.checked("action", line, "refund.create, provider.drain, configuration.changed, …"),
  ),
  actor: Flags.part("actor", Flags.checked("actor", line, "The key that did it: key_…")),
  target: Flags.part("target", Flags.checked("target", line, "What it was done to: an id")),
}

const { after, before, cursor, limit } = Flags.page(Id.AuditId)

const list = Command.make(
  "list",
  { after, before, cursor, limit, ...filters },
  Effect.fn(function* ({ action, actor, after, before, cursor, limit, target, tenant }) {
    const query = { ...limit, ...cursor, ...after, ...before, ...tenant, ...action, ...actor, ...target }
    yield* Output.page(
      Audit.AuditRecord,
      ["at", "actor", "role", "action", "target", "reason", "address"],
      yield* ask((client) => client.audit.list({ query })),
    )
  }),
).pipe(Command.withDescription("The audit log, newest first"))

const encode = Schema.encodeEffect(Audit.AuditRecord)
const columns = [
  "id",
  "at",
  "actor",
  "role",
  "tenant_id",
  "action",
  "target",
  "reason",
  "address",
  "request_id",
] as const

/** As RFC 4180 says; a text that a spreadsheet would run as a formula is kept from it. */
const csvCell = (value: string | null): string => {
  const text = value ?? ""
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

const pageSize = 100

const dump = Command.make(
  "export",
  {
    after,
    before,
    ...filters,
    format: Flag.Literals("format", ["ndjson", "csv"]).pipe(Flag.withDefault("ndjson" as const)),
  },
  Effect.fn(function* ({ action, actor, after, before, format, target, tenant }) {
    const query = { limit: pageSize, ...after, ...before, ...tenant, ...action, ...actor, ...target }
    const isId = Schema.decodeUnknownEffect(Id.AuditId)
    const rows = Stream.paginate(Option.none<Id.AuditId>(), (from) =>
      Effect.gen(function* () {
        const cursor = Option.isSome(from) ? { cursor: from.value } : {}
        const { data, next_cursor } = yield* ask((client) => client.audit.list({ query: { ...query, ...cursor } }))
        const next =
          next_cursor === null ? Option.none() : Option.some(Option.some(yield* Effect.orDie(isId(next_cursor))))
        return [data, next] as const
      }),
    )
    if (format === "csv") yield* Console.log(columns.join(","))
    yield* Stream.runForEach(rows, (row) =>
      Effect.flatMap(Effect.orDie(encode(row)), (encoded) =>
        Console.log(
          format === "csv" ? columns.map((name) => csvCell(encoded[name])).join(",") : JSON.stringify(encoded),
        ),
      ),
    )
  }),
).pipe(Command.withDescription("All of it, or what the filters choose, one row a line, newest first"))

export const audit = Command.make("audit").pipe(
  Command.withDescription("Who did what, to what, from where and why"),
  Command.withSubcommands([list, dump]),
)
