import { inspect } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import { Fault } from "@payment-orchestrator/emulators"
import { Sample } from "@payment-orchestrator/provider-kit"
import { Cause, Effect, Redacted } from "effect"
import { apiKey, createRoute, webhookSecret, type World, world } from "./Harness.ts"
import { signed } from "./Signing.ts"

const printed = (error: unknown) =>
  [
    JSON.stringify(error),
    inspect(error, { depth: 10, showHidden: true }),
    String(error),
    error instanceof Error ? error.stack : "",
    Cause.pretty(Cause.fail(error)),
  ].join("\n")

const open = (made: World) => Effect.flatMap(Sample.sessionRequest(), made.polar.createCheckoutSession)

describe("no secret is in an error", () => {
  it.live("when a page echoes the request, the key in it", () =>
    Effect.gen(function* () {
      for (const status of [400, 403, 422, 429, 500, 502]) {
        const made = yield* world()
        const bodies = [
          `Authorization: Bearer ${apiKey}`,
          { error: apiKey, detail: `Bearer ${apiKey} is odd` },
          {
            error: "RequestValidationError",
            detail: [{ loc: ["header", apiKey], msg: `not ${apiKey}`, input: apiKey }],
          },
        ]
        for (const body of bodies) {
          yield* made.emulator.faults.clear
          yield* made.emulator.faults.add({ route: createRoute, fault: Fault.status(status, { body }) })
          const error = yield* Effect.flip(open(made))
          expect(printed(error)).not.toContain(apiKey)
          expect(error.status).toBe(status)
        }
      }
    }),
  )

  it.live("when a success echoes it instead of a checkout", () =>
    Effect.gen(function* () {
      const made = yield* world()
      yield* made.emulator.faults.add({ route: createRoute, fault: Fault.status(201, { body: { id: apiKey } }) })
      expect(printed(yield* Effect.flip(open(made)))).not.toContain(apiKey)
    }),
  )

  it.live("when the key cannot even be put into a header", () =>
    Effect.gen(function* () {
      const made = yield* world({ apiKey: Redacted.make("canary\nkey") })
      const error = yield* Effect.flip(open(made))
      expect(error).toMatchObject({ reason: "invalid_arguments", outcome: "not_sent" })
      expect(printed(error)).not.toContain("canary")
      expect(yield* made.emulator.journal.count()).toBe(0)
    }),
  )

  it.live("when a delivery is refused", () =>
    Effect.gen(function* () {
      const made = yield* world()
      const webhook = yield* signed({ type: "order.paid" }, { secret: "whsec_b3RoZXI=" })
      const error = yield* Effect.flip(made.polar.verifyWebhook(webhook))
      const own = yield* Effect.flip(made.polar.verifyWebhook({ ...webhook, secret: "whsec_bXlPd25TZWNyZXQ=" }))
      for (const secret of [webhookSecret, "bXlPd25TZWNyZXQ", String(webhook.headers["webhook-signature"]).slice(3)]) {
        expect(printed(error) + printed(own)).not.toContain(secret)
      }
    }),
  )
})
