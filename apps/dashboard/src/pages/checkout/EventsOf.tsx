/** What the merchant was told of one checkout and its money, and how telling it went. */
import { useQueries, useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import * as Api from "../../Api.ts"
import type { Delivery, Event, Page, Payment } from "../../Contract.ts"
import { Card, Time } from "../../ui/Parts.tsx"
import { Empty, Failed, Loading } from "../../ui/States.tsx"
import { Status } from "../../ui/Status.tsx"
import { Redeliver } from "../Redeliver.tsx"

/** How sending one event to each endpoint went. */
const Sent = ({ id }: { readonly id: string }) => {
  const deliveries = useQuery({
    queryKey: ["deliveries", { event_id: id }],
    queryFn: ({ signal }) => Api.get<Page<Delivery>>("/v1/deliveries", { query: { event_id: id, limit: 5 }, signal }),
  })
  const sent = deliveries.data?.data ?? []
  return (
    <span className="row">
      {sent.map((delivery) => (
        <Status key={delivery.id} of={delivery.status} />
      ))}
      {deliveries.isSuccess && sent.length === 0 ? <span className="muted small">sent to nobody</span> : null}
      {deliveries.isError ? <span className="muted small">not known how it went</span> : null}
    </span>
  )
}

export const EventsOf = ({ id, payments }: { readonly id: string; readonly payments: ReadonlyArray<Payment> }) => {
  const lists = useQueries({
    queries: [id, ...payments.map((payment) => payment.id)].map((objectId) => ({
      queryKey: ["events", { object_id: objectId }],
      queryFn: ({ signal }: { readonly signal: AbortSignal }) =>
        Api.get<Page<Event>>("/v1/events", { query: { object_id: objectId, limit: 50 }, signal }),
    })),
  })
  const failed = lists.find(({ isError }) => isError)
  const events = lists
    .flatMap(({ data }) => data?.data ?? [])
    .toSorted((a, b) => (a.created_at < b.created_at ? 1 : -1))
  return (
    <Card title="Events told to the shop">
      {failed !== undefined ? (
        <Failed error={failed.error} />
      ) : lists.some(({ isPending }) => isPending) ? (
        <Loading lines={3} />
      ) : events.length === 0 ? (
        <Empty title="Nothing told yet" icon="events" />
      ) : (
        <ul className="lines">
          {events.map((event) => (
            <li key={event.id} className="line told">
              <Link to="/events/$id" params={{ id: event.id }} className="line-main mono">
                {event.type}
              </Link>
              <Sent id={event.id} />
              <span className="muted line-time">
                <Time at={event.created_at} />
              </span>
              <Redeliver id={event.id} />
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}
