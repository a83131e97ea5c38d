/** The numbers that say whether all is well. */
import { useQuery } from "@tanstack/react-query"
import type { ReactNode } from "react"
import * as Api from "../../Api.ts"
import type { Alert, Page, Series } from "../../Contract.ts"
import * as Format from "../../Format.ts"
import { useSeesAll } from "../../Session.tsx"
import { Sparkline } from "../../ui/Sparkline.tsx"
import * as Points from "./Points.ts"

interface Thresholds {
  readonly warning: number
  readonly critical: number
}

const Tile = ({
  children,
  name,
  note,
  tone = "",
  value,
}: {
  readonly name: string
  readonly value: ReactNode
  readonly note?: ReactNode
  readonly tone?: "" | "good" | "warn" | "bad"
  readonly children?: ReactNode
}) => (
  <div className={`tile ${tone}`}>
    <dt>{name}</dt>
    <dd>
      <span className="tile-value num">{value}</span>
      {note === undefined ? null : <span className="tile-note">{note}</span>}
      {children}
    </dd>
  </div>
)

const toneOf = (share: number, { critical, warning }: Thresholds) =>
  share > critical ? ("bad" as const) : share > warning ? ("warn" as const) : ("good" as const)

/** Where a share stands between nothing, the thresholds and everything. */
const Meter = ({ share, thresholds }: { readonly share: number; readonly thresholds: Thresholds }) => (
  <svg
    className="meter"
    viewBox="0 0 100 10"
    preserveAspectRatio="none"
    role="img"
    aria-label={`warning above ${Format.percent(thresholds.warning)}, critical above ${Format.percent(thresholds.critical)}`}
  >
    <rect className="meter-track" y="2" width="100" height="6" rx="1" />
    <rect className={`meter-fill ${toneOf(share, thresholds)}`} y="2" width={Math.min(100, share * 100)} height="6" />
    <rect className="meter-mark" x={thresholds.warning * 100} width="0.8" height="10" />
    <rect className="meter-mark" x={thresholds.critical * 100} width="0.8" height="10" />
  </svg>
)

const FailoverRate = ({
  series,
  thresholds,
}: {
  readonly series: Series
  readonly thresholds: Thresholds | undefined
}) => {
  const { checkouts, failovers } = Points.total(series)
  const watch = series.watch ?? { checkouts, displaced: failovers }
  const share = watch.checkouts === 0 ? 0 : watch.displaced / watch.checkouts
  return (
    <Tile
      name="Failover rate"
      value={Format.percent(share)}
      note={`${watch.displaced} of the last ${watch.checkouts} checkouts`}
      tone={thresholds === undefined ? "" : toneOf(share, thresholds)}
    >
      {thresholds === undefined ? null : <Meter share={share} thresholds={thresholds} />}
    </Tile>
  )
}

const Rescued = ({ series: { rescued } }: { readonly series: Series }) => {
  const [first, ...others] = rescued.toSorted((a, b) => b.checkouts - a.checkouts)
  const checkouts = rescued.reduce((total, row) => total + row.checkouts, 0)
  return (
    <Tile
      name="Rescued by failover"
      value={first === undefined ? "–" : Format.money(first.amount, first.currency)}
      note={
        first === undefined
          ? "nothing had to be"
          : `${checkouts} paid${others.map(({ amount, currency }) => `, ${Format.money(amount, currency)}`).join("")}`
      }
      tone={first === undefined ? "" : "good"}
    />
  )
}

export const Tiles = ({
  series,
  thresholds,
}: {
  readonly series: Series | undefined
  readonly thresholds: Thresholds | undefined
}) => {
  const seesAll = useSeesAll()
  const alerts = useQuery({
    queryKey: ["alerts", "open"],
    queryFn: ({ signal }) => Api.get<Page<Alert>>("/v1/alerts", { query: { status: "open", limit: 100 }, signal }),
    enabled: seesAll,
  })
  if (series === undefined) return <div className="tiles loading" role="status" aria-label="Loading" />
  const { checkouts, failed } = Points.total(series)
  const minutes = Points.minutes(series)
  const success = checkouts === 0 ? 1 : 1 - failed / checkouts
  const unknown = series.watch?.unknown_outcomes ?? 0
  const open = alerts.data?.data ?? []
  const critical = open.filter(({ severity }) => severity === "critical").length
  return (
    <dl className="tiles">
      <Tile
        name="Checkouts per minute"
        value={minutes === 0 ? "0" : (checkouts / minutes).toFixed(checkouts / minutes < 10 ? 1 : 0)}
        note={`${Format.count(checkouts)} in all`}
      >
        <Sparkline values={Points.all(series).map((point) => point.checkouts)} />
      </Tile>
      <Tile
        name="Opened"
        value={checkouts === 0 ? "–" : Format.percent(success)}
        note={failed === 0 ? "every buyer got a page" : `${failed} got no page`}
        tone={failed === 0 ? "good" : success < 0.95 ? "bad" : "warn"}
      />
      <FailoverRate series={series} thresholds={thresholds} />
      <Rescued series={series} />
      {seesAll ? (
        <>
          <Tile
            name="Unknown outcomes"
            value={unknown}
            note={unknown === 0 ? "all money is accounted for" : "the providers are being asked"}
            tone={unknown === 0 ? "good" : "warn"}
          />
          <Tile
            name="Open alerts"
            value={open.length}
            note={open.length === 0 ? "all quiet" : critical === 0 ? "none is critical" : `${critical} critical`}
            tone={open.length === 0 ? "good" : critical === 0 ? "warn" : "bad"}
          />
        </>
      ) : null}
    </dl>
  )
}
