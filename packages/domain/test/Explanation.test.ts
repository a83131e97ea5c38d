import { assert, describe, it } from "@effect/vitest"
import { type Attempt, Explanation, Id, ProviderName } from "@payment-orchestrator/domain"
import { Effect, Option, Schema } from "effect"
import { empty } from "./ExplanationRecords.ts"

const paypal = ProviderName.ProviderName.make("paypal")
const polar = ProviderName.ProviderName.make("polar")
const stripe = ProviderName.ProviderName.make("stripe")
const ulid = "00000000000000000000000000"
const attemptId = Id.AttemptId.make(`att_${ulid}`)

const attempt = (over: Partial<Attempt.Attempt>): Option.Option<Attempt.Attempt> =>
  Option.some({ provider: paypal, result: "opened", startedAt: 1_000, durationMs: 100, tries: 1, ...over })

const failedOver: Explanation.Records = {
  ...empty,
  candidates: [
    {
      round: 1,
      position: 0,
      provider: stripe,
      attemptId: null,
      state: "closed",
      attempt: attempt({ provider: stripe, result: "skipped", reason: "drained", durationMs: 0, tries: 0 }),
    },
    {
      round: 1,
      position: 1,
      provider: paypal,
      attemptId,
      state: "closed",
      attempt: attempt({
        result: "transient_error",
        reason: "http_503",
        message: "PayPal 503",
        durationMs: 700,
        tries: 3,
      }),
    },
    {
      round: 1,
      position: 2,
      provider: polar,
      attemptId,
      state: "closed",
      attempt: attempt({ provider: polar, startedAt: 1_700, durationMs: 120 }),
    },
  ],
  failovers: [
    {
      at: 1_702,
      id: Id.FailoverId.make(`fo_${ulid}`),
      from: paypal,
      to: polar,
      reason: "http_503",
      message: "PayPal 503",
      requestId: null,
    },
  ],
  sessions: [
    {
      at: 1_830,
      provider: polar,
      sessionId: "cs_1",
      attemptId,
      expiresAt: null,
      state: "completed",
      stateAt: 5_000,
    },
  ],
  webhooks: [{ at: 4_900, provider: polar, eventId: "evt_polar_1", type: "order.paid", state: "applied" }],
  payments: [
    {
      at: 5_000,
      id: Id.PaymentId.make(`pay_${ulid}`),
      provider: polar,
      moneyId: "ord_1",
      paymentKind: "initial",
      state: "completed",
      amount: "99.99",
      currency: "USD",
    },
  ],
  events: [
    {
      at: 1_830,
      id: Id.EventId.make(`evt_${ulid}`),
      type: "checkout.opened",
      objectId: `co_${ulid}`,
      sequence: 1,
      provider: polar,
    },
    {
      at: 5_000,
      id: Id.EventId.make(`evt_${ulid}`),
      type: "checkout.paid",
      objectId: `co_${ulid}`,
      sequence: 2,
      provider: polar,
    },
  ],
  deliveries: [
    {
      at: 5_000,
      id: Id.DeliveryId.make(`dlv_${ulid}`),
      eventId: Id.EventId.make(`evt_${ulid}`),
      eventType: "checkout.paid",
      endpointId: Id.EndpointId.make(`whe_${ulid}`),
      url: "https://shop.example/hook",
      status: "succeeded",
      tries: 1,
      lastStatus: 200,
      lastError: null,
      nextTryAt: null,
    },
  ],
}

const kinds = (records: Explanation.Records) => Explanation.assemble(records).data.map(({ kind }) => kind)

describe("why a checkout went where it went", () => {
  it("is told in order: skip, try, failover before the turn it led to, decision, page, webhook, money, events", () => {
    assert.deepStrictEqual(kinds(failedOver), [
      "requested",
      "skipped",
      "tried",
      "failed_over",
      "tried",
      "decided",
      "session_shown",
      "event",
      "webhook",
      "session_state",
      "payment",
      "event",
      "delivery",
    ])
  })

  it("says of each change what caused it", () => {
    const causes = Explanation.assemble(failedOver).data.flatMap((entry) => ("cause" in entry ? [entry.cause] : []))
    assert.deepStrictEqual(causes, [
      "it is the first that opened a page",
      "Polar opened a page",
      "Polar says that it did what it was for",
      `Polar has 99.99 USD for it (pay_${ulid}), looked at after its webhook evt_polar_1`,
    ])
  })

  it("shows candidates whose turn did not come, and rounds that ended without a page", () => {
    const { data } = Explanation.assemble({
      ...empty,
      candidates: [
        {
          round: 1,
          position: 0,
          provider: paypal,
          attemptId,
          state: "quarantined",
          attempt: attempt({ result: "transient_error", reason: "process_died" }),
        },
        { round: 2, position: 0, provider: paypal, attemptId, state: "closed", attempt: attempt({ startedAt: 2_000 }) },
        { round: 2, position: 1, provider: polar, attemptId, state: "closed", attempt: Option.none() },
      ],
    })
    assert.deepStrictEqual(
      data.map((entry) => (entry.kind === "decided" ? `${entry.kind} ${entry.verdict}` : entry.kind)),
      ["requested", "tried", "decided abandoned", "tried", "not_asked", "decided opened"],
    )
  })

  it("tells a refusal for good, and who closed a checkout", () => {
    const { data } = Explanation.assemble({
      ...empty,
      candidates: [
        {
          round: 1,
          position: 0,
          provider: paypal,
          attemptId,
          state: "closed",
          attempt: attempt({ result: "permanent_error", reason: "http_422", message: "PayPal 422 X" }),
        },
      ],
      actions: [{ at: 3_000, action: "checkout.expire", actor: "key_1", target: `co_${ulid}`, reason: null }],
      events: [
        {
          at: 3_001,
          id: Id.EventId.make(`evt_${ulid}`),
          type: "checkout.expired",
          objectId: `co_${ulid}`,
          sequence: 1,
          provider: paypal,
        },
      ],
    })
    const causes = data.flatMap((entry) => ("cause" in entry ? [entry.cause] : []))
    assert.deepStrictEqual(causes, [
      "a refusal for good ends it, nobody else is asked: PayPal 422 X",
      "asked for by key_1",
    ])
  })

  it("puts each turn where it was among what people and providers did meanwhile", () => {
    const action = (at: number) => ({ at, action: "checkout.move", actor: "key_1", target: `co_${ulid}`, reason: null })
    const { data } = Explanation.assemble({ ...failedOver, actions: [action(999), action(1_600), action(1_750)] })
    assert.deepStrictEqual(data.map(({ kind }) => kind).slice(0, 9), [
      "action",
      "requested",
      "skipped",
      "tried",
      "action",
      "failed_over",
      "tried",
      "decided",
      "action",
    ])
  })

  it("puts neither a decision nor who was not asked behind what followed from it, though clocks disagree", () => {
    const [, failed, opened] = failedOver.candidates
    const page = attempt({ provider: polar, startedAt: 1_700, durationMs: 2_000 })
    const candidates = [
      ...(failed === undefined ? [] : [failed]),
      ...(opened === undefined ? [] : [{ ...opened, attempt: page }]),
      { round: 1, position: 3, provider: stripe, attemptId, state: "closed" as const, attempt: Option.none() },
    ]
    assert.deepStrictEqual(kinds({ ...failedOver, candidates }).slice(3, 7), [
      "tried",
      "not_asked",
      "decided",
      "session_shown",
    ])
  })

  it("puts a failover before the turn that it led to, and before no other, be it written in the same moment", () => {
    const [, failed, opened] = failedOver.candidates
    const candidates = [failed, opened].flatMap((candidate) => (candidate === undefined ? [] : [candidate]))
    const failovers = failedOver.failovers.map((row) => ({ ...row, at: 1_700 }))
    assert.deepStrictEqual(kinds({ ...failedOver, candidates, failovers }).slice(0, 4), [
      "requested",
      "tried",
      "failed_over",
      "tried",
    ])
  })

  it("shows a page that waits for its buyer, and none that no buyer has seen", () => {
    const pages = (state: "payable" | "unexposed") => {
      const sessions = failedOver.sessions.map((session) => ({ ...session, state }))
      return kinds({ ...failedOver, sessions }).filter((kind) => kind.startsWith("session"))
    }
    assert.deepStrictEqual(pages("payable"), ["session_shown"])
    assert.deepStrictEqual(pages("unexposed"), [])
  })

  it("says of a refusal what is known of it", () => {
    const refused = (known: Partial<Attempt.Attempt>) =>
      Explanation.assemble({
        ...empty,
        candidates: [
          {
            round: 1,
            position: 0,
            provider: paypal,
            attemptId,
            state: "closed",
            attempt: attempt({ result: "permanent_error", ...known }),
          },
        ],
      }).data.flatMap((entry) => ("cause" in entry ? [entry.cause] : []))
    const all = "a refusal for good ends it, nobody else is asked:"
    assert.deepStrictEqual(refused({ reason: "http_422", message: "PayPal 422 X" }), [`${all} PayPal 422 X`])
    assert.deepStrictEqual(refused({ reason: "http_422" }), [`${all} http_422`])
  })

  it.effect("is written as the HTTP contract spells it", () =>
    Effect.gen(function* () {
      const encoded = yield* Schema.encodeEffect(Explanation.Explanation)(Explanation.assemble(failedOver))
      assert.deepInclude(encoded.data[2], {
        kind: "tried",
        at: "1970-01-01T00:00:01.000Z",
        duration_ms: 700,
        attempt_id: attemptId,
      })
      assert.deepStrictEqual(
        yield* Schema.decodeEffect(Explanation.Explanation)(encoded),
        Explanation.assemble(failedOver),
      )
    }),
  )
})
