/** Sending an event once more. */
import { useState } from "react"
import * as Api from "../Api.ts"
import { useMay } from "../Session.tsx"
import { Dialog } from "../ui/Dialog.tsx"
import { Button } from "../ui/Parts.tsx"

export const Redeliver = ({ endpointId, id }: { readonly id: string; readonly endpointId?: string }) => {
  const [asks, setAsks] = useState(false)
  const may = useMay("act")
  if (!may) return null
  return (
    <>
      <Button kind="ghost" icon="refresh" onClick={() => setAsks(true)}>
        Redeliver
      </Button>
      {asks ? (
        <Dialog
          title="Send this event again"
          verb="Redeliver"
          submit={() =>
            Api.post<{ readonly deliveries: number }>(`/v1/events/${id}/redeliver`, undefined, {
              query: { endpoint_id: endpointId },
            })
          }
          stale={["events", "deliveries"]}
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
            {endpointId === undefined
              ? "To every enabled endpoint that wants its type, also where it has arrived before."
              : "To this endpoint, also if it has arrived there before."}{" "}
            The <code>webhook-id</code> stays the same, so that a right receiver does nothing twice.
          </p>
        </Dialog>
      ) : null}
    </>
  )
}
