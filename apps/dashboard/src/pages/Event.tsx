/** One event: what was told, to whom, and how that went. */
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import * as Api from "../Api.ts"
import type { Event as Told } from "../Contract.ts"
import { useId } from "../Search.ts"
import { List } from "../ui/List.tsx"
import { Card, Copy, Facts, Head, Json, ProviderName, Time } from "../ui/Parts.tsx"
import { Empty, Failed, Loading } from "../ui/States.tsx"
import { deliveryColumns } from "./Events.tsx"
import { Redeliver } from "./Redeliver.tsx"

/** Where the object of an event is shown. */
const pages: { readonly [prefix: string]: string } = { co: "checkouts", pay: "payments", sub: "subscriptions" }

const About = ({ id }: { readonly id: string }) => {
  const place = pages[id.slice(0, id.indexOf("_"))]
  return place === undefined ? (
    <Copy text={id} />
  ) : (
    <Link to={`/${place}/${id}`} className="mono">
      {id}
    </Link>
  )
}

const Event = () => {
  const id = useId()
  const event = useQuery({
    queryKey: ["events", id],
    queryFn: ({ signal }) => Api.get<Told>(`/v1/events/${id}`, { signal }),
  })
  if (event.isPending) return <Loading lines={8} />
  if (event.isError) return <Failed error={event.error} retry={() => void event.refetch()} />
  const { created_at, data, object_id, provider, sequence, tenant_id, type } = event.data
  return (
    <>
      <nav className="crumbs" aria-label="Where you are">
        <Link to="/events">Events</Link>
      </nav>
      <Head title={<span className="mono">{type}</span>} actions={<Redeliver id={id} kind="plain" />}>
        <Copy text={id} />
      </Head>
      <Card title="Deliveries">
        <List
          name="deliveries"
          path="/v1/deliveries"
          query={{ event_id: id }}
          label="Deliveries of this event"
          columns={deliveryColumns}
          empty={
            <Empty title="Sent to nobody" icon="events">
              No endpoint wanted this event when it was told.
            </Empty>
          }
        />
      </Card>
      <div className="split">
        <Card title="Payload">
          <Json label="Payload" of={data} />
        </Card>
        <Card title="Details">
          <Facts
            of={[
              ["About", <About key="about" id={object_id} />],
              ["Number", sequence],
              ["Provider", <ProviderName key="provider" name={provider} />],
              ["Tenant", tenant_id],
              ["Told", <Time key="at" at={created_at} />],
            ]}
          />
        </Card>
      </div>
    </>
  )
}

export default Event
