/** Taking a provider out of routing, and putting it back, each with its reason. */
import { useState } from "react"
import * as Api from "../../Api.ts"
import type { Provider } from "../../Contract.ts"
import * as Format from "../../Format.ts"
import { Dialog } from "../../ui/Dialog.tsx"
import { CheckField, SelectField, text, TextField } from "../../ui/Field.tsx"

const stale = ["providers", "audit", "series"]

const times = [
  ["", "Until it is restored"],
  ["900", "15 minutes"],
  ["3600", "1 hour"],
  ["14400", "4 hours"],
  ["86400", "1 day"],
] as const

interface Props {
  readonly name: string
  readonly onClose: () => void
}

export const DrainDialog = ({ name, onClose }: Props) => {
  const [last, setLast] = useState(false)
  const drain = async (form: FormData) => {
    const seconds = text(form, "expires_in")
    try {
      return await Api.post<Provider>(`/v1/providers/${name}/drain`, {
        reason: text(form, "reason"),
        ...(seconds === undefined ? {} : { expires_in: Number(seconds) }),
        ...(form.get("confirm") === "true" ? { confirm: true } : {}),
      })
    } catch (error) {
      if (error instanceof Api.Refusal && error.code === "confirmation_required") setLast(true)
      throw error
    }
  }
  return (
    <Dialog title={`Drain ${Format.provider(name)}`} verb="Drain" danger submit={drain} stale={stale} onClose={onClose}>
      <p>No new checkout goes there; what is open there goes on.</p>
      <TextField
        label="Reason"
        name="reason"
        required
        maxLength={255}
        autoFocus
        hint="Seen by everybody, and in the audit log"
      />
      <SelectField label="For how long" name="expires_in" choices={times} />
      {last ? <CheckField label="Drain it although no other provider can be asked" name="confirm" /> : null}
    </Dialog>
  )
}

export const RestoreDialog = ({ name, onClose }: Props) => (
  <Dialog
    title={`Restore ${Format.provider(name)}`}
    verb="Restore"
    submit={(form) => Api.post<Provider>(`/v1/providers/${name}/restore`, { reason: text(form, "reason") })}
    stale={stale}
    onClose={onClose}
  >
    <p>It takes new checkouts again.</p>
    <TextField label="Reason" name="reason" required maxLength={255} autoFocus />
  </Dialog>
)
