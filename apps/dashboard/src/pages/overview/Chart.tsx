/** Pages shown by provider over time, stacked, with a mark where checkouts failed over or found nobody. */
import { useEffect, useRef, useState } from "react"
import uPlot from "uplot"
import "uplot/dist/uPlot.min.css"
import type { Series } from "../../Contract.ts"
import * as Format from "../../Format.ts"
import { hueOf } from "../../ui/Parts.tsx"
import * as Points from "./Points.ts"

const height = 212

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

/** What a provider has, and all before it: drawn from the last to the first, each covers the one behind it. */
const stacked = (points: ReadonlyArray<Points.Point>, names: ReadonlyArray<string>): uPlot.AlignedData => {
  const sums = points.map(() => 0)
  const rows = names.map((name) =>
    points.map(({ providers }, place) => {
      sums[place] = (sums[place] ?? 0) + (providers[name]?.shown ?? 0)
      return sums[place]
    }),
  )
  return [points.map(({ at }) => Date.parse(at) / 1_000), ...rows.toReversed()]
}

/** A diamond above the bars of every interval in which a provider was given up. */
const marks = (points: ReadonlyArray<Points.Point>, bars: number) => (plot: uPlot) => {
  const { ctx } = plot
  const tops = bars === 0 ? undefined : plot.data[1]
  const size = 5 * devicePixelRatio
  ctx.save()
  ctx.fillStyle = colour("--mark")
  ctx.strokeStyle = colour("--surface")
  ctx.lineWidth = 1.5 * devicePixelRatio
  points.forEach(({ at, failed, failovers }, place) => {
    if (failovers + failed === 0) return
    const step = (Date.parse(points[1]?.at ?? at) - Date.parse(points[0]?.at ?? at)) / 2_000
    const x = plot.valToPos(Date.parse(at) / 1_000 + step, "x", true)
    const y = plot.valToPos(Number(tops?.[place] ?? 0), "y", true) - size * 2
    ctx.beginPath()
    ctx.moveTo(x, y - size)
    ctx.lineTo(x + size, y)
    ctx.lineTo(x, y + size)
    ctx.lineTo(x - size, y)
    ctx.closePath()
    ctx.fill()
    ctx.stroke()
  })
  ctx.restore()
}

const optionsOf = (
  width: number,
  points: ReadonlyArray<Points.Point>,
  names: ReadonlyArray<string>,
  series: Series,
  onCursor: (place: number | null) => void,
): uPlot.Options => {
  const axis = {
    stroke: colour("--muted"),
    grid: { stroke: colour("--line-soft"), width: 1 },
    ticks: { show: false },
    font: "11.5px Inter, system-ui, sans-serif",
  }
  const bars = uPlot.paths.bars?.({ size: [0.78, 28], align: 1, radius: 0.12 })
  return {
    width,
    height,
    padding: [10, 20, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: {
      x: { range: [Date.parse(series.from) / 1_000, Date.parse(series.to) / 1_000] },
      y: { range: (_plot, _min, max) => [0, Math.max(4, Math.ceil(max * 1.25))] },
    },
    axes: [
      {
        ...axis,
        size: 30,
        grid: { show: false },
        values: (_plot, ticks) =>
          ticks.map((tick) =>
            new Intl.DateTimeFormat(
              undefined,
              Points.minutes(series) > 2_880
                ? { month: "short", day: "numeric" }
                : { hour: "2-digit", minute: "2-digit", hour12: false },
            ).format(tick * 1_000),
          ),
        space: 70,
      },
      { ...axis, size: 36, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 100_000] },
    ],
    series: [
      {},
      ...names.toReversed().map((name) => ({
        fill: colour(`--${hueOf(name)}`),
        stroke: colour(`--${hueOf(name)}`),
        width: 0,
        points: { show: false },
        ...(bars === undefined ? {} : { paths: bars }),
      })),
    ],
    hooks: {
      draw: [marks(points, names.length)],
      setCursor: [({ cursor: { idx } }) => onCursor(idx ?? null)],
    },
  }
}

const Legend = ({
  names,
  point,
}: {
  readonly names: ReadonlyArray<string>
  readonly point: Points.Point | undefined
}) => (
  <div className="legend">
    {names.map((name) => (
      <span key={name}>
        <span className={`swatch ${hueOf(name)}`} aria-hidden="true" />
        {Format.provider(name)}
        {point === undefined ? null : <b className="num">{point.providers[name]?.shown ?? 0}</b>}
      </span>
    ))}
    <span>
      <span className="diamond" aria-hidden="true" />
      Failover
      {point === undefined ? null : <b className="num">{point.failovers}</b>}
    </span>
    <span className="muted legend-time num">
      {point === undefined ? "" : `${Format.clock(point.at)}, ${point.checkouts} asked, ${point.failed} without a page`}
    </span>
  </div>
)

const Chart = ({ providers, series }: { readonly series: Series; readonly providers: ReadonlyArray<string> }) => {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const [cursor, setCursor] = useState<number | null>(null)
  const [width, setWidth] = useState(0)
  const [theme, setTheme] = useState(0)
  const points = Points.all(series)
  const names = [...new Set([...providers, ...series.data.flatMap((point) => Object.keys(point.providers))])]

  useEffect(() => {
    const element = place.current
    if (element === null) return undefined
    const watcher = new ResizeObserver(() => setWidth(element.clientWidth))
    watcher.observe(element)
    const dark = matchMedia("(prefers-color-scheme: dark)")
    const changed = () => setTheme((n) => n + 1)
    dark.addEventListener("change", changed)
    addEventListener("themechange", changed)
    return () => {
      watcher.disconnect()
      dark.removeEventListener("change", changed)
      removeEventListener("themechange", changed)
    }
  }, [])

  useEffect(() => {
    if (place.current === null || width === 0) return undefined
    const drawn = new uPlot(optionsOf(width, points, names, series, setCursor), stacked(points, names), place.current)
    plot.current = drawn
    return () => drawn.destroy()
    // The rest is made of the series.
  }, [series, width, theme, names.join()])

  const { checkouts, failed, failovers } = Points.total(series)
  return (
    <>
      <Legend names={names} point={cursor === null ? undefined : points[cursor]} />
      <div
        ref={place}
        className="chart"
        role="img"
        aria-label={`${checkouts} checkouts from ${Format.stamp(series.from)} to ${Format.stamp(series.to)}, ${failovers} failovers, ${failed} without a page`}
      />
    </>
  )
}

export default Chart
