/** Giving money back. However often it is pressed, one dialog gives it back once. */
import { useState } from "react"
import * as Api from "../Api.ts"
import type { Payment, Refund } from "../Contract.ts"
import * as Format from "../Format.ts"
import { Dialog } from "../ui/Dialog.tsx"
import { text, TextField } from "../ui/Field.tsx"
import { Money, ProviderName } from "../ui/Parts.tsx"
import { Status } from "../ui/Status.tsx"

export const RefundDialog = ({ onClose, payment }: { readonly payment: Payment; readonly onClose: () => void }) => {
  const [key] = useState(() => `dashboard-${crypto.randomUUID()}`)
  const { amount, amount_refunded, currency, id, provider } = payment
  const refund = (form: FormData) => {
    const wanted = text(form, "amount")
    const reason = text(form, "reason")
    return Api.post<Refund>(
      `/v1/payments/${id}/refunds`,
      { ...(wanted === undefined ? {} : { amount: wanted }), ...(reason === undefined ? {} : { reason }) },
      { headers: { "idempotency-key": key } },
    )
  }
  return (
    <Dialog
      title="Refund"
      verb="Refund"
      danger
      submit={refund}
      stale={["refunds", "payments", "checkouts", "explain", "events", "series"]}
      done={(result) => (
        <p role="status">
          <Money amount={result.amount} currency={result.currency} /> <Status of={result.status} />
          {result.status === "pending" ? " It is tried until the provider has said yes or no." : ""}
        </p>
      )}
      onClose={onClose}
    >
      <p>
        <ProviderName name={provider} /> took <Money amount={amount} currency={currency} />
        {Number(amount_refunded) === 0 ? "" : `; ${Format.money(amount_refunded, currency)} went back already`}.
      </p>
      <TextField
        label={`Amount in ${currency}`}
        name="amount"
        placeholder="All that is left"
        autoFocus
        hint="Leave it empty to give back all that is left"
      />
      <TextField label="Reason" name="reason" maxLength={255} hint="The provider may show it to the buyer" />
    </Dialog>
  )
}
