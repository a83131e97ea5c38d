/** Deliveries that were refused: a wrong secret, a proxy that changes bodies, or somebody who tries. */
import type { RejectedWebhook } from "../../Contract.ts"
import * as Format from "../../Format.ts"
import { useFilters } from "../../Search.ts"
import { Filter } from "../../ui/Field.tsx"
import { List } from "../../ui/List.tsx"
import { Card, Pill, ProviderName, Time, type Tone } from "../../ui/Parts.tsx"
import { Empty } from "../../ui/States.tsx"
import type { Column } from "../../ui/Table.tsx"
import { providerChoices } from "../Checkouts.tsx"

const whys: { readonly [reason in RejectedWebhook["reason"]]: string } = {
  bad_signature: "Signed with another secret, changed on its way, or forged",
  stale: "Too old: sent again by somebody, or this machine's clock is wrong",
  missing_header: "A header of the signature is missing",
  duplicate_header: "A header of the signature came twice",
  malformed: "Signed rightly, but not what this provider sends",
  not_configured: "The webhook secret of this provider is not set here",
  too_large: "Larger than any webhook",
  unreadable: "The body could not be read",
  rate_limited: "More than one address may send in a minute",
  unknown_provider: "Sent to a name that no provider has here",
}

const tones: { readonly [reason in RejectedWebhook["reason"]]: Tone } = {
  bad_signature: "bad",
  stale: "warn",
  missing_header: "warn",
  duplicate_header: "warn",
  malformed: "bad",
  not_configured: "bad",
  too_large: "warn",
  unreadable: "warn",
  rate_limited: "warn",
  unknown_provider: "quiet",
}

/** What was sent, as far as it is told. */
const Which = ({ body_bytes, body_sha256, delivery_id, headers }: RejectedWebhook) => (
  <span className="wrap small muted">
    {delivery_id === null ? null : <span className="mono block">{delivery_id}</span>}
    {body_bytes === null ? "body not read" : `${body_bytes} bytes`}
    {body_sha256 === null ? null : (
      <>
        , <abbr title={`SHA-256 ${body_sha256}`}>{body_sha256.slice(0, 8)}…</abbr>
      </>
    )}
    , <abbr title={headers.join(", ")}>{headers.length} headers</abbr>
  </span>
)

const columns: ReadonlyArray<Column<RejectedWebhook>> = [
  { head: "Reason", cell: ({ reason }) => <Pill tone={tones[reason]}>{Format.title(reason)}</Pill> },
  {
    head: "Provider",
    cell: ({ provider }) =>
      provider === null ? <span className="muted">no such</span> : <ProviderName name={provider} />,
  },
  {
    head: "Why",
    cell: ({ detail, reason }) => (
      <span className="wrap">
        {whys[reason]}
        {detail === null ? null : <span className="muted small block">{detail}</span>}
      </span>
    ),
  },
  { head: "How many", end: true, cell: ({ count }) => <span className="num">{count}</span> },
  {
    head: "From",
    cell: ({ address }) =>
      address === null ? <span className="muted">many</span> : <span className="mono">{address}</span>,
  },
  { head: "The newest", minor: true, cell: (one) => <Which {...one} /> },
  { head: "Last", end: true, cell: ({ last_at }) => <Time at={last_at} /> },
]

export const Refused = () => {
  const [filters, set] = useFilters()
  const { provider = "" } = filters
  return (
    <>
      <div className="filters">
        <Filter
          label="Provider"
          value={provider}
          choices={providerChoices}
          onChange={(value) => set({ provider: value })}
        />
      </div>
      <Card>
        <List
          name="rejected"
          path="/v1/inbox/rejected"
          query={{ provider }}
          label="Refused webhooks, newest first"
          columns={columns}
          empty={
            <Empty title="Nothing was refused" icon="check">
              In the last seven days.
            </Empty>
          }
        />
      </Card>
    </>
  )
}
