/** One checkout: what it is, what became of it and why, and what can be done about it. */
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { useState } from "react"
import * as Api from "../Api.ts"
import type { Checkout as Shown, Explanation, Page, Payment } from "../Contract.ts"
import { useId } from "../Search.ts"
import { useMay } from "../Session.tsx"
import { Dialog } from "../ui/Dialog.tsx"
import { because, WhyField } from "../ui/Field.tsx"
import { Button, Card, Copy, Facts, Head, Money, ProviderName, Time } from "../ui/Parts.tsx"
import { Empty, Failed, Loading } from "../ui/States.tsx"
import { Status } from "../ui/Status.tsx"
import { EventsOf } from "./checkout/EventsOf.tsx"
import { MoneyOf } from "./checkout/MoneyOf.tsx"
import { Timeline } from "./checkout/Timeline.tsx"
import { RefundDialog } from "./RefundDialog.tsx"

const ExpireDialog = ({ id, onClose }: { readonly id: string; readonly onClose: () => void }) => (
  <Dialog
    title="Expire this checkout"
    verb="Expire"
    danger
    submit={(form) => Api.post<Shown>(`/v1/checkouts/${id}/expire`, because(form))}
    stale={["checkouts", "explain", "events"]}
    onClose={onClose}
  >
    <p>It is closed, and its pages are withdrawn where the provider lets us. This cannot be taken back.</p>
    <WhyField />
  </Dialog>
)

const maybe = (value: string | null) => (value === null ? <span className="muted">–</span> : <Copy text={value} />)

const About = ({ checkout }: { readonly checkout: Shown }) => (
  <Card title="Details">
    <Facts
      of={[
        ["Id", <Copy key="id" text={checkout.id} />],
        ["Mode", checkout.mode],
        ["Provider", <ProviderName key="provider" name={checkout.provider} />],
        ["Provider session", maybe(checkout.provider_session_id)],
        ["Order", maybe(checkout.order_id)],
        ["Reference", maybe(checkout.reference)],
        ["Customer", maybe(checkout.customer_id)],
        ["Tenant", checkout.tenant_id],
        [
          "Subscription",
          checkout.subscription_id === null ? (
            <span className="muted">–</span>
          ) : (
            <Link to="/subscriptions/$id" params={{ id: checkout.subscription_id }} className="mono">
              {checkout.subscription_id}
            </Link>
          ),
        ],
        ["Created", <Time key="created" at={checkout.created_at} />],
        ["Expires", <Time key="expires" at={checkout.expires_at} />],
        ["Buyer's link", <Copy key="link" text={checkout.link} />],
        ...Object.entries(checkout.metadata).map(([name, value]) => [`metadata.${name}`, String(value)] as const),
      ]}
    />
  </Card>
)

const Checkout = () => {
  const id = useId()
  const [asks, setAsks] = useState<"expire" | "refund" | null>(null)
  const may = useMay("act")
  const checkout = useQuery({
    queryKey: ["checkouts", id],
    queryFn: ({ signal }) => Api.get<Shown>(`/v1/checkouts/${id}`, { signal }),
  })
  const explained = useQuery({
    queryKey: ["explain", id],
    queryFn: ({ signal }) => Api.get<Explanation>(`/v1/checkouts/${id}/explain`, { signal }),
  })
  const payments = useQuery({
    queryKey: ["payments", { checkout_id: id }],
    queryFn: ({ signal }) => Api.get<Page<Payment>>("/v1/payments", { query: { checkout_id: id, limit: 100 }, signal }),
  })
  if (checkout.isPending) return <Loading lines={8} />
  if (checkout.isError) return <Failed error={checkout.error} retry={() => void checkout.refetch()} />

  const { amount, currency, status } = checkout.data
  const refundable = payments.data?.data.find(
    (payment) => payment.status === "completed" || payment.status === "partially_refunded",
  )
  return (
    <>
      <nav className="crumbs" aria-label="Where you are">
        <Link to="/checkouts">Checkouts</Link>
      </nav>
      <Head
        title={
          <>
            <Money amount={amount} currency={currency} /> <Status of={status} />
          </>
        }
        actions={
          may ? (
            <>
              {status === "open" ? (
                <Button icon="clock" onClick={() => setAsks("expire")}>
                  Expire
                </Button>
              ) : null}
              {refundable === undefined ? null : (
                <Button icon="undo" onClick={() => setAsks("refund")}>
                  Refund
                </Button>
              )}
            </>
          ) : undefined
        }
      >
        <Copy text={id} />
      </Head>
      <div className="split">
        <div className="stack">
          <Card title="Timeline">
            {explained.isPending ? (
              <Loading />
            ) : explained.isError ? (
              <Failed error={explained.error} retry={() => void explained.refetch()} />
            ) : explained.data.data.length === 0 ? (
              <Empty title="Nothing is recorded" />
            ) : (
              <Timeline entries={explained.data.data} />
            )}
          </Card>
          <EventsOf id={id} payments={payments.data?.data ?? []} />
        </div>
        <div className="stack">
          <MoneyOf payments={payments} />
          <About checkout={checkout.data} />
        </div>
      </div>
      {asks === "expire" ? <ExpireDialog id={id} onClose={() => setAsks(null)} /> : null}
      {asks === "refund" && refundable !== undefined ? (
        <RefundDialog payment={refundable} onClose={() => setAsks(null)} />
      ) : null}
    </>
  )
}

export default Checkout
