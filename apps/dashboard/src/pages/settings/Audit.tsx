/** Who did what, to what, from where and why. */
import type { AuditRecord, Page } from "../../Contract.ts"
import * as Api from "../../Api.ts"
import * as Format from "../../Format.ts"
import { useFilters } from "../../Search.ts"
import { useMutation } from "@tanstack/react-query"
import { Filter } from "../../ui/Field.tsx"
import { List } from "../../ui/List.tsx"
import { Button, Card, Time } from "../../ui/Parts.tsx"
import { Empty, messageOf } from "../../ui/States.tsx"
import type { Column } from "../../ui/Table.tsx"

const actions = [
  ["", "Any action"],
  ...[
    "provider.drain",
    "provider.restore",
    "refund.create",
    "checkout.expire",
    "subscription.cancel",
    "event.redeliver",
    "configuration.changed",
    "drill.start",
    "key.create",
    "key.revoke",
    "endpoint.create",
    "endpoint.change",
    "endpoint.disable",
    "endpoint.enable",
    "endpoint.rotate",
    "endpoint.test",
    "endpoint.redeliver",
    "endpoint.remove",
    "session.begin",
    "session.end",
  ].map((action) => [action, action] as const),
] as const

const none = <span className="muted">–</span>

const columns: ReadonlyArray<Column<AuditRecord>> = [
  { head: "Action", cell: ({ action }) => <span className="mono">{action}</span> },
  {
    head: "Who",
    cell: ({ actor, role }) => (
      <span>
        <span className="mono">{Format.shortId(actor)}</span>
        {role === null ? null : <span className="muted"> {role}</span>}
      </span>
    ),
  },
  { head: "To what", cell: ({ target }) => <span className="mono">{Format.shortId(target)}</span> },
  { head: "Why", cell: ({ reason }) => (reason === null ? none : <span className="wrap">{reason}</span>) },
  { head: "From", minor: true, cell: ({ address }) => <span className="mono">{address ?? "–"}</span> },
  { head: "At", end: true, cell: ({ at }) => <Time at={at} /> },
]

const fields = [
  "at",
  "action",
  "actor",
  "role",
  "tenant_id",
  "target",
  "reason",
  "address",
  "request_id",
  "id",
] as const

/** Quoted; what a spreadsheet would take for a formula is made text. */
const quoted = (value: string | null): string => {
  const text = value ?? ""
  return `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`
}

const csvOf = (rows: ReadonlyArray<AuditRecord>): string =>
  [fields.join(","), ...rows.map((row) => fields.map((field) => quoted(row[field])).join(","))].join("\r\n")

/** Everything there is, page after page. */
const everything = async (action: string): Promise<ReadonlyArray<AuditRecord>> => {
  const rows: Array<AuditRecord> = []
  let cursor: string | undefined
  do {
    const page: Page<AuditRecord> = await Api.get("/v1/audit", { query: { limit: 100, action, cursor } })
    rows.push(...page.data)
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
  return rows
}

const save = (text: string): void => {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }))
  const link = document.createElement("a")
  link.href = url
  link.download = "audit-log.csv"
  link.click()
  URL.revokeObjectURL(url)
}

export const Audit = () => {
  const [filters, set] = useFilters()
  const action = filters["action"] ?? ""
  const download = useMutation({
    mutationFn: () => everything(action),
    onSuccess: (rows) => save(csvOf(rows)),
  })
  return (
    <>
      <div className="filters">
        <Filter label="Action" value={action} choices={actions} onChange={(value) => set({ action: value })} />
        <Button busy={download.isPending} onClick={() => download.mutate()}>
          {download.isPending ? "Exporting…" : "Export CSV"}
        </Button>
        {download.isError ? (
          <p className="fault" role="alert">
            {messageOf(download.error)}
          </p>
        ) : null}
      </div>
      <Card>
        <List
          name="audit"
          path="/v1/audit"
          query={{ action }}
          label="The audit log, newest first"
          columns={columns}
          empty={<Empty title="Nothing was done" />}
        />
      </Card>
    </>
  )
}
