/** Sending an event once more. */
import { useState } from "react"
import * as Api from "../Api.ts"
import { useMay } from "../Session.tsx"
import { Dialog } from "../ui/Dialog.tsx"
import { because, WhyField } from "../ui/Field.tsx"
import { Button } from "../ui/Parts.tsx"

export const Redeliver = ({ id, kind = "ghost" }: { readonly id: string; readonly kind?: "ghost" | "plain" }) => {
  const [asks, setAsks] = useState(false)
  const may = useMay("act")
  if (!may) return null
  return (
    <>
      <Button kind={kind} icon="refresh" onClick={() => setAsks(true)}>
        Redeliver
      </Button>
      {asks ? (
        <Dialog
          title="Send this event again"
          verb="Redeliver"
          submit={(form) => Api.post<{ readonly deliveries: number }>(`/v1/events/${id}/redeliver`, because(form))}
          stale={["events", "deliveries", "explain"]}
          done={({ deliveries }) => (
            <p role="status">
              {deliveries === 0
                ? "No enabled endpoint wants this event."
                : `It is being sent to ${deliveries} endpoint${deliveries === 1 ? "" : "s"}.`}
            </p>
          )}
          onClose={() => setAsks(false)}
        >
          <p>
            To every enabled endpoint that wants its type, also where it has arrived before. The <code>webhook-id</code>{" "}
            stays the same, so that a right receiver does nothing twice.
          </p>
          <WhyField />
        </Dialog>
      ) : null}
    </>
  )
}
