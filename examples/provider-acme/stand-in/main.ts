/** Acme's stand-in by itself, with a page of buttons that break it; prints what the server needs to know of it. */
import { NodeRuntime } from "@effect/platform-node"
import { Control } from "@payment-orchestrator/emulators"
import { Console, Effect } from "effect"
import * as AcmeStandIn from "./AcmeStandIn.ts"

const program = Effect.gen(function* () {
  const acme = yield* AcmeStandIn.make({ port: 4020 })
  yield* acme.notify("http://127.0.0.1:8080/webhooks/acme")
  const control = yield* Control.serve({ emulators: [acme], port: 4029 })
  yield* Console.log(`export ACME_BASE_URL=${acme.url} ACME_MERCHANT=${AcmeStandIn.merchant}
export ACME_SECRET=${AcmeStandIn.secret} ACME_NOTICE_SECRET=${AcmeStandIn.noticeSecret}
# to break it: ${control.url}`)
  return yield* Effect.never
})

NodeRuntime.runMain(Effect.scoped(program))
