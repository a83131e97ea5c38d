import { PaymentError } from "@payment-orchestrator/domain"
import { Fault } from "@payment-orchestrator/emulators"
import { Sample } from "@payment-orchestrator/provider-kit"
import { describe, expect, it } from "@effect/vitest"
import { Cause, Effect, Schema } from "effect"
import { inspect } from "node:util"
import * as PayPal from "../src/index.ts"
import * as Stage from "./support/Stage.ts"

/** Every way in which an error could be printed. */
const printed = (error: PaymentError.PaymentError): string =>
  [
    JSON.stringify(error),
    inspect(error, { depth: 10, showHidden: true }),
    String(error),
    error.message,
    error.stack,
    JSON.stringify(Schema.encodeSync(PaymentError.PaymentError)(error)),
    Cause.pretty(Cause.fail(error)),
  ].join("\n")

const none = (error: PaymentError.PaymentError) => {
  for (const canary of Stage.canaries) expect(printed(error)).not.toContain(canary)
}

const opening = (provider: Stage.Stage["provider"]) =>
  Effect.flatMap(Sample.sessionRequest(), provider.createCheckoutSession)

/** PayPal repeating what it was sent. */
const echo = (text: string) => ({
  name: "INVALID_REQUEST",
  message: `You sent ${text}`,
  details: [{ issue: `ISSUE_${text}`, description: `You sent ${text} to us` }],
})

describe("an error shows no secret", () => {
  it.live.each([Stage.token, Stage.createOrder])("however %s fails", (route) =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      for (const fault of [
        ...[301, 400, 401, 403, 404, 409, 422, 429, 500, 503].map((status) => Fault.status(status)),
        Fault.reset(),
        Fault.cutBody(5),
        Fault.malformedJson(),
        Fault.wrongShape(),
        Fault.emptyBody(),
        Fault.html(502),
      ]) {
        yield* stage.emulator.faults.clear
        yield* stage.emulator.faults.add({ route, fault })
        none(yield* Effect.flip(opening(stage.provider)))
      }
    }),
  )

  it.live("when nobody listens, when the name is unknown, and when it is no TLS", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      const { url } = stage.emulator
      yield* stage.emulator.refuse(true)
      none(yield* Effect.flip(opening(stage.provider)))
      yield* stage.emulator.refuse(false)
      for (const baseUrl of ["http://paypal.invalid", url.replace("http:", "https:")]) {
        const error = yield* Effect.flip(opening(yield* PayPal.make(Stage.optionsFor(baseUrl))))
        expect(error).toMatchObject({ reason: "network", outcome: "not_sent" })
        none(error)
      }
    }),
  )

  it.live("when PayPal repeats our secret or our token in its own words", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.make()
      yield* opening(stage.provider)
      const authorization = (yield* stage.emulator.journal.requests).find(({ route }) => route === Stage.createOrder)
        ?.headers["authorization"]
      const token = authorization?.replace("Bearer ", "") ?? ""
      expect(token).toMatch(/^A21AA/)
      for (const text of [Stage.clientSecret, token, ...Stage.canaries.slice(0, 2)]) {
        yield* stage.emulator.faults.clear
        yield* stage.emulator.faults.add({ route: Stage.createOrder, fault: Fault.status(400, { body: echo(text) }) })
        const error = yield* Effect.flip(opening(stage.provider))
        expect(error.detail).toBe("You sent *** to us")
        none(error)
      }
    }),
  )
})
