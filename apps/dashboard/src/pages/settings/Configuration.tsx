/** The environment as the server read it, secrets masked. */
import * as Format from "../../Format.ts"
import { Card, Pill, ProviderName } from "../../ui/Parts.tsx"
import { Failed, Loading } from "../../ui/States.tsx"
import { Table } from "../../ui/Table.tsx"
import { useConfiguration } from "./Checklist.tsx"

export const Configuration = () => {
  const config = useConfiguration()
  if (config.isPending) return <Loading lines={8} />
  if (config.isError) return <Failed error={config.error} retry={() => void config.refetch()} />
  return (
    <>
      <Card title="Providers">
        <Table
          label="Providers"
          rows={config.data.providers.map((provider) => ({ ...provider, id: provider.name }))}
          columns={[
            { head: "Provider", cell: ({ name }) => <ProviderName name={name} /> },
            {
              head: "Credentials",
              cell: ({ configured }) => <Pill tone={configured ? "good" : "quiet"}>{configured ? "set" : "none"}</Pill>,
            },
            { head: "Money", cell: ({ livemode }) => (livemode ? "real" : "test") },
            { head: "Modes", cell: ({ modes }) => modes.join(", ") },
            { head: "Currencies", end: true, cell: ({ currencies }) => Format.count(currencies) },
          ]}
        />
      </Card>
      <Card title="Environment" actions={<span className="muted small">read when the server started</span>}>
        <Table
          label="Environment"
          rows={config.data.settings.map((setting) => ({ ...setting, id: setting.name }))}
          columns={[
            { head: "Variable", cell: ({ name }) => <span className="mono">{name}</span> },
            {
              head: "Value",
              cell: ({ secret, set, value }) =>
                secret ? (
                  set ? (
                    <span aria-label="set, and secret">••••••••</span>
                  ) : (
                    <span className="muted">not set</span>
                  )
                ) : (
                  <span className="mono wrap">{value ?? <span className="muted">not set</span>}</span>
                ),
            },
            { head: "From", cell: ({ set }) => <span className="muted">{set ? "environment" : "default"}</span> },
          ]}
        />
      </Card>
    </>
  )
}
