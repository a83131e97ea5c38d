/**
 * What an emulator was asked and what it answered: the last 10,000 requests, oldest first.
 */
import { Effect } from "effect"

export interface Entry {
  /** Milliseconds on the emulator's clock. */
  readonly at: number
  /** The name of the route (`POST /v2/checkout/orders`), or `(not found)`. */
  readonly route: string
  readonly method: string
  readonly path: string
  /** The query with its question mark, or an empty string. */
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  /** The body as UTF-8 text. */
  readonly body: string
  /** The status that was sent, or null while (or because) none was. */
  readonly status: number | null
  /** The kind of the fault that was played, or null. */
  readonly fault: string | null
}

export interface Journal {
  /** Every request since the start or the last `clear`, oldest first. */
  readonly requests: Effect.Effect<ReadonlyArray<Entry>>
  /** How many requests came, to one route or to all. */
  readonly count: (route?: string) => Effect.Effect<number>
  readonly clear: Effect.Effect<void>
}

/** The half that writes; only the server has it. */
export interface Writer extends Journal {
  /** Adds a request that has no answer yet; the function it gives settles it. */
  readonly open: (
    entry: Omit<Entry, "status" | "fault">,
  ) => Effect.Effect<(outcome: { readonly status: number | null; readonly fault: string | null }) => void>
}

export const capacity = 10_000

export const make: Effect.Effect<Writer> = Effect.sync(() => {
  let entries: Array<Entry> = []
  return {
    requests: Effect.sync(() => [...entries]),
    count: (route) =>
      Effect.sync(() =>
        route === undefined ? entries.length : entries.filter((entry) => entry.route === route).length,
      ),
    clear: Effect.sync(() => {
      entries = []
    }),
    open: (request) =>
      Effect.sync(() => {
        let current: Entry = { ...request, status: null, fault: null }
        entries.push(current)
        if (entries.length > capacity) entries.shift()
        return (outcome) => {
          const index = entries.lastIndexOf(current)
          current = { ...current, ...outcome }
          if (index >= 0) entries[index] = current
        }
      }),
  }
})
