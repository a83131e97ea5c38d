/** The metrics as Prometheus would read them. */
import { Effect, Schema } from "effect"
import parse from "parse-prometheus-text-format"
import type * as House from "./House.ts"

const Family = Schema.Struct({
  name: Schema.String,
  help: Schema.String,
  type: Schema.Literals(["COUNTER", "GAUGE", "HISTOGRAM", "SUMMARY", "UNTYPED"]),
})
const Samples = Schema.Struct({
  name: Schema.String,
  metrics: Schema.Array(
    Schema.Struct({
      value: Schema.String,
      labels: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
    }),
  ),
})

export interface Sample {
  readonly name: string
  readonly labels: { readonly [label: string]: string }
  readonly value: number
}

export interface Scrape {
  readonly families: ReadonlyArray<typeof Family.Type>
  readonly samples: ReadonlyArray<Sample>
}

/** Fails when a line is none of the format's. */
export const read = (text: string): Scrape => ({
  families: Schema.decodeUnknownSync(Schema.Array(Family))(parse(text)),
  // The package joins histograms with labels into one, so that their samples are read apart.
  samples: Schema.decodeUnknownSync(Schema.Array(Samples))(parse(text.replaceAll(/^# (TYPE|HELP) .*\n/gm, ""))).flatMap(
    ({ metrics, name }) => metrics.map(({ labels = {}, value }) => ({ name, labels, value: Number(value) })),
  ),
})

export const of = (house: House.House) =>
  Effect.map(house.send("GET", "/metrics", { key: null }), ({ text }) => read(text))

/** Of all samples with these labels; `NaN` when there is none. */
export const numberOf = (
  { samples }: Scrape,
  name: string,
  labels: { readonly [label: string]: string } = {},
): number => {
  const found = samples.filter(
    (sample) =>
      sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  )
  return found.length === 0 ? Number.NaN : found.reduce((sum, { value }) => sum + value, 0)
}
