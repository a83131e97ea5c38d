/** The failover log, and what it was because of. */
import { useQuery } from "@tanstack/react-query"
import * as Api from "../Api.ts"
import type { Failover, Page } from "../Contract.ts"
import * as Format from "../Format.ts"
import { useFilters } from "../Search.ts"
import { Filter } from "../ui/Field.tsx"
import { Icon } from "../ui/Icon.tsx"
import { List } from "../ui/List.tsx"
import { Button, Card, Head, ProviderName, Time } from "../ui/Parts.tsx"
import { Empty, Failed, Loading } from "../ui/States.tsx"
import { type Column, Table } from "../ui/Table.tsx"

const spans = [
  ["1", "Last hour"],
  ["24", "Last 24 hours"],
  ["168", "Last 7 days"],
  ["", "Whenever"],
] as const

const columns: ReadonlyArray<Column<Failover>> = [
  { head: "Checkout", cell: ({ checkout_id }) => <span className="mono">{Format.shortId(checkout_id)}</span> },
  {
    head: "From, to",
    cell: ({ from, to }) => (
      <span className="way">
        <ProviderName name={from} /> <span aria-label="to">→</span> <ProviderName name={to} />
      </span>
    ),
  },
  { head: "Cause", cell: ({ reason }) => <span className="cause">{Format.words(reason)}</span> },
  { head: "Message", cell: ({ message }) => message },
  {
    head: "Provider's request",
    minor: true,
    cell: ({ request_id }) => <span className="mono">{request_id ?? "–"}</span>,
  },
  { head: "At", end: true, cell: ({ at }) => <Time at={at} /> },
]

interface Cause {
  readonly key: string
  readonly from: string
  readonly to: string
  readonly reason: string
  readonly n: number
  readonly last: string
}

/** The same provider given up for the same cause is one group. */
const group = (rows: ReadonlyArray<Failover>): ReadonlyArray<Cause> => {
  const groups = new Map<string, Cause>()
  for (const { at, from, reason, to } of rows) {
    const key = `${from} ${to} ${reason}`
    const known = groups.get(key)
    groups.set(key, { key, from, to, reason, n: (known?.n ?? 0) + 1, last: known?.last ?? at })
  }
  return [...groups.values()].toSorted((a, b) => b.n - a.n)
}

/** To the minute, so that the question stays the same for a while. */
const after = (hours: string): string | undefined =>
  hours === ""
    ? undefined
    : new Date(Math.floor(Date.now() / 60_000) * 60_000 - Number(hours) * 3_600_000).toISOString()

const Causes = ({
  chosen,
  choose,
  rows,
}: {
  readonly rows: ReadonlyArray<Failover>
  readonly chosen: string
  readonly choose: (cause: string) => void
}) => {
  const causes = group(rows)
  const most = Math.max(...causes.map(({ n }) => n), 1)
  return (
    <ul className="causes">
      {causes.map(({ from, key, last, n, reason, to }) => (
        <li key={key}>
          <button type="button" aria-pressed={chosen === key} onClick={() => choose(chosen === key ? "" : key)}>
            <span className="way">
              <ProviderName name={from} /> <Icon name="arrow" size={12} /> <ProviderName name={to} />
              <span className="cause">{Format.words(reason)}</span>
            </span>
            <svg className="share" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
              <rect width={(n / most) * 100} height="4" />
            </svg>
            <span className="cause-last muted">
              last <Time at={last} kind="ago" />
            </span>
            <b className="num">{n}</b>
          </button>
        </li>
      ))}
    </ul>
  )
}

const Failovers = () => {
  const [filters, set] = useFilters()
  const hours = filters["hours"] ?? "24"
  const span = hours === "all" ? "" : hours
  const chosen = filters["cause"] ?? ""
  const created_after = after(span)
  const recent = useQuery({
    queryKey: ["failovers", "causes", created_after],
    queryFn: ({ signal }) => Api.get<Page<Failover>>("/v1/failovers", { query: { limit: 100, created_after }, signal }),
    placeholderData: (before) => before,
  })
  const rows = recent.data?.data ?? []
  const ofCause = rows.filter(({ from, reason, to }) => `${from} ${to} ${reason}` === chosen)
  return (
    <>
      <Head
        title="Failovers"
        actions={
          <Filter
            label="Time"
            value={span}
            choices={spans}
            onChange={(value) => set({ hours: value === "" ? "all" : value, cause: "" })}
          />
        }
      >
        A provider given up for the next one while a checkout was being opened.
      </Head>
      <Card
        title="By cause"
        actions={recent.data?.next_cursor == null ? null : <span className="muted small">of the last 100</span>}
      >
        {recent.isPending ? (
          <Loading lines={3} />
        ) : recent.isError ? (
          <Failed error={recent.error} retry={() => void recent.refetch()} />
        ) : rows.length === 0 ? (
          <Empty title="No failover in this time">Every checkout was opened at its first provider.</Empty>
        ) : (
          <Causes rows={rows} chosen={chosen} choose={(cause) => set({ cause })} />
        )}
      </Card>
      <Card
        title={chosen === "" ? "Log" : "Log of this cause"}
        actions={
          chosen === "" ? null : (
            <Button kind="ghost" icon="cross" onClick={() => set({ cause: "" })}>
              All causes
            </Button>
          )
        }
      >
        {chosen === "" ? (
          <List
            name="failovers"
            path="/v1/failovers"
            query={{ created_after }}
            label="Failovers, newest first"
            columns={columns}
            to={({ checkout_id }) => `/checkouts/${checkout_id}`}
            empty={<Empty title="No failover in this time" />}
          />
        ) : (
          <Table
            label="Failovers of this cause, newest first"
            columns={columns}
            rows={ofCause}
            to={({ checkout_id }) => `/checkouts/${checkout_id}`}
          />
        )}
      </Card>
    </>
  )
}

export default Failovers
