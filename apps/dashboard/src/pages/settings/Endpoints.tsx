/** Where events go. */
import { useState } from "react"
import * as Api from "../../Api.ts"
import type { Endpoint, NewEndpoint } from "../../Contract.ts"
import { useMay } from "../../Session.tsx"
import { Dialog } from "../../ui/Dialog.tsx"
import { text, TextField } from "../../ui/Field.tsx"
import { List } from "../../ui/List.tsx"
import { Button, Card, Copy, Time } from "../../ui/Parts.tsx"
import { Empty } from "../../ui/States.tsx"
import { Status } from "../../ui/Status.tsx"
import type { Column } from "../../ui/Table.tsx"

const stale = ["endpoints", "deliveries", "audit", "config"]

type Asked =
  | { readonly what: "make" }
  | { readonly what: "test" | "rotate" | "disable" | "enable" | "delete"; readonly endpoint: Endpoint }

const Secret = ({ secret }: NewEndpoint) => (
  <>
    <p>It signs what is sent. This is the only time that it is shown.</p>
    <p className="secret">
      <Copy text={secret} />
    </p>
  </>
)

const MakeDialog = ({ onClose }: { readonly onClose: () => void }) => (
  <Dialog
    title="Make an endpoint"
    verb="Make endpoint"
    submit={(form) => {
      const events = text(form, "events")
      const description = text(form, "description")
      return Api.post<NewEndpoint>("/v1/webhook_endpoints", {
        url: text(form, "url"),
        ...(events === undefined ? {} : { events: events.split(/[\s,]+/) }),
        ...(description === undefined ? {} : { description }),
      })
    }}
    stale={stale}
    done={(made) => <Secret {...made} />}
    onClose={onClose}
  >
    <TextField label="URL" name="url" type="url" required autoFocus placeholder="https://shop.example/events" />
    <TextField label="Events" name="events" placeholder="*" hint="payment.*, checkout.paid; everything when empty" />
    <TextField label="What it is for" name="description" maxLength={255} />
  </Dialog>
)

const deeds = {
  test: ["Send a test", "Send", "endpoint.test is sent to it; its delivery tells how that went."],
  rotate: ["Give it a new secret", "Rotate", "Old and new both sign for 24 hours."],
  disable: ["Disable it", "Disable", "Events wait as failed until it is enabled and they are sent again."],
  enable: ["Enable it", "Enable", "It starts anew; what failed meanwhile is sent when you redeliver it."],
  delete: ["Delete it", "Delete", "What waits for it is canceled. This cannot be taken back."],
} as const

const act = (what: keyof typeof deeds, { id }: Endpoint): Promise<NewEndpoint | undefined> => {
  const path = `/v1/webhook_endpoints/${id}`
  switch (what) {
    case "test":
    case "rotate":
      return Api.post(`${path}/${what}`, undefined)
    case "disable":
      return Api.patch(path, { status: "disabled" })
    case "enable":
      return Api.patch(path, { status: "enabled" })
    case "delete":
      return Api.remove(path)
  }
}

const DeedDialog = ({
  asked,
  onClose,
}: {
  readonly asked: Exclude<Asked, { what: "make" }>
  readonly onClose: () => void
}) => {
  const { endpoint, what } = asked
  const [title, verb, says] = deeds[what]
  return (
    <Dialog
      title={title}
      verb={verb}
      danger={what === "delete" || what === "disable"}
      submit={() => act(what, endpoint)}
      stale={stale}
      {...(what === "rotate"
        ? { done: (made: NewEndpoint | undefined) => (made === undefined ? null : <Secret {...made} />) }
        : {})}
      onClose={onClose}
    >
      <p className="mono wrap">{endpoint.url}</p>
      <p>{says}</p>
    </Dialog>
  )
}

export const Endpoints = () => {
  const [asked, setAsked] = useState<Asked | null>(null)
  const admin = useMay("administer")
  const may = useMay("act")
  const ask = (what: keyof typeof deeds, endpoint: Endpoint, label: string) => (
    <Button kind="ghost" onClick={() => setAsked({ what, endpoint })}>
      {label}
    </Button>
  )
  const columns: ReadonlyArray<Column<Endpoint>> = [
    {
      head: "Endpoint",
      cell: ({ description, url }) => (
        <span className="wrap">
          <span className="mono">{url}</span>
          {description === null ? null : <span className="muted small block">{description}</span>}
        </span>
      ),
    },
    { head: "Status", cell: ({ status }) => <Status of={status} /> },
    { head: "Events", cell: ({ events }) => <span className="mono">{events.join(", ")}</span> },
    { head: "Tenant", minor: true, cell: ({ tenant_id }) => tenant_id },
    { head: "Made", end: true, minor: true, cell: ({ created_at }) => <Time at={created_at} /> },
    ...(may
      ? [
          {
            head: "Actions",
            end: true,
            cell: (endpoint: Endpoint) => (
              <span className="actions">
                {endpoint.status === "enabled" ? ask("test", endpoint, "Test") : null}
                {admin ? (
                  <>
                    {ask("rotate", endpoint, "Rotate")}
                    {endpoint.status === "enabled"
                      ? ask("disable", endpoint, "Disable")
                      : ask("enable", endpoint, "Enable")}
                    {ask("delete", endpoint, "Delete")}
                  </>
                ) : null}
              </span>
            ),
          },
        ]
      : []),
  ]
  return (
    <Card
      title="Endpoints"
      actions={
        admin ? (
          <Button kind="primary" onClick={() => setAsked({ what: "make" })}>
            Make an endpoint
          </Button>
        ) : null
      }
    >
      <List
        name="endpoints"
        path="/v1/webhook_endpoints"
        label="Endpoints, newest first"
        columns={columns}
        empty={
          <Empty title="No endpoint" icon="events">
            Shops learn of payments at once when there is one.
          </Empty>
        }
      />
      {asked === null ? null : asked.what === "make" ? (
        <MakeDialog onClose={() => setAsked(null)} />
      ) : (
        <DeedDialog asked={asked} onClose={() => setAsked(null)} />
      )}
    </Card>
  )
}
