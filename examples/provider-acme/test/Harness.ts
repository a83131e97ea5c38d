/** Acme in the suite's hands. */
import { Effect, Redacted, Schedule } from "effect"
import { Emulated, type Harness } from "@payment-orchestrator/provider-kit"
import * as Acme from "../src/index.ts"
import * as AcmeStandIn from "../stand-in/AcmeStandIn.ts"

const secret = "canary-request-secret-5d1c"
const noticeSecret = "canary-notice-secret-77aa"

const make = Effect.fnUntraced(function* (options: Harness.MakeOptions = {}) {
  const receiver = yield* Emulated.receiver
  const standIn = yield* AcmeStandIn.make({ secret, noticeSecret, retries: Schedule.recurs(0) })
  yield* standIn.notify(receiver.url)
  const provider = yield* Acme.make({
    merchant: AcmeStandIn.merchant,
    secret: Redacted.make(secret),
    noticeSecret: Redacted.make(noticeSecret),
    baseUrl: options.unreachable === "dns" ? "http://acme.invalid" : standIn.url,
  })
  const backend: Harness.Backend = {
    ...Emulated.backend({ emulator: standIn, creates: ["POST /v1/payment-requests"] }),
    sessionCount: standIn.count,
    approve: (id) => Effect.asVoid(Effect.andThen(standIn.pay(id), standIn.confirm(id))),
    webhooks: receiver.webhooks,
    unknownWebhook: Effect.map(standIn.oddNotice, ({ body, headers }) => ({
      headers,
      body: new TextEncoder().encode(body),
    })),
  }
  return { provider, backend }
})

export const harness: Harness.Harness = {
  name: "Acme",
  canaries: [secret, noticeSecret],
  credentials: "sign",
  make,
  hasInProgressAnswer: false,
}
