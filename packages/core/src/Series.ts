/** The series of a metric, one for each set of labels. */
import { Metric } from "effect"

type Labels = Readonly<Record<string, string>>

/**
 * Gives the same object for the same labels each time, because Effect makes a metric's key once for each object. Labels
 * must be bounded, and always the same ones in the same order.
 */
export const series = <I, S>(metric: Metric.Metric<I, S>): ((labels: Labels) => Metric.Metric<I, S>) => {
  const known = new Map<string, Metric.Metric<I, S>>()
  return (labels) => {
    const key = Object.values(labels).join(" ")
    const one = known.get(key) ?? Metric.withAttributes(metric, labels)
    known.set(key, one)
    return one
  }
}
