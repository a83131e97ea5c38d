/** One subscription, as its provider said when it was last asked. */
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { useState } from "react"
import * as Api from "../Api.ts"
import type { Subscription as Shown } from "../Contract.ts"
import { useId } from "../Search.ts"
import { useMay } from "../Session.tsx"
import { Dialog } from "../ui/Dialog.tsx"
import { CheckField, text, TextField } from "../ui/Field.tsx"
import { Button, Card, Copy, Facts, Head, Money, ProviderName, Time } from "../ui/Parts.tsx"
import { Failed, Loading } from "../ui/States.tsx"
import { Status } from "../ui/Status.tsx"
import { EventsOf } from "./checkout/EventsOf.tsx"

const none: ReadonlyArray<never> = []

const CancelDialog = ({ onClose, subscription }: { readonly subscription: Shown; readonly onClose: () => void }) => {
  const [key] = useState(() => `dashboard-${crypto.randomUUID()}`)
  return (
    <Dialog
      title="Cancel this subscription"
      verb="Cancel subscription"
      danger
      submit={(form) => {
        const reason = text(form, "reason")
        return Api.post<Shown>(
          `/v1/subscriptions/${subscription.id}/cancel`,
          { at_period_end: form.get("at_period_end") === "true", ...(reason === undefined ? {} : { reason }) },
          { headers: { "idempotency-key": key } },
        )
      }}
      stale={["subscriptions", "events"]}
      onClose={onClose}
    >
      <CheckField
        label="Let the paid period end first"
        name="at_period_end"
        hint={subscription.provider === "paypal" ? "PayPal ends it there at once; it cannot be taken back" : undefined}
      />
      <TextField label="Reason" name="reason" maxLength={255} hint="The provider may show it to the customer" />
    </Dialog>
  )
}

const maybeTime = (at: string | null) => (at === null ? <span className="muted">–</span> : <Time at={at} />)

const Subscription = () => {
  const id = useId()
  const [asks, setAsks] = useState(false)
  const may = useMay("act")
  const subscription = useQuery({
    queryKey: ["subscriptions", id],
    queryFn: ({ signal }) => Api.get<Shown>(`/v1/subscriptions/${id}`, { signal }),
  })
  if (subscription.isPending) return <Loading lines={8} />
  if (subscription.isError) return <Failed error={subscription.error} retry={() => void subscription.refetch()} />
  const it = subscription.data
  const over = it.status === "canceled" || it.status === "expired"
  return (
    <>
      <nav className="crumbs" aria-label="Where you are">
        <Link to="/subscriptions">Subscriptions</Link>
      </nav>
      <Head
        title={
          <>
            {it.currency === null ? "Subscription" : <Money amount={it.amount} currency={it.currency} />}{" "}
            <Status of={it.status} />
          </>
        }
        actions={
          may && !over ? (
            <Button icon="cross" onClick={() => setAsks(true)}>
              Cancel
            </Button>
          ) : undefined
        }
      >
        <Copy text={id} />
      </Head>
      <div className="split">
        <EventsOf id={id} payments={none} />
        <Card title="Details">
          <Facts
            of={[
              ["Provider", <ProviderName key="provider" name={it.provider} />],
              ["Provider's id", <Copy key="id" text={it.provider_subscription_id} />],
              [
                "Checkout",
                <Link key="checkout" to="/checkouts/$id" params={{ id: it.checkout_id }} className="mono">
                  {it.checkout_id}
                </Link>,
              ],
              ["Price id", it.price_id ?? "–"],
              ["Customer", it.customer_id ?? "–"],
              ["Paid until", maybeTime(it.current_period_end)],
              ["Ends with the period", it.cancel_at_period_end ? "yes" : "no"],
              ["Cancellation asked", it.cancel_requested ?? "no"],
              ["Ended", maybeTime(it.canceled_at)],
              ["Last asked", maybeTime(it.checked_at)],
              ["Tenant", it.tenant_id],
              ["Began", <Time key="began" at={it.created_at} />],
            ]}
          />
        </Card>
      </div>
      {asks ? <CancelDialog subscription={it} onClose={() => setAsks(false)} /> : null}
    </>
  )
}

export default Subscription
