/**
 * The end of a billing period on the calendar, in UTC.
 */
import { DateTime } from "effect"
import type { Interval } from "./Model.ts"

/** `count` intervals after `millis`; the end of a short month is kept (31 January + 1 month = 28 February). */
export const next = (millis: number, interval: Interval, count: number): number => {
  const start = DateTime.makeUnsafe(millis)
  const parts = {
    day: { days: count },
    week: { weeks: count },
    month: { months: count },
    year: { years: count },
  } as const
  return DateTime.toEpochMillis(DateTime.add(start, parts[interval]))
}
