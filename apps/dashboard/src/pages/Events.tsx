/** What was told to the shops, and how telling it went. */
import { type FormEvent } from "react"
import { Link } from "@tanstack/react-router"
import type { Delivery, Event } from "../Contract.ts"
import * as Format from "../Format.ts"
import { useFilters } from "../Search.ts"
import { Filter, Segments, text } from "../ui/Field.tsx"
import { Icon } from "../ui/Icon.tsx"
import { List } from "../ui/List.tsx"
import { Button, Card, Head, ProviderName, Time } from "../ui/Parts.tsx"
import { Empty } from "../ui/States.tsx"
import { Status } from "../ui/Status.tsx"
import type { Column } from "../ui/Table.tsx"

const views = [
  ["events", "Events"],
  ["deliveries", "Deliveries"],
] as const

const types = [
  ["", "Any type"],
  ...[
    "checkout.opened",
    "checkout.paid",
    "checkout.failed",
    "checkout.expired",
    "checkout.moved",
    "payment.captured",
    "payment.duplicate",
    "payment.mismatched",
    "refund.succeeded",
    "refund.failed",
    "subscription.activated",
    "subscription.renewed",
    "subscription.past_due",
    "subscription.canceled",
    "dispute.opened",
    "provider.down",
    "provider.up",
    "alert.raised",
    "alert.cleared",
  ].map((type) => [type, type] as const),
] as const

const statuses = [
  ["", "Any status"],
  ["pending", "Pending"],
  ["succeeded", "Succeeded"],
  ["failed", "Failed"],
  ["canceled", "Canceled"],
] as const

const eventColumns: ReadonlyArray<Column<Event>> = [
  { head: "Event", cell: ({ type }) => <span className="mono">{type}</span> },
  { head: "About", cell: ({ object_id }) => <span className="mono muted">{Format.shortId(object_id)}</span> },
  { head: "Provider", minor: true, cell: ({ provider }) => <ProviderName name={provider} /> },
  { head: "Tenant", minor: true, cell: ({ tenant_id }) => tenant_id },
  { head: "No.", end: true, minor: true, cell: ({ sequence }) => <span className="num">{sequence}</span> },
  { head: "Told", end: true, cell: ({ created_at }) => <Time at={created_at} /> },
]

export const deliveryColumns: ReadonlyArray<Column<Delivery>> = [
  { head: "Event", cell: ({ event_type }) => <span className="mono">{event_type}</span> },
  { head: "Status", cell: ({ status }) => <Status of={status} /> },
  { head: "Endpoint", cell: ({ endpoint_id }) => <span className="mono muted">{Format.shortId(endpoint_id)}</span> },
  { head: "Tries", end: true, cell: ({ tries }) => <span className="num">{tries}</span> },
  {
    head: "Last answer",
    cell: ({ last_duration_ms, last_error, last_status }) =>
      last_status === null && last_error === null ? (
        <span className="muted">–</span>
      ) : (
        <span className="num">
          {last_error === null ? `HTTP ${last_status}` : Format.words(last_error)}
          {last_duration_ms === null ? "" : `, ${Format.duration(last_duration_ms)}`}
        </span>
      ),
  },
  {
    head: "Next try",
    end: true,
    cell: ({ next_try_at }) => (next_try_at === null ? <span className="muted">–</span> : <Time at={next_try_at} />),
  },
]

const Events = () => {
  const [filters, set] = useFilters()
  const view = filters["view"] === "deliveries" ? "deliveries" : "events"
  const { about = "", status = "", type = "" } = filters
  const find = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    set({ about: text(new FormData(event.currentTarget), "about") ?? "" })
  }
  return (
    <>
      <Head
        title="Events & deliveries"
        actions={<Segments label="View" value={view} choices={views} onChange={(value) => set({ view: value })} />}
      >
        What the shops were told. Endpoints are made in <Link to="/settings">Settings</Link>.
      </Head>
      {view === "events" ? (
        <>
          <div className="filters">
            <form role="search" className="search" onSubmit={find}>
              <Icon name="search" size={14} />
              <input
                type="search"
                name="about"
                defaultValue={about}
                key={about}
                aria-label="Search by the id of what events are about"
                placeholder="Id of a checkout, payment, refund…"
                autoComplete="off"
                spellCheck={false}
              />
              <Button type="submit">Search</Button>
            </form>
            <Filter label="Type" value={type} choices={types} onChange={(value) => set({ type: value })} />
          </div>
          <Card>
            <List
              name="events"
              path="/v1/events"
              query={{ object_id: about, type }}
              label="Events, newest first"
              columns={eventColumns}
              to={({ id }) => `/events/${id}`}
              empty={<Empty title="No such event" icon="events" />}
            />
          </Card>
        </>
      ) : (
        <>
          <div className="filters">
            <Filter label="Status" value={status} choices={statuses} onChange={(value) => set({ status: value })} />
          </div>
          <Card>
            <List
              name="deliveries"
              path="/v1/deliveries"
              query={{ status }}
              label="Deliveries, newest first"
              columns={deliveryColumns}
              to={({ event_id }) => `/events/${event_id}`}
              empty={
                <Empty title="No delivery" icon="events">
                  Events are sent once an endpoint wants them.
                </Empty>
              }
            />
          </Card>
        </>
      )}
    </>
  )
}

export default Events
