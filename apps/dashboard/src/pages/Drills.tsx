/** Rehearsing an outage while real checkouts go on. */
import { useQuery, useQueryClient } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import * as Api from "../Api.ts"
import type { Drill, Provider } from "../Contract.ts"
import * as Format from "../Format.ts"
import { useMay, useSeesAll } from "../Session.tsx"
import { SelectField, text, TextField } from "../ui/Field.tsx"
import { List } from "../ui/List.tsx"
import { Button, Card, Head, ProviderName, Time } from "../ui/Parts.tsx"
import { Empty, messageOf } from "../ui/States.tsx"
import { Status } from "../ui/Status.tsx"
import { useSubmit } from "../ui/Submit.ts"
import type { Column } from "../ui/Table.tsx"

const faults = [
  ["down", "Down: refuses connections"],
  ["error", "Error: answers 503"],
  ["slow", "Slow: never answers"],
] as const

const columns: ReadonlyArray<Column<Drill>> = [
  { head: "Drill", cell: ({ id }) => <span className="mono">{Format.shortId(id)}</span> },
  { head: "Status", cell: ({ status }) => <Status of={status} /> },
  {
    head: "Rehearsed",
    cell: ({ fault, provider }) => (
      <span className="way">
        <ProviderName name={provider} /> <span className="cause">{fault}</span>
      </span>
    ),
  },
  {
    head: "Opened",
    end: true,
    cell: ({ checkouts, report }) => (
      <span className="num">
        {report === null ? "…" : report.opened} of {checkouts}
      </span>
    ),
  },
  {
    head: "Longest wait",
    end: true,
    cell: ({ report }) =>
      report === null ? "…" : <span className="num">{Format.duration(report.longest_wait_ms)}</span>,
  },
  { head: "Who", minor: true, cell: ({ actor }) => <span className="mono muted">{Format.shortId(actor)}</span> },
  { head: "Began", end: true, cell: ({ started_at }) => <Time at={started_at} /> },
]

const Start = () => {
  const navigate = useNavigate()
  const client = useQueryClient()
  const providers = useQuery({
    queryKey: ["providers"],
    queryFn: ({ signal }) => Api.get<{ readonly data: ReadonlyArray<Provider> }>("/v1/providers", { signal }),
  })
  const [start, submit] = useSubmit(
    (form) =>
      Api.post<Drill>("/v1/drills", {
        provider: text(form, "provider"),
        fault: text(form, "fault"),
        checkouts: Number(text(form, "checkouts") ?? "5"),
      }),
    {
      onSuccess: ({ id }) => {
        void client.invalidateQueries({ queryKey: ["drills"] })
        void navigate({ to: "/drills/$id", params: { id } })
      },
    },
  )
  return (
    <Card title="Run a drill">
      <form className="inline-form" onSubmit={submit}>
        <SelectField
          label="Provider"
          name="provider"
          choices={(providers.data?.data ?? []).map(({ name }) => [name, Format.provider(name)] as const)}
        />
        <SelectField label="What happens to it" name="fault" choices={faults} />
        <TextField label="Test checkouts" name="checkouts" type="number" min={1} max={20} value="5" required />
        <Button type="submit" kind="primary" icon="drills" busy={start.isPending}>
          Run
        </Button>
      </form>
      {start.isError ? (
        <p className="fault" role="alert">
          {messageOf(start.error)}
        </p>
      ) : null}
      <p className="hint card-hint">
        Only the drill's own test checkouts meet the fault. The other providers open real pages for them, which nobody
        gets.
      </p>
    </Card>
  )
}

const Run = () => (
  <>
    <Start />
    <Card>
      <List
        name="drills"
        path="/v1/drills"
        label="Drills, newest first"
        columns={columns}
        to={({ id }) => `/drills/${id}`}
        empty={
          <Empty title="No drill yet" icon="drills">
            The day on which you need the reserve is a bad day to try it for the first time.
          </Empty>
        }
      />
    </Card>
  </>
)

const Drills = () => {
  const may = useMay("operate")
  const seesAll = useSeesAll()
  return (
    <>
      <Head title="Drills">Rehearse an outage: real checkouts, statistics and alerts are untouched.</Head>
      {may && seesAll ? (
        <Run />
      ) : (
        <Card>
          <Empty title="Drills are for operators" icon="user">
            Sign in with a key of role operator or admin that belongs to no tenant to see them and to run one.
          </Empty>
        </Card>
      )}
    </>
  )
}

export default Drills
