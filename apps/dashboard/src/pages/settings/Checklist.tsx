/** What to go through before real money. */
import { useQuery } from "@tanstack/react-query"
import * as Api from "../../Api.ts"
import type { Configuration } from "../../Contract.ts"
import { Icon } from "../../ui/Icon.tsx"
import { Card } from "../../ui/Parts.tsx"
import { Failed, Loading } from "../../ui/States.tsx"

export const useConfiguration = () =>
  useQuery({ queryKey: ["config"], queryFn: ({ signal }) => Api.get<Configuration>("/v1/config", { signal }) })

export const Checklist = () => {
  const config = useConfiguration()
  if (config.isPending) return <Loading lines={8} />
  if (config.isError) return <Failed error={config.error} retry={() => void config.refetch()} />
  const { checks } = config.data
  const right = checks.filter(({ ok }) => ok).length
  return (
    <Card title="Before real money" actions={<span className="muted num">{`${right} of ${checks.length}`}</span>}>
      <ul className="lines checks">
        {checks.map(({ detail, id, ok, title }) => (
          <li key={id} className={`line ${ok ? "good" : "warn"}`}>
            <span className="check-mark">
              <Icon name={ok ? "check" : "alerts"} />
            </span>
            <span className="line-main">
              {title}
              <span className="hidden">{ok ? ": right" : ": to do"}</span>
              <span className="muted small block">{detail}</span>
            </span>
          </li>
        ))}
      </ul>
    </Card>
  )
}
