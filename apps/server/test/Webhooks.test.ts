import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import * as House from "./House.ts"

/** Waits until something is in the log, at most five seconds. */
const logged = (house: House.House, text: string) =>
  Effect.suspend(() =>
    house.log.some((line) => line.includes(text)) ? Effect.void : Effect.fail(`not in the log: ${text}`),
  ).pipe(Effect.retry({ schedule: Schedule.spaced("50 millis"), times: 100 }))

describe("POST /webhooks/{provider}", () => {
  it.live("verifies what each provider sends by its own scheme, and answers 200", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const [paypal, polar, stripe] = yield* Effect.forEach(["paypal", "polar", "stripe"], (provider) =>
        Effect.map(
          House.open(house, { preferred_provider: provider }),
          ({ json }) => (json as { provider_session_id: string }).provider_session_id,
        ),
      )
      yield* house.paypal.buyer.approve(paypal ?? "")
      yield* house.polar.buyer.pay(polar ?? "")
      yield* house.stripe.buyer.pay(stripe ?? "")
      yield* logged(house, "webhook of paypal: CHECKOUT.ORDER.APPROVED")
      yield* logged(house, "webhook of polar: order.paid")
      yield* logged(house, "webhook of stripe: checkout.session.completed")
    }),
  )

  it.live("F48: refuses a signature that does not hold, a missing one, and an unknown provider", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      for (const provider of ["paypal", "polar", "stripe"]) {
        const answer = yield* house.send("POST", `/webhooks/${provider}`, { key: null, body: { id: "evt_1" } })
        assert.strictEqual(answer.status, 400, provider)
        assert.deepInclude(answer.json as object, { code: "invalid_signature" })
      }
      const unknown = yield* house.send("POST", "/webhooks/acme", { key: null, body: {} })
      assert.strictEqual(unknown.status, 404)
      assert.deepInclude(unknown.json as object, { code: "unknown_provider" })
    }),
  )

  it.live("F46: refuses a body that was parsed and written again on its way", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const opened = yield* House.open(house, { preferred_provider: "stripe" })
      yield* house.stripe.buyer.pay((opened.json as { provider_session_id: string }).provider_session_id)
      yield* logged(house, "webhook of stripe: checkout.session.completed")
      const delivery = (yield* house.stripe.webhooks.deliveries).find(
        ({ type }) => type === "checkout.session.completed",
      )
      assert.isDefined(delivery)
      const body = JSON.stringify(JSON.parse(delivery?.body ?? ""))
      const answer = yield* house.send("POST", "/webhooks/stripe", {
        key: null,
        body,
        headers: { ...delivery?.headers },
      })
      assert.strictEqual(answer.status, 400)
    }),
  )
})
