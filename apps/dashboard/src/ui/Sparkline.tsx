/** A small line without axes: whether it goes up or down. What it says in numbers stands beside it. */
export const Sparkline = ({
  height = 28,
  values,
  width = 120,
}: {
  /** Oldest first; null where nothing is known. */
  readonly values: ReadonlyArray<number | null>
  readonly width?: number
  readonly height?: number
}) => {
  const known = values.filter((value) => value !== null)
  if (known.length < 2) return <span className="spark-none" aria-hidden="true" />
  const most = Math.max(...known, 1)
  const x = (place: number) => (place / Math.max(1, values.length - 1)) * (width - 4) + 2
  const y = (value: number) => height - 3 - (value / most) * (height - 6)
  const points = values.flatMap((value, place) =>
    value === null ? [] : [`${x(place).toFixed(1)},${y(value).toFixed(1)}`],
  )
  const first = points[0]?.split(",")[0]
  const last = points.at(-1)?.split(",")[0]
  return (
    <svg className="spark" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      <polygon points={`${first},${height} ${points.join(" ")} ${last},${height}`} />
      <polyline points={points.join(" ")} vectorEffect="non-scaling-stroke" />
    </svg>
  )
}
