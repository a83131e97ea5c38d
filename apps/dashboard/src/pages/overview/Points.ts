/** A series as one needs it for drawing: an interval for each step, whether something happened or not. Pure. */
import type { Series } from "../../Contract.ts"

export type Point = Series["data"][number]

export const all = ({ data, from, step_seconds, to }: Series): ReadonlyArray<Point> => {
  const step = step_seconds * 1_000
  const known = new Map(data.map((point) => [Date.parse(point.at), point]))
  const begin = Date.parse(from)
  return Array.from({ length: Math.round((Date.parse(to) - begin) / step) }, (_, place) => {
    const at = begin + place * step
    return (
      known.get(at) ?? { at: new Date(at).toISOString(), checkouts: 0, failed: 0, paid: 0, failovers: 0, providers: {} }
    )
  })
}

export const total = ({ data }: Series) => ({
  checkouts: data.reduce((sum, point) => sum + point.checkouts, 0),
  failed: data.reduce((sum, point) => sum + point.failed, 0),
  paid: data.reduce((sum, point) => sum + point.paid, 0),
  failovers: data.reduce((sum, point) => sum + point.failovers, 0),
})

export const minutes = ({ from, to }: Series): number => (Date.parse(to) - Date.parse(from)) / 60_000

/** How long opening took at one provider, interval by interval. */
export const latencies = (series: Series, provider: string): ReadonlyArray<number | null> =>
  all(series).map(({ providers }) => providers[provider]?.mean_ms ?? null)
