import { assert, it } from "@effect/vitest"
import { Explanation, Id } from "@payment-orchestrator/domain"
import { AuditLog, DeliveryStore, ExplanationStore, RefundStore } from "@payment-orchestrator/payments"
import { Effect, Option } from "effect"
import { TestClock } from "effect/testing"
import { onEachBackend } from "./Backends.ts"
import * as Merchants from "./Merchants.ts"
import * as Sample from "./Sample.ts"

onEachBackend("why a checkout went where it went", ({ empty }) => {
  it.effect("is read out of everything that is recorded of it", () =>
    Effect.gen(function* () {
      const store = yield* ExplanationStore.ExplanationStore
      const refunds = yield* RefundStore.RefundStore
      const { checkoutId, payment } = yield* Sample.paid
      yield* TestClock.adjust("1 minute")
      const wish = {
        paymentId: payment.id,
        amount: Option.none(),
        reason: Option.some("late"),
        origin: "a",
        despiteDispute: false,
      }
      yield* Effect.provideService(refunds.reserve(wish, 1_000), AuditLog.CurrentActor, {
        id: "key_1",
        role: Option.some("merchant"),
      })
      const records = Option.getOrThrow(yield* store.read(checkoutId, "default"))
      const { data } = Explanation.assemble(records)
      assert.deepStrictEqual(
        data.map(({ kind }) => kind),
        [
          "requested",
          "tried",
          "skipped",
          "failed_over",
          "tried",
          "decided",
          "session_shown",
          "session_state",
          "payment",
          "event",
          "event",
          "event",
          "event",
          "action",
          "refund",
          "event",
        ],
      )
      assert.deepInclude(
        data.find(({ kind }) => kind === "action"),
        { at: 60_000, action: "refund.create", actor: "key_1", reason: "late" },
      )
      assert.deepInclude(
        data.find(({ kind }) => kind === "session_state"),
        { state: "completed", provider: Sample.polar },
      )
      assert.deepInclude(
        data.find(({ kind }) => kind === "refund"),
        { amount: "99.99", status: "pending" },
      )
      const types = data.flatMap((entry) => (entry.kind === "event" ? [entry.type] : []))
      assert.sameMembers(types, [
        "checkout.opened",
        "checkout.processing",
        "payment.captured",
        "checkout.paid",
        "refund.pending",
      ])
    }).pipe(Effect.provide(empty, { local: true })),
  )

  it.effect("shows how its events were sent to each endpoint, and who sent one again", () => {
    const world = Merchants.makeWorld()
    world.servers.set("https://b.example", () => Effect.succeed(503))
    return Effect.gen(function* () {
      const store = yield* ExplanationStore.ExplanationStore
      const good = yield* Merchants.endpoint("https://a.example", { events: ["checkout.opened"] })
      const bad = yield* Merchants.endpoint("https://b.example", { events: ["checkout.opened"] })
      yield* Merchants.endpoint("https://c.example", { tenantId: "other" })
      const { id } = yield* Sample.shown()
      yield* TestClock.adjust("1 minute")
      yield* Merchants.sweep
      const deliveries = yield* DeliveryStore.DeliveryStore
      const read = Effect.map(store.read(id, undefined), (records) => Explanation.assemble(Option.getOrThrow(records)))
      const { data } = yield* read
      const sent = data.filter((entry) => entry.kind === "delivery")
      assert.lengthOf(sent, 2)
      assert.deepInclude(
        sent.find(({ endpointId }) => endpointId === good.endpoint.id),
        {
          eventType: "checkout.opened",
          url: "https://a.example",
          status: "succeeded",
          tries: 1,
          lastStatus: 200,
          nextTryAt: null,
          at: 60_000,
        },
      )
      const failing = sent.find(({ endpointId }) => endpointId === bad.endpoint.id)
      assert.deepInclude(failing, { status: "pending", tries: 1, lastStatus: 503, lastError: "http_503" })
      assert.isAbove(failing?.nextTryAt ?? 0, 60_000)
      const target = sent[0]?.eventId ?? Id.EventId.make(`evt_${"0".repeat(26)}`)
      yield* deliveries.redeliver(target, "default", undefined)
      assert.deepInclude(
        (yield* read).data.find((entry) => entry.kind === "action"),
        { action: "event.redeliver", target },
      )
    }).pipe(Effect.provide(Merchants.process(empty, world), { local: true }))
  })

  it.effect("is shown of every round, and of candidates that were not needed", () =>
    Effect.gen(function* () {
      const store = yield* ExplanationStore.ExplanationStore
      const { checkout } = yield* Sample.claim()
      const running = Option.getOrThrow(yield* store.read(checkout.id, undefined))
      assert.deepStrictEqual(
        running.candidates.map(({ provider, state }) => [provider, state]),
        [
          ["paypal", "planned"],
          ["polar", "planned"],
        ],
      )
      const { id } = yield* Sample.firstTry()
      const { data } = Explanation.assemble(Option.getOrThrow(yield* store.read(id, undefined)))
      assert.deepStrictEqual(
        data.map((entry) => ("provider" in entry ? `${entry.kind} ${entry.provider}` : entry.kind)),
        ["requested", "tried paypal", "not_asked polar", "decided paypal", "session_shown paypal", "event paypal"],
      )
    }).pipe(Effect.provide(empty, { local: true })),
  )

  it.effect("is not there for another tenant", () =>
    Effect.gen(function* () {
      const store = yield* ExplanationStore.ExplanationStore
      const { id } = yield* Sample.shown({ tenantId: "t1" })
      assert.isTrue(Option.isSome(yield* store.read(id, "t1")))
      assert.isTrue(Option.isSome(yield* store.read(id, undefined)))
      assert.isTrue(Option.isNone(yield* store.read(id, "t2")))
    }).pipe(Effect.provide(empty, { local: true })),
  )
})
