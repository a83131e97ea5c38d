/** What customers pay regularly. */
import type { Subscription } from "../Contract.ts"
import * as Format from "../Format.ts"
import { useFilters } from "../Search.ts"
import { Filter } from "../ui/Field.tsx"
import { List } from "../ui/List.tsx"
import { Card, Head, Money, ProviderName, Time } from "../ui/Parts.tsx"
import { Empty } from "../ui/States.tsx"
import { Status } from "../ui/Status.tsx"
import type { Column } from "../ui/Table.tsx"
import { providerChoices } from "./Checkouts.tsx"

const statuses = [
  ["", "Any status"],
  ["active", "Active"],
  ["trialing", "Trialing"],
  ["past_due", "Past due"],
  ["paused", "Paused"],
  ["incomplete", "Incomplete"],
  ["canceled", "Canceled"],
  ["expired", "Expired"],
] as const

const columns: ReadonlyArray<Column<Subscription>> = [
  { head: "Subscription", cell: ({ id }) => <span className="mono">{Format.shortId(id)}</span> },
  { head: "Status", cell: ({ status }) => <Status of={status} /> },
  {
    head: "Price",
    end: true,
    cell: ({ amount, currency }) =>
      currency === null ? <span className="muted">–</span> : <Money amount={amount} currency={currency} />,
  },
  { head: "Customer", cell: ({ customer_id }) => customer_id ?? <span className="muted">–</span> },
  { head: "Provider", cell: ({ provider }) => <ProviderName name={provider} /> },
  { head: "Provider's id", minor: true, cell: (row) => <span className="mono">{row.provider_subscription_id}</span> },
  {
    head: "Paid until",
    end: true,
    cell: ({ current_period_end: end }) =>
      end === null ? <span className="muted">–</span> : <Time at={end} kind="day" />,
  },
  { head: "Began", end: true, cell: ({ created_at }) => <Time at={created_at} /> },
]

const Subscriptions = () => {
  const [filters, set] = useFilters()
  const { provider = "", status = "" } = filters
  return (
    <>
      <Head title="Subscriptions">A subscription lives at the provider that made it, and cannot fail over.</Head>
      <div className="filters">
        <Filter label="Status" value={status} choices={statuses} onChange={(value) => set({ status: value })} />
        <Filter
          label="Provider"
          value={provider}
          choices={providerChoices}
          onChange={(value) => set({ provider: value })}
        />
      </div>
      <Card>
        <List
          name="subscriptions"
          path="/v1/subscriptions"
          query={{ status, provider }}
          label="Subscriptions, newest first"
          columns={columns}
          to={({ id }) => `/subscriptions/${id}`}
          empty={<Empty title="No subscription" icon="subscriptions" />}
        />
      </Card>
    </>
  )
}

export default Subscriptions
