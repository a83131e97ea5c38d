/** One drill, watched while it runs, and its report. */
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import * as Api from "../Api.ts"
import type { Drill as Shown } from "../Contract.ts"
import * as Format from "../Format.ts"
import { useId } from "../Search.ts"
import { Card, Copy, Head, Pill, ProviderName, Time } from "../ui/Parts.tsx"
import { Empty, Failed, Loading } from "../ui/States.tsx"
import { Status } from "../ui/Status.tsx"
import { type Column, Table } from "../ui/Table.tsx"

type Report = NonNullable<Shown["report"]>
type Drilled = Report["checkouts"][number]

/** What became of the page that nobody got. */
const withdrawals: { readonly [withdrawal in NonNullable<Drilled["withdrawal"]>]: string } = {
  withdrawn: "withdrawn",
  being_paid: "being paid",
  cannot: "stays until it expires",
  failed: "provider not reached",
}

const results = { opened: "good", refused: "bad", failed: "bad" } as const

const columns: ReadonlyArray<Column<Drilled>> = [
  { head: "Test checkout", cell: ({ id }) => <span className="mono">{Format.shortId(id)}</span> },
  { head: "Result", cell: ({ result }) => <Pill tone={results[result]}>{result}</Pill> },
  { head: "Page of", cell: ({ provider }) => <ProviderName name={provider} /> },
  {
    head: "Asked",
    cell: ({ attempts }) => (
      <span className="wrap">
        {attempts
          .map(({ provider, reason, result }) => `${Format.provider(provider)} ${Format.words(reason ?? result)}`)
          .join(", ")}
      </span>
    ),
  },
  { head: "Wait", end: true, cell: ({ wait_ms }) => <span className="num">{Format.duration(wait_ms)}</span> },
  {
    head: "Its page",
    cell: ({ withdrawal }) => (withdrawal === null ? <span className="muted">–</span> : withdrawals[withdrawal]),
  },
]

const ReportCard = ({ checkouts, report }: { readonly report: Report; readonly checkouts: number }) => (
  <>
    <dl className="tiles three">
      <div className={`tile ${report.opened === checkouts ? "good" : "bad"}`}>
        <dt>Buyers with a page</dt>
        <dd>
          <span className="tile-value num">
            {report.opened} of {checkouts}
          </span>
        </dd>
      </div>
      <div className="tile">
        <dt>Failovers</dt>
        <dd>
          <span className="tile-value num">{report.failovers}</span>
        </dd>
      </div>
      <div className="tile">
        <dt>Longest wait</dt>
        <dd>
          <span className="tile-value num">{Format.duration(report.longest_wait_ms)}</span>
        </dd>
      </div>
    </dl>
    <Card title="Test checkouts">
      <Table label="Test checkouts" columns={columns} rows={report.checkouts} />
    </Card>
    <Card title="Alerts that this would raise">
      {report.alerts.length === 0 ? (
        <Empty title="None" />
      ) : (
        <ul className="lines">
          {report.alerts.map(({ kind, severity, summary }) => (
            <li key={kind} className="line">
              <Status of={severity} />
              <span className="line-main">{summary}</span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  </>
)

const Drill = () => {
  const id = useId()
  const drill = useQuery({
    queryKey: ["drills", id],
    queryFn: ({ signal }) => Api.get<Shown>(`/v1/drills/${id}`, { signal }),
    refetchInterval: ({ state }) => (state.data?.status === "running" ? 700 : false),
  })
  if (drill.isPending) return <Loading lines={8} />
  if (drill.isError) return <Failed error={drill.error} retry={() => void drill.refetch()} />
  const { actor, checkouts, fault, provider, report, started_at, status } = drill.data
  return (
    <>
      <nav className="crumbs" aria-label="Where you are">
        <Link to="/drills">Drills</Link>
      </nav>
      <Head
        title={
          <>
            {Format.provider(provider)} {fault} <Status of={status} />
          </>
        }
      >
        <Copy text={id} /> by {actor}, <Time at={started_at} />
      </Head>
      {report === null ? (
        <Card>
          {status === "running" ? (
            <div className="state" role="status">
              <progress aria-label="The drill is running" />
              <p className="state-title">
                {checkouts} test checkouts are being opened while {Format.provider(provider)} is {fault}
              </p>
            </div>
          ) : (
            <Empty title="It was interrupted" icon="alerts">
              Its process ended before the drill did.
            </Empty>
          )}
        </Card>
      ) : (
        <ReportCard report={report} checkouts={checkouts} />
      )}
    </>
  )
}

export default Drill
