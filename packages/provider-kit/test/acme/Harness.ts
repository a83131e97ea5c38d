/** Acme in the suite's hands. */
import { Effect } from "effect"
import type { Capabilities } from "@payment-orchestrator/domain"
import type { Backend, Harness } from "../../src/Harness.ts"
import type { Flaw, Limit } from "./Flaw.ts"
import * as Provider from "./Provider.ts"
import * as Server from "./Server.ts"
import * as World from "./World.ts"

const harness = (
  name: string,
  flaws: ReadonlyArray<Flaw>,
  capabilities: Capabilities.Capabilities = Provider.capabilities,
): Harness => {
  const running = new Map<Backend, Server.Running>()
  return {
    name,
    canaries: [Server.clientSecret, World.webhookSecret],
    make: (options = {}) =>
      Effect.gen(function* () {
        const server = yield* Server.serve
        running.set(server.backend, server)
        const url = options.unreachable === "dns" ? "http://acme.invalid" : server.url
        return { provider: Provider.make(url, new Set(flaws), capabilities), backend: server.backend }
      }),
    subscriptionPrice: { id: "price_gold", amount: "9.00", currency: "USD", interval: "month" },
    hasInProgressAnswer: true,
    staleToken: (backend) => running.get(backend)?.forgetTokens ?? Effect.die("not a back end of this harness"),
  }
}

/** An adapter that says it can do everything, with these flaws. */
export const make = (...flaws: ReadonlyArray<Flaw>): Harness => harness("Acme", flaws)

/** An adapter without a flaw that says it can do this. */
export const claiming = (capabilities: Capabilities.Capabilities): Harness => harness("Acme", [], capabilities)

const limits: ReadonlyArray<Limit> = [
  "uses a new key each time",
  "finds nothing by attempt",
  "cannot withdraw",
  "refuses partial refunds",
  "cancels at once instead of later",
]

/** An adapter with all the limits that says so. */
export const modest: Harness = harness("Acme", limits, {
  ...Provider.capabilities,
  idempotentCreate: false,
  findByAttempt: false,
  fence: { payment: "none", subscription: "none" },
  partialRefunds: false,
  cancelAtPeriodEnd: false,
})
