/**
 * What the orchestrator tells of its work: the port behind statistics and the failover log. In memory here; a service
 * with a database brings its own.
 */
import { type Attempt, Id, ProviderName, Timestamp } from "@payment-orchestrator/domain"
import { Context, Effect, Layer, Schema } from "effect"

/** One row of the failover log. */
export const Failover = Schema.Struct({
  id: Id.FailoverId,
  at: Timestamp.Timestamp,
  checkoutId: Id.CheckoutId,
  tenantId: Schema.String,
  from: ProviderName.ProviderName,
  to: ProviderName.ProviderName,
  /** `http_503`, `timeout`, `network`, … */
  reason: Schema.String,
  message: Schema.String,
  /** The provider's own id of the failed request. */
  requestId: Schema.NullOr(Schema.String),
})
export type Failover = typeof Failover.Type

export interface Stats {
  /** Checkouts whose routing began. */
  readonly totalRequests: number
  /** Providers given up for the next one. */
  readonly failovers: number
  /** Sessions shown, by provider. */
  readonly providerUsage: { readonly [provider: string]: number }
  /** `failovers / totalRequests`, 0 when nothing was asked. */
  readonly failoverRate: number
}

/** Which part of the numbers: one tenant's, the last milliseconds'. */
export interface StatsFilter {
  readonly tenantId?: string | undefined
  readonly windowMillis?: number | undefined
}

/** Whose checkout it is. */
export interface Subject {
  readonly checkoutId: Id.CheckoutId
  readonly tenantId: string
}

export interface Service {
  readonly routingBegan: (subject: Subject) => Effect.Effect<void>
  /** Answers how many failovers there have been in all, this one included. */
  readonly failedOver: (row: Failover) => Effect.Effect<number>
  readonly attemptClosed: (subject: Subject, attempt: Attempt.Attempt) => Effect.Effect<void>
  readonly sessionShown: (subject: Subject, provider: ProviderName.ProviderName) => Effect.Effect<void>
  readonly stats: (filter?: StatsFilter) => Effect.Effect<Stats>
  /** Newest first; `before` is the id of the last row of the page before. */
  readonly failovers: (page: {
    /** Undefined: every tenant's. */
    readonly tenantId?: string | undefined
    readonly limit: number
    readonly before?: Id.FailoverId | undefined
    readonly createdAfter?: number | undefined
    readonly createdBefore?: number | undefined
  }) => Effect.Effect<ReadonlyArray<Failover>>
}

export class OrchestratorLog extends Context.Service<OrchestratorLog, Service>()(
  "@payment-orchestrator/core/OrchestratorLog",
) {}

interface Entry {
  readonly at: number
  readonly tenantId: string
  /** `request`, `failover`, or `shown:` and whose page. */
  readonly kind: string
}

/** How many entries are kept for windows, and how many rows of the failover log. */
const kept = 10_000

const append = <A>(list: Array<A>, item: A): void => {
  list.push(item)
  if (list.length > 2 * kept) list.splice(0, list.length - kept)
}

const statsOf = (counts: ReadonlyMap<string, number>): Stats => {
  const totalRequests = counts.get("request") ?? 0
  const failovers = counts.get("failover") ?? 0
  const usage = Array.from(counts).flatMap(([kind, n]) =>
    kind.startsWith("shown:") ? [[kind.slice(6), n] as const] : [],
  )
  return {
    totalRequests,
    failovers,
    providerUsage: Object.fromEntries(usage),
    failoverRate: totalRequests === 0 ? 0 : failovers / totalRequests,
  }
}

const bump = (counts: Map<string, number>, kind: string): void => {
  counts.set(kind, (counts.get(kind) ?? 0) + 1)
}

/** Counts in the process's memory: lost with it, and not shared between processes. */
export const layerMemory: Layer.Layer<OrchestratorLog> = Layer.sync(OrchestratorLog, () => {
  const everybody = new Map<string, number>()
  const byTenant = new Map<string, Map<string, number>>()
  const recent: Array<Entry> = []
  const rows: Array<Failover> = []

  const count = (tenantId: string, kind: string) =>
    Effect.map(Timestamp.now, (at) => {
      const own = byTenant.get(tenantId) ?? new Map<string, number>()
      byTenant.set(tenantId, own)
      bump(everybody, kind)
      bump(own, kind)
      append(recent, { at, tenantId, kind })
    })

  return OrchestratorLog.of({
    routingBegan: ({ tenantId }) => count(tenantId, "request"),
    failedOver: (row) =>
      Effect.map(count(row.tenantId, "failover"), () => {
        append(rows, row)
        return everybody.get("failover") ?? 0
      }),
    attemptClosed: () => Effect.void,
    sessionShown: ({ tenantId }, provider) => count(tenantId, `shown:${provider}`),
    stats: ({ tenantId, windowMillis } = {}) =>
      Effect.map(Timestamp.now, (now) => {
        if (windowMillis === undefined) {
          return statsOf(tenantId === undefined ? everybody : (byTenant.get(tenantId) ?? new Map<string, number>()))
        }
        const counts = new Map<string, number>()
        for (const entry of recent) {
          if (entry.at > now - windowMillis && (tenantId === undefined || entry.tenantId === tenantId)) {
            bump(counts, entry.kind)
          }
        }
        return statsOf(counts)
      }),
    failovers: ({ before, createdAfter = 0, createdBefore = Infinity, limit, tenantId }) =>
      Effect.sync(() =>
        rows
          .filter(({ at, id }) => (before === undefined || id < before) && at >= createdAfter && at < createdBefore)
          .filter((row) => tenantId === undefined || row.tenantId === tenantId)
          .toSorted((a, b) => (a.id < b.id ? 1 : -1))
          .slice(0, limit),
      ),
  })
})
