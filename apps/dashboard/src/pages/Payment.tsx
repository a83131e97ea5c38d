/** One payment and its refunds. */
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { useState } from "react"
import * as Api from "../Api.ts"
import type { Payment as Shown, Refund } from "../Contract.ts"
import * as Format from "../Format.ts"
import { useId } from "../Search.ts"
import { useMay } from "../Session.tsx"
import { List } from "../ui/List.tsx"
import { Button, Card, Copy, Facts, Head, Money, ProviderName, Time } from "../ui/Parts.tsx"
import { Empty, Failed, Loading } from "../ui/States.tsx"
import { Status } from "../ui/Status.tsx"
import type { Column } from "../ui/Table.tsx"
import { DisputeList } from "./disputes/DisputeList.tsx"
import { RefundDialog } from "./RefundDialog.tsx"

const columns: ReadonlyArray<Column<Refund>> = [
  { head: "Refund", cell: ({ id }) => <span className="mono">{Format.shortId(id)}</span> },
  { head: "Status", cell: ({ status }) => <Status of={status} /> },
  { head: "Amount", end: true, cell: ({ amount, currency }) => <Money amount={amount} currency={currency} /> },
  { head: "Reason", cell: ({ reason }) => reason ?? <span className="muted">–</span> },
  { head: "At", end: true, cell: ({ created_at }) => <Time at={created_at} /> },
]

const part = (amount: string | number | null, currency: string) =>
  amount === null ? <span className="muted">not told</span> : <Money amount={amount} currency={currency} />

const Payment = () => {
  const id = useId()
  const [asks, setAsks] = useState(false)
  const may = useMay("act")
  const payment = useQuery({
    queryKey: ["payments", id],
    queryFn: ({ signal }) => Api.get<Shown>(`/v1/payments/${id}`, { signal }),
  })
  if (payment.isPending) return <Loading lines={8} />
  if (payment.isError) return <Failed error={payment.error} retry={() => void payment.refetch()} />
  const { amount, amount_refunded, currency, disputed, fee, kind, net, reversed, status, tax } = payment.data
  const refundable = status === "completed" || status === "partially_refunded"
  return (
    <>
      <nav className="crumbs" aria-label="Where you are">
        <Link to="/payments">Payments</Link>
      </nav>
      <Head
        title={
          <>
            <Money amount={amount} currency={currency} /> <Status of={status} />
          </>
        }
        actions={
          may && refundable ? (
            <Button icon="undo" onClick={() => setAsks(true)}>
              Refund
            </Button>
          ) : undefined
        }
      >
        <Copy text={id} />
      </Head>
      <div className="split">
        <div className="stack">
          <Card title="Refunds">
            <List
              name="refunds"
              path="/v1/refunds"
              query={{ payment_id: id }}
              label="Refunds of this payment"
              columns={columns}
              empty={<Empty title="Nothing went back" icon="undo" />}
            />
          </Card>
          <Card title="Disputes">
            <DisputeList
              query={{ payment_id: id }}
              label="Disputes of this payment"
              nothing="The buyer does not dispute it"
            />
          </Card>
        </div>
        <Card title="Details">
          <Facts
            of={[
              [
                "Checkout",
                <Link key="checkout" to="/checkouts/$id" params={{ id: payment.data.checkout_id }} className="mono">
                  {payment.data.checkout_id}
                </Link>,
              ],
              ["Kind", kind ?? "not yet money"],
              ["Provider", <ProviderName key="provider" name={payment.data.provider} />],
              ["Provider's id", <Copy key="money" text={payment.data.provider_payment_id} />],
              ["Refunded", <Money key="refunded" amount={amount_refunded} currency={currency} />],
              ["Tax", part(tax, currency)],
              ["Fee", part(fee, currency)],
              ["Net", part(net, currency)],
              ["Disputed", disputed ? "yes" : "no"],
              ["Reversed", reversed ? "yes" : "no"],
              ["Tenant", payment.data.tenant_id],
              ["At", <Time key="at" at={payment.data.created_at} />],
            ]}
          />
        </Card>
      </div>
      {asks ? <RefundDialog payment={payment.data} onClose={() => setAsks(false)} /> : null}
    </>
  )
}

export default Payment
