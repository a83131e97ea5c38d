/** What the merchant was told of one checkout and its money, and how telling it went. */
import { useQueries } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import * as Api from "../../Api.ts"
import type { Event, Page, Payment } from "../../Contract.ts"
import { Card, Time } from "../../ui/Parts.tsx"
import { Empty, Failed, Loading } from "../../ui/States.tsx"
import { Redeliver } from "../Redeliver.tsx"

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
            <li key={event.id} className="line">
              <Link to="/events/$id" params={{ id: event.id }} className="line-main mono">
                {event.type}
              </Link>
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
