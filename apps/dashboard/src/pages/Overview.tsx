/** Whether money is being lost, where and why, in ten seconds. */
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { lazy, Suspense } from "react"
import * as Api from "../Api.ts"
import type { Alert, Configuration, Failover, Page, Provider, Series } from "../Contract.ts"
import * as Format from "../Format.ts"
import { useFilters } from "../Search.ts"
import { useSeesAll } from "../Session.tsx"
import { Segments } from "../ui/Field.tsx"
import { Card, Head, ProviderName, Time } from "../ui/Parts.tsx"
import { Empty, Failed, Loading } from "../ui/States.tsx"
import { Status } from "../ui/Status.tsx"
import { ProviderCard } from "./overview/ProviderCard.tsx"
import { Tiles } from "./overview/Tiles.tsx"

const Chart = lazy(() => import("./overview/Chart.tsx"))

const windows = [
  ["15m", "15 min"],
  ["1h", "1 h"],
  ["24h", "24 h"],
  ["7d", "7 d"],
] as const

const everyMillis = 5_000
/** Of a day or more one event makes no difference, and counting it all takes longer. */
const rarelyMillis = 30_000
const isLong = (window: string): boolean => window === "24h" || window === "7d"

const Latest = () => {
  const failovers = useQuery({
    queryKey: ["failovers", "latest"],
    queryFn: ({ signal }) => Api.get<Page<Failover>>("/v1/failovers", { query: { limit: 6 }, signal }),
  })
  return (
    <Card title="Latest failovers" actions={<Link to="/failovers">All</Link>}>
      {failovers.isPending ? (
        <Loading lines={3} />
      ) : failovers.isError ? (
        <Failed error={failovers.error} retry={() => void failovers.refetch()} />
      ) : failovers.data.data.length === 0 ? (
        <Empty title="No failover yet">Every checkout was opened at its first provider.</Empty>
      ) : (
        <ul className="lines">
          {failovers.data.data.map((row) => (
            <li key={row.id}>
              <Link to="/checkouts/$id" params={{ id: row.checkout_id }} className="line">
                <span className="line-main">
                  <ProviderName name={row.from} /> <span aria-label="to">→</span> <ProviderName name={row.to} />
                </span>
                <span className="cause">{Format.words(row.reason)}</span>
                <span className="muted line-time">
                  <Time at={row.at} kind="ago" />
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}

const OpenAlerts = () => {
  const alerts = useQuery({
    queryKey: ["alerts", "open"],
    queryFn: ({ signal }) => Api.get<Page<Alert>>("/v1/alerts", { query: { status: "open", limit: 100 }, signal }),
  })
  return (
    <Card title="Open alerts" actions={<Link to="/alerts">All</Link>}>
      {alerts.isPending ? (
        <Loading lines={3} />
      ) : alerts.isError ? (
        <Failed error={alerts.error} retry={() => void alerts.refetch()} />
      ) : alerts.data.data.length === 0 ? (
        <Empty title="All quiet">Nothing needs you right now.</Empty>
      ) : (
        <ul className="lines">
          {alerts.data.data.slice(0, 6).map((alert) => (
            <li key={alert.id} className="line">
              <Status of={alert.severity} />
              <span className="line-main">{alert.summary}</span>
              <span className="muted line-time">
                <Time at={alert.raised_at} kind="ago" />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}

/** Where the chart will stand. */
const ChartSpace = () => (
  <div className="chart-space">
    <Loading lines={6} />
  </div>
)

export const Overview = () => {
  const [filters, set] = useFilters()
  const seesAll = useSeesAll()
  const window = windows.find(([value]) => value === filters["window"])?.[0] ?? "1h"
  const series = useQuery({
    queryKey: [isLong(window) ? "history" : "series", window],
    queryFn: ({ signal }) => Api.get<Series>("/v1/stats/series", { query: { window }, signal }),
    refetchInterval: isLong(window) ? rarelyMillis : everyMillis,
    placeholderData: (before) => before,
  })
  const providers = useQuery({
    queryKey: ["providers"],
    queryFn: ({ signal }) => Api.get<{ readonly data: ReadonlyArray<Provider> }>("/v1/providers", { signal }),
    refetchInterval: everyMillis,
  })
  const config = useQuery({
    queryKey: ["config"],
    queryFn: ({ signal }) => Api.get<Configuration>("/v1/config", { signal }),
    staleTime: 300_000,
    enabled: seesAll,
  })

  return (
    <>
      <Head
        title="Overview"
        actions={
          <Segments label="Time span" value={window} choices={windows} onChange={(value) => set({ window: value })} />
        }
      />
      {series.isError ? (
        <Failed error={series.error} retry={() => void series.refetch()} />
      ) : (
        <>
          <Tiles series={series.data} thresholds={config.data?.alert_thresholds} />
          <Card title="Checkouts by provider" className="chart-card">
            <Suspense fallback={<ChartSpace />}>
              {series.data === undefined ? (
                <ChartSpace />
              ) : (
                <Chart series={series.data} providers={providers.data?.data.map(({ name }) => name) ?? []} />
              )}
            </Suspense>
          </Card>
        </>
      )}
      <section aria-label="Providers" className="provider-cards">
        {providers.isPending ? (
          <Loading />
        ) : providers.isError ? (
          <Failed error={providers.error} retry={() => void providers.refetch()} />
        ) : (
          providers.data.data.map((provider) => (
            <ProviderCard key={provider.name} provider={provider} series={series.data} />
          ))
        )}
      </section>
      <div className="two">
        <Latest />
        {seesAll ? <OpenAlerts /> : null}
      </div>
    </>
  )
}
