/**
 * Posts alerts to `PAYMENT_ALERT_URL`: JSON with a `text` as Slack's incoming webhooks take it, and the alert's own
 * fields. At most three tries, one alert after the other, and nobody waits for it: an alert that cannot be posted is in
 * the log and in `GET /v1/alerts` all the same.
 */
import { Alert } from "@payment-orchestrator/domain"
import { Alerts } from "@payment-orchestrator/payments"
import { Effect, Layer, Option, Queue, Redacted, Schedule, Schema } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest, HttpClientResponse } from "effect/http"
import { ServerConfig } from "./ServerConfig.ts"

const Body = Schema.Struct({
  text: Schema.String,
  state: Schema.Literals(["raised", "cleared"]),
  alert: Alert.AlertJson,
})

const signs = { cleared: "✅", warning: "⚠️", critical: "🚨" }

/** What is posted. */
export const bodyOf = (alert: Alert.Alert): typeof Body.Type => {
  const state = alert.clearedAt === null ? "raised" : "cleared"
  const sign = state === "cleared" ? signs.cleared : signs[alert.severity]
  const mode = alert.livemode ? "" : " (test mode)"
  return { text: `${sign} ${state === "cleared" ? "cleared: " : ""}${alert.summary}${mode}`, state, alert }
}

/** So many may wait; the oldest are given up first. */
const mostWaiting = 100
const timeout = "10 seconds"
/** Three tries: at once, after 1 s and after 2 s more. */
const again = Schedule.max([Schedule.exponential("1 second"), Schedule.recurs(2)])

/** Neither the address nor what stands behind it may be told: whoever knows it may write there. */
const post = Effect.fnUntraced(function* (url: Redacted.Redacted, alert: Alert.Alert) {
  const request = yield* HttpClientRequest.schemaBodyJson(Body)(
    HttpClientRequest.post(Redacted.value(url)),
    bodyOf(alert),
  )
  yield* HttpClient.execute(request).pipe(
    Effect.flatMap(HttpClientResponse.filterStatusOk),
    Effect.timeout(timeout),
    Effect.retry(again),
    Effect.catch((error) =>
      Effect.logWarning(`an alert could not be posted to PAYMENT_ALERT_URL: ${whyOf(error)}`).pipe(
        Effect.annotateLogs({ alert_id: alert.id }),
      ),
    ),
  )
})

const whyOf = (error: {
  readonly _tag: string
  readonly response?: HttpClientResponse.HttpClientResponse | undefined
}) => (error.response === undefined ? error._tag : `it answered ${error.response.status}`)

/** No span, since it would show the address; no redirect, since it would show the alert to somebody else. */
const quietly = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(
    Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
    Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
  )

/** Alerts are posted when there is an address, as long as the scope is open. */
export const layer = Layer.effect(
  Alerts.AlertNotifier,
  Effect.gen(function* () {
    const { alertUrl } = yield* ServerConfig
    if (Option.isNone(alertUrl)) return () => Effect.void
    const waiting = yield* Queue.sliding<Alert.Alert>(mostWaiting)
    yield* Queue.take(waiting).pipe(
      Effect.flatMap((alert) => post(alertUrl.value, alert)),
      Effect.catchCause(() => Effect.logWarning("an alert could not be posted to PAYMENT_ALERT_URL")),
      Effect.forever,
      quietly,
      Effect.forkScoped,
    )
    return (alert: Alert.Alert) => Effect.asVoid(Queue.offer(waiting, alert))
  }),
).pipe(Layer.provide(FetchHttpClient.layer))
