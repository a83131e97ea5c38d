/** What the providers told us, and what was made of it. */
import { Link } from "@tanstack/react-router"
import type { InboxEntry } from "../Contract.ts"
import * as Format from "../Format.ts"
import { useFilters } from "../Search.ts"
import { Filter, Segments } from "../ui/Field.tsx"
import { List } from "../ui/List.tsx"
import { Card, Head, Pill, ProviderName, Time, type Tone } from "../ui/Parts.tsx"
import { Empty } from "../ui/States.tsx"
import type { Column } from "../ui/Table.tsx"
import { providerChoices } from "./Checkouts.tsx"
import { Refused } from "./inbox/Refused.tsx"

const states = [
  ["", "Any state"],
  ["parked", "Parked"],
  ["due", "Due"],
  ["applied", "Applied"],
  ["ignored", "Ignored"],
] as const

const tones: { readonly [state in InboxEntry["state"]]: Tone } = {
  parked: "warn",
  due: "info",
  applied: "good",
  ignored: "quiet",
}

/** Why it is in its state. */
const Why = ({ applied_at, match_at, received_at, state, subject, tries }: InboxEntry) => {
  switch (state) {
    case "parked":
      return (
        <>
          About nothing that is known yet; looked for {tries === 1 ? "once" : `${tries} times`}
          {match_at === null ? "" : ", again at "}
          {match_at === null ? null : <Time at={match_at} kind="clock" />}
        </>
      )
    case "due":
      return <>The {subject} is being looked up</>
    case "applied":
      return (
        <>
          The {subject} was looked up
          {applied_at === null
            ? ""
            : ` after ${Format.duration(Math.max(0, Date.parse(applied_at) - Date.parse(received_at)))}`}
        </>
      )
    case "ignored":
      return subject === "unknown" ? "Of a type that is not needed" : "About nothing of ours"
  }
}

const columns: ReadonlyArray<Column<InboxEntry>> = [
  { head: "Type", cell: ({ type }) => <span className="mono">{type}</span> },
  { head: "State", cell: ({ state }) => <Pill tone={tones[state]}>{Format.title(state)}</Pill> },
  { head: "Provider", cell: ({ provider }) => <ProviderName name={provider} /> },
  {
    head: "Why",
    cell: (entry) => (
      <span className="wrap muted">
        <Why {...entry} />
      </span>
    ),
  },
  {
    head: "Checkout",
    cell: ({ checkout_id: id }) =>
      id === null ? (
        <span className="muted">–</span>
      ) : (
        <Link to="/checkouts/$id" params={{ id }} className="mono">
          {Format.shortId(id)}
        </Link>
      ),
  },
  {
    head: "Came by",
    minor: true,
    cell: ({ origin }) => (origin === "webhook" ? "webhook" : "provider's list"),
  },
  { head: "Received", end: true, cell: ({ received_at }) => <Time at={received_at} /> },
]

const Taken = () => {
  const [filters, set] = useFilters()
  const { provider = "", state = "" } = filters
  return (
    <>
      <div className="filters">
        <Filter label="State" value={state} choices={states} onChange={(value) => set({ state: value })} />
        <Filter
          label="Provider"
          value={provider}
          choices={providerChoices}
          onChange={(value) => set({ provider: value })}
        />
      </div>
      <Card>
        <List
          name="inbox"
          path="/v1/inbox"
          query={{ state, provider }}
          label="Webhooks of providers, newest first"
          columns={columns}
          empty={
            <Empty title="Nothing came" icon="inbox">
              Providers send their webhooks to <code>/webhooks/&lt;provider&gt;</code>.
            </Empty>
          }
        />
      </Card>
    </>
  )
}

const views = [
  ["taken", "Taken"],
  ["refused", "Refused"],
] as const

const Inbox = () => {
  const [filters, set] = useFilters()
  const view = filters["view"] === "refused" ? "refused" : "taken"
  return (
    <>
      <Head
        title="Webhooks in"
        actions={<Segments label="Which" value={view} choices={views} onChange={(value) => set({ view: value })} />}
      >
        {view === "taken"
          ? "Each is a reason to ask the provider, never the truth itself."
          : "Not believed, and not kept: only that they came, why they were refused, and from where."}
      </Head>
      {view === "taken" ? <Taken /> : <Refused />}
    </>
  )
}

export default Inbox
