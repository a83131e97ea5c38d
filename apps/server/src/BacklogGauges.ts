/** What the database knows of how the work goes, as gauges that are set when somebody reads the metrics. */
import { Alert } from "@payment-orchestrator/domain"
import { Backlog } from "@payment-orchestrator/storage"
import { Effect, Metric } from "effect"
import { ServerConfig } from "./ServerConfig.ts"

const databaseUp = Metric.gauge("payment_database_up", {
  description: "Whether the database answered when these numbers were read (1) or not (0)",
})
const jobAge = Metric.gauge("payment_job_age_seconds", {
  description: "By how much the oldest job of a kind is late; 0 when nothing is due",
})
const unknown = Metric.gauge("payment_outcomes_unknown", {
  description: "Operations of which nobody knows yet whether they happened, those that are running included",
})
const unknownAge = Metric.gauge("payment_outcome_unknown_age_seconds", {
  description: "For how long the oldest of them has been unknown; 0 when there is none",
})
const unsettled = Metric.gauge("payment_money_to_look_at", {
  description: "Payments of the last seven days that somebody must look at, and of which not everything went back",
})
const displaced = Metric.gauge("payment_displaced_ratio", {
  description:
    "Share of the checkouts of PAYMENT_ALERT_WINDOW, or of the last 20, that were kept from their first provider by its state",
})
const alerts = Metric.gauge("payment_alerts_open", { description: "Open alerts, by kind and severity" })

const whats = ["capture", "refund", "cancellation", "claim"] as const
const jobs: ReadonlyArray<Backlog.Job> = ["session", "subscription", "refund", "dispute", "delivery", "webhook"]

/** Nothing is known of it. */
const lost = Number.NaN

const set = (gauge: Metric.Metric<number, unknown>, labels: { readonly [label: string]: string }, value: number) =>
  Metric.update(Metric.withAttributes(gauge, labels), value)

const show = Effect.fnUntraced(function* (backlog: Backlog.Backlog | undefined) {
  yield* set(databaseUp, {}, backlog === undefined ? 0 : 1)
  for (const job of jobs) yield* set(jobAge, { job }, backlog === undefined ? lost : backlog.late[job] / 1000)
  for (const what of whats) {
    const found = backlog?.unknown.find((one) => one.what === what)
    yield* set(unknown, { what }, backlog === undefined ? lost : (found?.count ?? 0))
    const age = backlog === undefined ? lost : found === undefined ? 0 : (backlog.now - found.oldestAt) / 1000
    yield* set(unknownAge, { what }, age)
  }
  yield* set(unsettled, { kind: "second" }, backlog?.secondPayments.length ?? lost)
  yield* set(unsettled, { kind: "mismatched" }, backlog?.mismatched.length ?? lost)
  const { checkouts, displaced: moved } = backlog?.routing ?? { checkouts: lost, displaced: lost }
  yield* set(displaced, {}, checkouts === 0 ? 0 : moved / checkouts)
  for (const alert of Alert.AlertKind.literals) {
    for (const severity of Alert.Severity.literals) {
      const open = backlog?.alerts.find((one) => one.kind === alert && one.severity === severity)
      yield* set(alerts, { alert, severity }, backlog === undefined ? lost : (open?.count ?? 0))
    }
  }
})

/** Reads and sets them; those of a database that does not answer are `NaN`. */
export const refresh = Effect.flatMap(ServerConfig, ({ alertWindow }) =>
  Backlog.read(alertWindow).pipe(
    Effect.catchTag("StorageError", (error) => Effect.as(Effect.logWarning(error.message), undefined)),
    Effect.flatMap(show),
  ),
)
