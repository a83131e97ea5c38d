/** What the people on call were told. */
import type { Alert } from "../Contract.ts"
import * as Format from "../Format.ts"
import { useFilters } from "../Search.ts"
import { Segments } from "../ui/Field.tsx"
import { List } from "../ui/List.tsx"
import { Card, Head, ProviderName, Time } from "../ui/Parts.tsx"
import { Empty } from "../ui/States.tsx"
import { Status } from "../ui/Status.tsx"
import type { Column } from "../ui/Table.tsx"

const views = [
  ["open", "Open"],
  ["cleared", "Cleared"],
  ["all", "All"],
] as const

const columns: ReadonlyArray<Column<Alert>> = [
  { head: "Severity", cell: ({ severity }) => <Status of={severity} /> },
  {
    head: "What",
    cell: ({ details, kind, summary }) => (
      <span className="wrap">
        {summary}
        <span className="muted small block">
          {Format.words(kind)}
          {Object.entries(details).map(([name, value]) => ` · ${Format.words(name)} ${Format.detail(value)}`)}
        </span>
      </span>
    ),
  },
  { head: "Provider", cell: ({ provider }) => <ProviderName name={provider} /> },
  { head: "Raised", end: true, cell: ({ raised_at }) => <Time at={raised_at} /> },
  {
    head: "Cleared",
    end: true,
    cell: ({ cleared_at }) =>
      cleared_at === null ? <span className="muted">still open</span> : <Time at={cleared_at} />,
  },
]

const Alerts = () => {
  const [filters, set] = useFilters()
  const view = views.find(([value]) => value === filters["view"])?.[0] ?? "open"
  return (
    <>
      <Head
        title="Alerts"
        actions={<Segments label="Which" value={view} choices={views} onChange={(value) => set({ view: value })} />}
      >
        Raised once, cleared once it has really passed.
      </Head>
      <Card>
        <List
          name="alerts"
          path="/v1/alerts"
          query={{ status: view === "all" ? undefined : view }}
          label="Alerts, newest first"
          columns={columns}
          empty={
            <Empty title={view === "open" ? "All quiet" : "Nothing here"}>
              {view === "open" ? "Nothing needs you right now." : "No alert was raised yet."}
            </Empty>
          }
        />
      </Card>
    </>
  )
}

export default Alerts
