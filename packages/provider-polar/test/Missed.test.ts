import { describe, expect, it } from "@effect/vitest"
import { PaymentProvider } from "@payment-orchestrator/domain"
import { Fault, PolarEmulator } from "@payment-orchestrator/emulators"
import { Sample } from "@payment-orchestrator/provider-kit"
import { Clock, Duration, Effect, Option, Schedule, Stream } from "effect"
import { type World, world } from "./Harness.ts"

const pay = (made: World) =>
  Effect.gen(function* () {
    const request = yield* Sample.sessionRequest({
      mode: "subscription",
      priceId: Option.some(PolarEmulator.catalogProductId),
      money: Option.none(),
    })
    const session = yield* made.polar.createCheckoutSession(request)
    yield* made.emulator.buyer.pay(session.sessionId)
    return request
  })

const missed = (made: World, since = 0) => Stream.runCollect(made.polar.missedEvents(since))

const settled = (made: World) =>
  Effect.gen(function* () {
    const deliveries = yield* made.emulator.webhooks.deliveries
    return deliveries.every((one) => one.state !== "waiting")
  }).pipe(Effect.repeat({ until: (done) => done, schedule: Schedule.spaced("20 millis") }), Effect.timeout("5 seconds"))

const delivery = (id: string, payload: string | null) => ({ webhook_event: { id, payload } })

describe("F50: what was missed", () => {
  it.live("is told from Polar's deliveries under the ids of the events, each once however often it was tried", () =>
    Effect.gen(function* () {
      const made = yield* world()
      const request = yield* pay(made)
      yield* settled(made)
      const sent = new Set((yield* made.sink.webhooks).map((one) => String(one.headers["webhook-id"])))
      const [first] = yield* made.emulator.webhooks.deliveries
      yield* Effect.promise(() =>
        fetch(`${made.emulator.url}/v1/webhooks/events/${first?.eventId}/redeliver`, {
          method: "POST",
          headers: { authorization: "Bearer polar_oat_canaryKey0123456789", "polar-version": "2026-10" },
        }),
      )
      yield* settled(made)
      const events = yield* missed(made)
      const ids = events.map((event) => event.eventId)
      expect(new Set(ids).size).toBe(ids.length)
      const paid = events.find((event) => event.type === "order.paid")
      expect(sent.has(paid?.eventId ?? "")).toBe(true)
      expect(paid?.attemptId).toEqual(Option.some(request.attemptId))
    }),
  )

  it.live("goes over all pages, and begins at the time that was said", () =>
    Effect.gen(function* () {
      const made = yield* world()
      yield* Effect.forEach(Array.from({ length: 105 }), () =>
        Effect.flatMap(Sample.sessionRequest(), made.polar.createCheckoutSession),
      )
      yield* settled(made)
      expect(yield* missed(made)).toHaveLength(105)
      expect(yield* made.emulator.journal.count("GET /v1/webhooks/deliveries")).toBe(2)
      expect(yield* missed(made, (yield* Clock.currentTimeMillis) + 1)).toEqual([])
    }),
  )

  it.live("while the endpoint was switched off is told from the orders, the same one under the same id", () =>
    Effect.gen(function* () {
      const made = yield* world({}, { webhooks: [] })
      const request = yield* pay(made)
      const [order] = yield* made.emulator.orders
      const events = yield* missed(made)
      expect(events).toMatchObject([
        {
          eventId: `order:${order?.id}:paid`,
          type: "order.updated",
          attemptId: Option.some(request.attemptId),
          subject: { _tag: "Payment", moneyId: order?.id, state: "completed" },
        },
      ])
      expect((yield* missed(made)).map((event) => event.eventId)).toEqual(events.map((event) => event.eventId))
    }),
  )

  it.live("passes over archived deliveries and those in the words of a chat program", () =>
    Effect.gen(function* () {
      const made = yield* world()
      const known = JSON.stringify({ type: "checkout.expired", data: { id: "c-1", status: "expired" } })
      yield* made.emulator.faults.add({
        route: "GET /v1/webhooks/deliveries",
        fault: Fault.status(200, {
          body: {
            items: [delivery("1", null), delivery("2", '{"content":"A sale!"}'), delivery("3", known)],
            pagination: { total_count: 3, max_page: 1 },
          },
        }),
      })
      expect((yield* missed(made)).map((event) => event.eventId)).toEqual(["3"])
    }),
  )

  it.live("cannot be told by a token without the scope, nor by a Polar that hangs", () =>
    Effect.gen(function* () {
      const made = yield* world({}, { scopes: ["checkouts:write"] })
      expect(yield* Effect.flip(missed(made))).toMatchObject({ code: "insufficient_scope", operation: "missedEvents" })
      const silent = yield* world()
      yield* silent.emulator.faults.add({ route: "*", fault: Fault.hang() })
      const error = yield* Effect.flip(missed(silent)).pipe(
        Effect.provideService(PaymentProvider.CallTimeout, Duration.millis(200)),
      )
      expect(error).toMatchObject({ reason: "timeout", timeoutMillis: 200 })
    }),
  )
})
