/**
 * Tells the people on call what is wrong, once, and once when it has passed: a line in the log, an event, and whoever
 * listens (`AlertNotifier`). One process at a time decides, by what the database and that process know; if it dies,
 * another goes on within 15 s. That the database cannot be reached is told by every process for itself.
 */
import { PriceCheck } from "@payment-orchestrator/core"
import { type Alert, Id, Timestamp } from "@payment-orchestrator/domain"
import { Context, Effect, Layer, Option, Queue } from "effect"
import type { ProviderFacts, Skew } from "./AlertFacts.ts"
import * as AlertRule from "./AlertRule.ts"
import { type AlertQuery, AlertStore } from "./AlertStore.ts"
import type { StorageError } from "./StorageError.ts"

/** Told each alert that is raised, worsened or cleared. Must not wait for anybody. */
export const AlertNotifier = Context.Reference<(alert: Alert.Alert) => Effect.Effect<void>>(
  "@payment-orchestrator/payments/Alerts/AlertNotifier",
  { defaultValue: () => () => Effect.void },
)

export interface Service {
  /** Looks once at everything. Never fails. */
  readonly evaluate: Effect.Effect<void>
  /** Looks every five seconds, and at once when something has happened. */
  readonly run: Effect.Effect<never>
  /** Something has happened. */
  readonly wake: Effect.Effect<void>
  readonly list: (query: AlertQuery) => Effect.Effect<ReadonlyArray<Alert.Alert>, StorageError>
}

export interface Options {
  readonly thresholds: AlertRule.Thresholds
  /** How far back the failover rate looks, at least: `PAYMENT_ALERT_WINDOW`. */
  readonly windowMillis: number
  readonly livemode: boolean
  /** What this process knows of the providers and of its clock. */
  readonly providers: Effect.Effect<ReadonlyArray<ProviderFacts>>
  readonly skews: Effect.Effect<ReadonlyArray<Skew>>
}

const every = "5 seconds"
const leaseMillis = 15_000
/** The failover rate is over so many checkouts at least. */
const atLeast = 20
const unknownAfterMillis = 600_000
/** One failed look at the database is not yet told. */
const failuresToTell = 2

const announce = Effect.fnUntraced(function* (alert: Alert.Alert) {
  const { clearedAt, id, kind, provider, severity, summary } = alert
  const line =
    clearedAt !== null
      ? Effect.logInfo(`ALERT CLEARED: ${summary}`)
      : severity === "critical"
        ? Effect.logError(`ALERT: ${summary}`)
        : Effect.logWarning(`ALERT: ${summary}`)
  yield* Effect.annotateLogs(line, { alert_id: id, alert: kind, ...(provider === null ? {} : { provider }) })
})

const make = Effect.fnUntraced(function* ({
  livemode,
  providers,
  skews,
  thresholds,
  windowMillis,
}: Options): Effect.fn.Return<Service, never, AlertStore> {
  const store = yield* AlertStore
  const notify = yield* AlertNotifier
  const { findings } = yield* PriceCheck.PriceCheck
  const holder = yield* Id.makeLinkToken
  const bell = yield* Queue.sliding<void>(1)
  /** Failed looks at the database in a row, since when, and the alert once it was told. */
  let failures = 0
  let failingSince = 0
  let trouble = Option.none<Alert.Alert>()

  const told = (alert: Alert.Alert) => Effect.andThen(announce(alert), notify(alert))

  const gather = Effect.gen(function* () {
    const now = yield* Timestamp.now
    const stored = yield* store.facts({ now, windowMillis, atLeast, unknownAfterMillis })
    return { ...stored, now, providers: yield* providers, skews: yield* skews, prices: yield* findings }
  })

  const decide = Effect.gen(function* () {
    if (!(yield* store.lead(holder, leaseMillis))) return
    const readings = AlertRule.read(yield* gather, thresholds)
    for (const change of AlertRule.decide(readings, yield* store.open)) {
      const alerts = yield* store.change(holder, change, livemode)
      yield* Effect.forEach(alerts, told, { discard: true })
    }
  })

  const recovered = Effect.gen(function* () {
    if (Option.isSome(trouble)) {
      const cleared = { ...trouble.value, clearedAt: yield* Timestamp.now }
      yield* store.record("database_unreachable", cleared)
      trouble = Option.none()
      yield* told(cleared)
    }
    failures = 0
  })

  const failed = Effect.gen(function* () {
    const now = yield* Timestamp.now
    failures += 1
    if (failures === 1) failingSince = now
    if (failures < failuresToTell || Option.isSome(trouble)) return
    const alert: Alert.Alert = {
      id: yield* Id.makeAlertId,
      kind: "database_unreachable",
      severity: "critical",
      provider: null,
      subject: null,
      summary: "the database cannot be reached: no checkout can be opened",
      details: {},
      livemode,
      raisedAt: failingSince,
      clearedAt: null,
    }
    trouble = Option.some(alert)
    yield* told(alert)
  })

  const evaluate = decide.pipe(
    Effect.andThen(recovered),
    Effect.catchTag("StorageError", () => failed),
    Effect.withSpan("Alerts.evaluate"),
  )

  return Alerts.of({
    evaluate,
    run: evaluate.pipe(Effect.andThen(Effect.timeoutOption(Queue.take(bell), every)), Effect.forever),
    wake: Effect.asVoid(Queue.offer(bell, undefined)),
    list: store.list,
  })
})

export class Alerts extends Context.Service<Alerts, Service>()("@payment-orchestrator/payments/Alerts") {
  static readonly layer = (options: Options) => Layer.effect(Alerts, make(options))
}
