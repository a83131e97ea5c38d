/** Money that came. */
import type { Payment } from "../Contract.ts"
import * as Format from "../Format.ts"
import { List } from "../ui/List.tsx"
import { Card, Head, Money, ProviderName, Time } from "../ui/Parts.tsx"
import { Empty } from "../ui/States.tsx"
import { Status } from "../ui/Status.tsx"
import type { Column } from "../ui/Table.tsx"

const columns: ReadonlyArray<Column<Payment>> = [
  { head: "Payment", cell: ({ id }) => <span className="mono">{Format.shortId(id)}</span> },
  { head: "Status", cell: ({ status }) => <Status of={status} /> },
  { head: "Amount", end: true, cell: ({ amount, currency }) => <Money amount={amount} currency={currency} /> },
  {
    head: "Refunded",
    end: true,
    cell: ({ amount_refunded, currency }) =>
      Number(amount_refunded) === 0 ? (
        <span className="muted">–</span>
      ) : (
        <Money amount={amount_refunded} currency={currency} />
      ),
  },
  {
    head: "Kind",
    cell: ({ disputed, kind, reversed }) =>
      `${kind ?? "–"}${disputed ? ", disputed" : ""}${reversed ? ", reversed" : ""}`,
  },
  { head: "Provider", cell: ({ provider }) => <ProviderName name={provider} /> },
  {
    head: "Provider's id",
    minor: true,
    cell: ({ provider_payment_id }) => <span className="mono">{provider_payment_id}</span>,
  },
  { head: "At", end: true, cell: ({ created_at }) => <Time at={created_at} /> },
]

const Payments = () => (
  <>
    <Head title="Payments">Captured money, renewals and second payments.</Head>
    <Card>
      <List
        name="payments"
        path="/v1/payments"
        label="Payments, newest first"
        columns={columns}
        to={({ id }) => `/payments/${id}`}
        empty={<Empty title="No money yet" icon="payments" />}
      />
    </Card>
  </>
)

export default Payments
