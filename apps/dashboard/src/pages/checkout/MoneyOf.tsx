/** The money of one checkout. */
import type { UseQueryResult } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import type { Page, Payment } from "../../Contract.ts"
import * as Format from "../../Format.ts"
import { Card, Money, ProviderName } from "../../ui/Parts.tsx"
import { Empty, Failed, Loading } from "../../ui/States.tsx"
import { Status } from "../../ui/Status.tsx"

export const MoneyOf = ({ payments }: { readonly payments: UseQueryResult<Page<Payment>> }) => (
  <Card title="Money">
    {payments.isPending ? (
      <Loading lines={2} />
    ) : payments.isError ? (
      <Failed error={payments.error} retry={() => void payments.refetch()} />
    ) : payments.data.data.length === 0 ? (
      <Empty title="No money yet" icon="payments" />
    ) : (
      <ul className="lines">
        {payments.data.data.map((payment) => (
          <li key={payment.id}>
            <Link to="/payments/$id" params={{ id: payment.id }} className="line">
              <span className="line-main">
                <Money amount={payment.amount} currency={payment.currency} />
                <span className="muted small block">
                  <ProviderName name={payment.provider} /> · {payment.kind ?? "not yet"}
                  {Number(payment.amount_refunded) === 0
                    ? ""
                    : ` · ${Format.money(payment.amount_refunded, payment.currency)} refunded`}
                </span>
              </span>
              <Status of={payment.status} />
            </Link>
          </li>
        ))}
      </ul>
    )}
  </Card>
)
