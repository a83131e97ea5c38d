/** Disputes, of one payment or of all. */
import { Link } from "@tanstack/react-router"
import type { Query } from "../../Api.ts"
import type { Dispute } from "../../Contract.ts"
import * as Format from "../../Format.ts"
import { List } from "../../ui/List.tsx"
import { Copy, Money, Pill, ProviderName, Time, type Tone } from "../../ui/Parts.tsx"
import { Empty } from "../../ui/States.tsx"
import type { Column } from "../../ui/Table.tsx"

const tones: { readonly [status in Dispute["status"]]: Tone } = {
  open: "warn",
  won: "good",
  lost: "bad",
  closed: "quiet",
}

const none = <span className="muted">–</span>

const own: ReadonlyArray<Column<Dispute>> = [
  { head: "Status", cell: ({ status }) => <Pill tone={tones[status]}>{Format.title(status)}</Pill> },
  {
    head: "Amount",
    end: true,
    cell: ({ amount, currency }) =>
      amount === null || currency === null ? none : <Money amount={amount} currency={currency} />,
  },
  { head: "Reason", cell: ({ reason }) => (reason === null ? none : Format.words(reason.toLowerCase())) },
  { head: "Answer by", cell: ({ respond_by }) => (respond_by === null ? none : <Time at={respond_by} />) },
  { head: "Answer it there as", cell: ({ provider_dispute_id }) => <Copy text={provider_dispute_id} /> },
]

const whose: ReadonlyArray<Column<Dispute>> = [
  { head: "Provider", cell: ({ provider }) => <ProviderName name={provider} /> },
  {
    head: "Payment",
    cell: ({ payment_id }) => (
      <Link to="/payments/$id" params={{ id: payment_id }} className="mono">
        {Format.shortId(payment_id)}
      </Link>
    ),
  },
  {
    head: "Checkout",
    cell: ({ checkout_id }) => (
      <Link to="/checkouts/$id" params={{ id: checkout_id }} className="mono">
        {Format.shortId(checkout_id)}
      </Link>
    ),
  },
]

const when: Column<Dispute> = { head: "At", end: true, cell: ({ created_at }) => <Time at={created_at} /> }

export const DisputeList = ({
  label,
  nothing,
  ofAll = false,
  query,
}: {
  readonly label: string
  readonly query: Query
  /** What is said when there is none. */
  readonly nothing: string
  /** Whether it must be told whose they are. */
  readonly ofAll?: boolean
}) => (
  <List
    name="disputes"
    path="/v1/disputes"
    query={query}
    label={label}
    columns={ofAll ? [...own, ...whose, when] : [...own, when]}
    empty={<Empty title={nothing} icon="disputes" />}
  />
)
