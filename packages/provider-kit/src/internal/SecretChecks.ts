/** No secret in an error, however it is printed, nor in a log or a span. */
import { Effect, Option, Result } from "effect"
import type { PaymentError, Webhook } from "@payment-orchestrator/domain"
import * as Check from "../Check.ts"
import { rows } from "../ErrorTable.ts"
import type { Harness } from "../Harness.ts"
import * as Canary from "./Canary.ts"
import * as Deliveries from "./Deliveries.ts"
import * as Life from "./Life.ts"
import * as Printed from "./Printed.ts"
import { provoke } from "./Provoke.ts"

const group = "secrets"

const clean = (harness: Harness, where: string, text: string) => {
  const leaked = Canary.found(harness.canaries, text)
  return Check.that(leaked.length === 0, `${where} must not show ${leaked.join(", ")}`)
}

const cleanError = (harness: Harness, where: string, failure: PaymentError.PaymentError | Webhook.WebhookRejected) =>
  Effect.flatMap(Printed.error(failure), (ways) =>
    Effect.forEach(ways, ([way, text]) => clean(harness, `the ${way} of the error of ${where}`, text)),
  )

const cleanRecord = (harness: Harness, where: string, recorded: Printed.Recorded) =>
  Effect.gen(function* () {
    yield* Effect.forEach(recorded.logs, (text) => clean(harness, `a log line of ${where}`, text))
    yield* Effect.forEach(recorded.spans, (text) => clean(harness, `a span of ${where}`, text))
  })

const inTheTable = (harness: Harness): Check.Check => ({
  group,
  name: "no error of the table shows a secret, however it is printed; nor does a log line or a span",
  run: Effect.forEach(
    rows,
    (row) =>
      Effect.gen(function* () {
        const [provoked, recorded] = yield* Printed.record(provoke(harness, row))
        yield* cleanRecord(harness, row.name, recorded)
        yield* Check.that(recorded.spans.length > 0, "a call must leave a span", row.name)
        if (Result.isFailure(provoked.result)) yield* cleanError(harness, row.name, provoked.result.failure)
      }).pipe(Effect.catchTag("CheckSkipped", () => Effect.void)),
    { discard: true, concurrency: 4 },
  ),
})

const inALife = (harness: Harness): Check.Check => ({
  group,
  name: "no log line and no span of a payment's whole life shows a secret, and none travels in a URL",
  run: Effect.gen(function* () {
    yield* Check.that(harness.canaries.length > 0, "the harness must say what its secrets are")
    const [life, recorded] = yield* Printed.record(
      Effect.tap(Deliveries.lived(harness), (lived) =>
        Effect.all([Effect.result(Deliveries.events(lived)), lived.provider.checkAvailability]),
      ),
    )
    yield* cleanRecord(harness, "a payment's life", recorded)
    const requests = yield* life.backend.requestTexts
    const shown = requests.filter((text) => Canary.found(harness.canaries, text).length > 0).length
    yield* harness.credentials === "sign"
      ? Check.that(shown === 0 && requests.length > 0, "secrets that only sign must be in no request", shown)
      : Check.that(shown > 0, "a secret must reach the back end (else this suite could not find one either)")
    yield* Effect.forEach(requests, (text) => clean(harness, "a request line", text.split("\n", 1)[0] ?? ""))
  }),
})

const inWebhooks = (harness: Harness): Check.Check => ({
  group,
  name: "no refused webhook shows a secret",
  run: Effect.gen(function* () {
    const life = yield* Deliveries.lived(harness)
    yield* Effect.forEach(life.deliveries, (delivery) =>
      Effect.gen(function* () {
        const [error, recorded] = yield* Printed.record(
          Check.fails(life.provider.verifyWebhook(Deliveries.flipped(delivery, 0.5)), "a changed byte"),
        )
        yield* cleanError(harness, "a changed byte", error)
        yield* cleanRecord(harness, "a changed byte", recorded)
      }),
    )
  }),
})

const inAvailability = (harness: Harness): Check.Check => ({
  group,
  name: "the reason that checkAvailability gives shows no secret",
  run: Effect.gen(function* () {
    const { provider } = yield* harness.make({ unreachable: "dns" })
    const { reason } = yield* provider.checkAvailability
    yield* clean(
      harness,
      "the reason",
      Option.getOrElse(reason, () => ""),
    )
  }),
})

const echoed = (harness: Harness): Check.Check => ({
  group,
  name: "a secret that a 401 of the provider's repeats is not passed on",
  run: Effect.gen(function* () {
    const made = yield* harness.make()
    const request = yield* Life.anyOrder(harness, made)
    const message = `Invalid API Key provided: ${harness.canaries.join(" ")}`
    const body = JSON.stringify({ error: { type: "invalid_request_error", message }, message, detail: message })
    yield* made.backend.script({ _tag: "Status", status: 401, body })
    const error = yield* Check.fails(made.provider.createCheckoutSession(request), "a 401 that repeats secrets")
    yield* cleanError(harness, "a 401 that repeats secrets", error)
  }),
})

export const checks = (harness: Harness): ReadonlyArray<Check.Check> => [
  inTheTable(harness),
  inALife(harness),
  inWebhooks(harness),
  inAvailability(harness),
  echoed(harness),
]
