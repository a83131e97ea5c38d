/** One provider: whether it takes checkouts, what three signals say of it, and taking it out or putting it back. */
import { useState } from "react"
import type { Provider, Series } from "../../Contract.ts"
import * as Format from "../../Format.ts"
import { useMay, useSeesAll } from "../../Session.tsx"
import { Button, Pill, ProviderName, Time, type Tone } from "../../ui/Parts.tsx"
import { Sparkline } from "../../ui/Sparkline.tsx"
import { DrainDialog, RestoreDialog } from "./DrainDialog.tsx"
import * as Points from "./Points.ts"

const stateOf = ({ available, circuit, drained, health, reason }: Provider): readonly [string, Tone] => {
  if (drained) return ["Drained", "warn"]
  if (!available)
    return [
      reason === "not_configured" ? "Not configured" : "Unavailable",
      reason === "not_configured" ? "quiet" : "bad",
    ]
  if (circuit !== "closed") return ["Recovering", "warn"]
  return health.passive === "down" || health.active === "down" ? ["Down", "bad"] : ["Taking checkouts", "good"]
}

const signalTones: { readonly [signal: string]: Tone } = {
  up: "good",
  ok: "good",
  down: "bad",
  silent: "warn",
  unknown: "quiet",
}
const circuitTones: { readonly [state in Provider["circuit"]]: Tone } = {
  closed: "good",
  half_open: "warn",
  open: "bad",
}

const Signal = ({
  name,
  says,
  tone,
}: {
  readonly name: string
  readonly says: string
  readonly tone: Tone | undefined
}) => (
  <div className="signal">
    <dt>{name}</dt>
    <dd>
      <Pill tone={tone ?? "quiet"}>{Format.title(says)}</Pill>
    </dd>
  </div>
)

export const ProviderCard = ({
  provider,
  series,
}: {
  readonly provider: Provider
  readonly series: Series | undefined
}) => {
  const [asks, setAsks] = useState<"drain" | "restore" | null>(null)
  const operates = useMay("operate")
  const seesAll = useSeesAll()
  const [state, tone] = stateOf(provider)
  const { circuit, drain, health, latency_ms, name, reason, success_rate } = provider
  const why = drain === null ? (health.reason ?? (reason === null ? null : Format.words(reason))) : drain.reason
  return (
    <article className="card provider-card" aria-label={Format.provider(name)}>
      <header className="card-head">
        <h2>
          <ProviderName name={name} />
        </h2>
        <Pill tone={tone}>{state}</Pill>
      </header>
      <p className="provider-why">
        {why === null ? <span className="muted">No trouble known</span> : why}
        {drain === null || drain.expires_at === null ? null : (
          <span className="muted">
            {" "}
            until <Time at={drain.expires_at} />
          </span>
        )}
      </p>
      <dl className="signals">
        <Signal name="Circuit" says={circuit} tone={circuitTones[circuit]} />
        <Signal name="Own check" says={health.active} tone={signalTones[health.active]} />
        <Signal name="Buyers" says={health.passive} tone={signalTones[health.passive]} />
        <Signal name="Webhooks" says={health.webhooks} tone={signalTones[health.webhooks]} />
      </dl>
      <div className="provider-numbers">
        <dl>
          <div>
            <dt>Success</dt>
            <dd className="num">{success_rate === null ? "–" : Format.percent(success_rate)}</dd>
          </div>
          <div>
            <dt>p50</dt>
            <dd className="num">{latency_ms === null ? "–" : Format.duration(latency_ms.p50)}</dd>
          </div>
          <div>
            <dt>p95</dt>
            <dd className="num">{latency_ms === null ? "–" : Format.duration(latency_ms.p95)}</dd>
          </div>
        </dl>
        {series === undefined ? null : <Sparkline values={Points.latencies(series, name)} />}
      </div>
      {operates && seesAll ? (
        <footer className="card-foot">
          {provider.drained ? (
            <Button icon="undo" onClick={() => setAsks("restore")}>
              Restore
            </Button>
          ) : (
            <Button icon="hand" onClick={() => setAsks("drain")}>
              Drain
            </Button>
          )}
        </footer>
      ) : null}
      {asks === "drain" ? <DrainDialog name={name} onClose={() => setAsks(null)} /> : null}
      {asks === "restore" ? <RestoreDialog name={name} onClose={() => setAsks(null)} /> : null}
    </article>
  )
}
