/** API keys: who may call, and as whom. */
import { useState } from "react"
import * as Api from "../../Api.ts"
import type { Key, NewKey } from "../../Contract.ts"
import { useMay } from "../../Session.tsx"
import { Dialog } from "../../ui/Dialog.tsx"
import { SelectField, text, TextField } from "../../ui/Field.tsx"
import { List } from "../../ui/List.tsx"
import { Button, Card, Copy, Pill, Time } from "../../ui/Parts.tsx"
import { Empty } from "../../ui/States.tsx"
import type { Column } from "../../ui/Table.tsx"

const roles = [
  ["merchant", "merchant: a shop's own things"],
  ["viewer", "viewer: sees everything"],
  ["operator", "operator: sees, refunds, drains, drills"],
  ["admin", "admin: everything"],
] as const

const MakeDialog = ({ onClose }: { readonly onClose: () => void }) => (
  <Dialog
    title="Make a key"
    verb="Make key"
    submit={(form) => {
      const name = text(form, "name")
      const tenant = text(form, "tenant_id")
      return Api.post<NewKey>("/v1/keys", {
        role: text(form, "role"),
        ...(name === undefined ? {} : { name }),
        ...(tenant === undefined ? {} : { tenant_id: tenant }),
      })
    }}
    stale={["keys", "audit", "config"]}
    done={({ secret }) => (
      <>
        <p>This is the only time that the secret is shown.</p>
        <p className="secret">
          <Copy text={secret} />
        </p>
      </>
    )}
    onClose={onClose}
  >
    <TextField label="What it is for" name="name" maxLength={100} autoFocus />
    <SelectField label="Role" name="role" choices={roles} />
    <TextField label="Tenant" name="tenant_id" hint="Empty: every tenant's things, or default for a merchant" />
  </Dialog>
)

const RevokeDialog = ({ of, onClose }: { readonly of: Key; readonly onClose: () => void }) => (
  <Dialog
    title="Revoke this key"
    verb="Revoke"
    danger
    submit={() => Api.remove<Key>(`/v1/keys/${of.id}`)}
    stale={["keys", "audit", "config"]}
    onClose={onClose}
  >
    <p>{of.name ?? of.id} stops working within seconds, for good; whoever signed in with it is signed out.</p>
  </Dialog>
)

export const Keys = () => {
  const [making, setMaking] = useState(false)
  const [revoking, setRevoking] = useState<Key | null>(null)
  const may = useMay("administer")
  const columns: ReadonlyArray<Column<Key>> = [
    { head: "Key", cell: ({ id, name }) => <>{name ?? <span className="mono">{id}</span>}</> },
    { head: "Role", cell: ({ role }) => role },
    { head: "Tenant", cell: ({ tenant_id }) => tenant_id ?? <span className="muted">every</span> },
    {
      head: "State",
      cell: ({ revoked_at }) => (revoked_at === null ? <Pill tone="good">works</Pill> : <Pill>revoked</Pill>),
    },
    {
      head: "Last used",
      end: true,
      cell: ({ last_used_at: at }) => (at === null ? <span className="muted">–</span> : <Time at={at} kind="ago" />),
    },
    {
      head: "Made",
      end: true,
      cell: ({ created_at: at }) => (at === null ? <span className="muted">environment</span> : <Time at={at} />),
    },
    ...(may
      ? [
          {
            head: "Actions",
            end: true,
            cell: (key: Key) =>
              key.revoked_at === null && key.id !== "key_env" ? (
                <Button kind="ghost" onClick={() => setRevoking(key)}>
                  Revoke
                </Button>
              ) : null,
          },
        ]
      : []),
  ]
  if (!may) {
    return (
      <Card>
        <Empty title="Only an admin sees the keys" icon="user" />
      </Card>
    )
  }
  return (
    <Card
      title="API keys"
      actions={
        <Button kind="primary" onClick={() => setMaking(true)}>
          Make a key
        </Button>
      }
    >
      <List name="keys" path="/v1/keys" label="Keys, newest first" columns={columns} empty={<Empty title="No key" />} />
      {making ? <MakeDialog onClose={() => setMaking(false)} /> : null}
      {revoking === null ? null : <RevokeDialog of={revoking} onClose={() => setRevoking(null)} />}
    </Card>
  )
}
