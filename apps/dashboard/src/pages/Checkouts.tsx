/** Finding a checkout by whatever somebody has at hand. */
import { type FormEvent, useRef } from "react"
import type { Checkout } from "../Contract.ts"
import * as Format from "../Format.ts"
import { useFilters } from "../Search.ts"
import { Filter, text } from "../ui/Field.tsx"
import { Icon } from "../ui/Icon.tsx"
import { List } from "../ui/List.tsx"
import { Card, Head, Money, ProviderName, Time } from "../ui/Parts.tsx"
import { Empty } from "../ui/States.tsx"
import { Status } from "../ui/Status.tsx"
import type { Column } from "../ui/Table.tsx"
import { Button } from "../ui/Parts.tsx"

const statuses = [
  ["", "Any status"],
  ["open", "Open"],
  ["processing", "Processing"],
  ["paid", "Paid"],
  ["expired", "Expired"],
  ["failed", "Failed"],
] as const

export const providerChoices = [
  ["", "Any provider"],
  ["paypal", "PayPal"],
  ["polar", "Polar"],
  ["stripe", "Stripe"],
] as const

/** The way a checkout took: who was asked and did not open it, and who did. */
const Way = ({ attempts, provider }: Checkout) => {
  const failed = attempts.filter(({ result }) => result === "transient_error" || result === "permanent_error")
  const skipped = attempts.filter(({ result, reason }) => result === "skipped" && reason !== "not_configured")
  return (
    <span className="way">
      <ProviderName name={provider} />
      {failed.length + skipped.length === 0 ? null : (
        <span
          className="cause"
          title={[...failed, ...skipped].map((a) => `${a.provider}: ${a.message ?? a.result}`).join("\n")}
        >
          {[...failed, ...skipped]
            .map((a) => `${Format.provider(a.provider)} ${Format.words(a.reason ?? a.result)}`)
            .join(", ")}
        </span>
      )}
    </span>
  )
}

const columns: ReadonlyArray<Column<Checkout>> = [
  { head: "Checkout", cell: ({ id }) => <span className="mono">{Format.shortId(id)}</span> },
  { head: "Status", cell: ({ status }) => <Status of={status} /> },
  { head: "Amount", end: true, cell: ({ amount, currency }) => <Money amount={amount} currency={currency} /> },
  { head: "Provider", cell: (row) => <Way {...row} /> },
  {
    head: "Order or reference",
    cell: ({ order_id, reference }) => order_id ?? reference ?? <span className="muted">–</span>,
  },
  { head: "Tenant", minor: true, cell: ({ tenant_id }) => tenant_id },
  { head: "Created", end: true, cell: ({ created_at }) => <Time at={created_at} /> },
]

const Checkouts = () => {
  const [filters, set] = useFilters()
  const box = useRef<HTMLInputElement>(null)
  const { provider = "", search = "", status = "" } = filters

  const find = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    set({ search: text(new FormData(event.currentTarget), "search") ?? "" })
  }
  const clear = () => {
    if (box.current !== null) box.current.value = ""
    set({ search: "", status: "", provider: "" })
  }

  return (
    <>
      <Head title="Checkouts" />
      <div className="filters">
        <form role="search" className="search" onSubmit={find}>
          <Icon name="search" size={14} />
          <input
            ref={box}
            type="search"
            name="search"
            defaultValue={search}
            key={search}
            aria-label="Search by id, reference, order, e-mail or provider session"
            placeholder="Id, reference, order, e-mail, provider session…"
            autoComplete="off"
            spellCheck={false}
          />
          <Button type="submit">Search</Button>
        </form>
        <Filter label="Status" value={status} choices={statuses} onChange={(value) => set({ status: value })} />
        <Filter
          label="Provider"
          value={provider}
          choices={providerChoices}
          onChange={(value) => set({ provider: value })}
        />
        {search + status + provider === "" ? null : (
          <Button kind="ghost" icon="cross" onClick={clear}>
            Clear
          </Button>
        )}
      </div>
      <Card>
        <List
          name="checkouts"
          path="/v1/checkouts"
          query={{ search, status, provider }}
          label="Checkouts, newest first"
          columns={columns}
          to={({ id }) => `/checkouts/${id}`}
          empty={
            search + status + provider === "" ? (
              <Empty title="No checkout yet" icon="checkouts">
                The first one appears here as soon as it is opened.
              </Empty>
            ) : (
              <Empty title="Nothing found" icon="search">
                The search looks for exactly what is typed.
              </Empty>
            )
          }
        />
      </Card>
    </>
  )
}

export default Checkouts
