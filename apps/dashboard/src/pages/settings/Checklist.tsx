/** What to go through before real money. */
import { useQuery } from "@tanstack/react-query"
import * as Api from "../../Api.ts"
import type { Configuration } from "../../Contract.ts"
import { Icon } from "../../ui/Icon.tsx"
import { Card } from "../../ui/Parts.tsx"
import { Failed, Loading } from "../../ui/States.tsx"

export const useConfiguration = () =>
  useQuery({ queryKey: ["config"], queryFn: ({ signal }) => Api.get<Configuration>("/v1/config", { signal }) })

const tones = { ok: "good", warn: "warn", fail: "bad" } as const
const icons = { ok: "check", warn: "alerts", fail: "cross" } as const
const words = { ok: "right", warn: "know what you do", fail: "to do" } as const

export const Checklist = () => {
  const config = useConfiguration()
  if (config.isPending) return <Loading lines={8} />
  if (config.isError) return <Failed error={config.error} retry={() => void config.refetch()} />
  const { checks } = config.data
  const right = checks.filter(({ state }) => state === "ok").length
  return (
    <Card title="Before real money" actions={<span className="muted num">{`${right} of ${checks.length}`}</span>}>
      <ul className="lines checks">
        {checks.map(({ fix, found, name, state }) => (
          <li key={name} className={`line ${tones[state]}`}>
            <span className="check-mark">
              <Icon name={icons[state]} />
            </span>
            <span className="line-main">
              <span className="check-name">{name}</span>
              <span className="hidden">: {words[state]}</span>
              <span className="muted small block">{found}</span>
              {fix === null ? null : <span className="small block">{fix}</span>}
            </span>
          </li>
        ))}
      </ul>
      <p className="card-note muted small">
        <code>payctl doctor</code>, run where the server runs, checks this and what is only seen from outside.
      </p>
    </Card>
  )
}
