import { assert, describe, it } from "@effect/vitest"
import type { PriceCheck } from "@payment-orchestrator/core"
import { Id, ProviderName } from "@payment-orchestrator/domain"
import { type AlertFacts, AlertRule } from "@payment-orchestrator/payments"
import { Option } from "effect"

const paypal = ProviderName.ProviderName.make("paypal")
const thresholds: AlertRule.Thresholds = { warning: 0.1, critical: 0.5 }
const now = 10_000_000

const provider: AlertFacts.ProviderFacts = {
  name: paypal,
  health: "up",
  credentials: "accepted",
  circuit: "closed",
  reason: null,
  webhooks: "ok",
  wellSince: 0,
}

const quiet: AlertFacts.Facts = {
  now,
  routing: { checkouts: 20, displaced: 0 },
  providers: [provider],
  unknown: [],
  secondPayments: [],
  mismatched: [],
  deadEndpoints: [],
  prices: [],
  skews: [{ provider: paypal, millis: 400 }],
}

const money: AlertFacts.Money = {
  paymentId: Id.PaymentId.make("pay_00000000000000000000000000"),
  checkoutId: Id.CheckoutId.make("co_00000000000000000000000000"),
  tenantId: "default",
  provider: paypal,
}

const dead: AlertFacts.DeadEndpoint = {
  id: Id.EndpointId.make("whe_00000000000000000000000000"),
  host: "shop.example",
  failingSince: now - 60 * 3_600_000,
  percent: 50,
  disabled: null,
}

const read = (over: Partial<AlertFacts.Facts>) => AlertRule.read({ ...quiet, ...over }, thresholds)
const ofProvider = (over: Partial<AlertFacts.ProviderFacts>) => read({ providers: [{ ...provider, ...over }] })
const states = (readings: ReadonlyArray<AlertRule.Reading>) => readings.map(({ key, state }) => `${key} ${state}`)
const share = (displaced: number) => read({ routing: { checkouts: 20, displaced } })

describe("what is an alert", () => {
  it("nothing, when all is well", () => {
    assert.deepStrictEqual(read({}), [])
    assert.deepStrictEqual(read({ routing: { checkouts: 0, displaced: 0 } }), [])
  })

  it("a failover rate above 10 %, critical above 50 %, over at half of what raises it", () => {
    const told = [1, 2, 3, 10, 11, 20].map((displaced) => share(displaced).map((r) => `${r.state} ${r.severity}`)[0])
    assert.deepStrictEqual(told, [
      undefined,
      "held warning",
      "raised warning",
      "raised warning",
      "raised critical",
      "raised critical",
    ])
  })

  it("a provider that is down by its health or its circuit, until it was well for 30 s", () => {
    const down = "provider_down:paypal"
    assert.deepStrictEqual(states(ofProvider({ health: "down", wellSince: null })), [`${down} raised`])
    assert.deepStrictEqual(states(ofProvider({ circuit: "open", wellSince: null })), [`${down} raised`])
    assert.deepStrictEqual(states(ofProvider({ circuit: "half_open", wellSince: null })), [`${down} raised`])
    assert.deepStrictEqual(states(ofProvider({ wellSince: now - 29_999 })), [`${down} held`])
    assert.deepStrictEqual(states(ofProvider({ wellSince: now - 30_000 })), [])
  })

  it("F9: refused credentials, and then not an outage too", () => {
    const refused = ofProvider({ health: "down", credentials: "refused", wellSince: null })
    assert.deepStrictEqual(states(refused), ["credentials_refused:paypal raised"])
  })

  it("clears nothing by what a process that has just started does not know yet", () => {
    const fresh = ofProvider({ health: "unknown", credentials: "unknown", webhooks: "unknown", wellSince: null })
    assert.deepStrictEqual(states(fresh), [
      "provider_down:paypal held",
      "credentials_refused:paypal held",
      "webhooks_silent:paypal held",
    ])
  })

  it("F50: silent webhooks", () => {
    assert.deepStrictEqual(states(ofProvider({ webhooks: "silent" })), ["webhooks_silent:paypal raised"])
  })

  it("outcomes nobody knows, second and mismatched payments, dead endpoints: each on its own", () => {
    const readings = read({
      unknown: [{ what: "capture", count: 3, first: "co_1", oldestAt: now - 660_000 }],
      secondPayments: [money],
      mismatched: [money],
      deadEndpoints: [dead],
    })
    assert.deepStrictEqual(states(readings), [
      "outcome_unknown:capture raised",
      `second_payment:${money.paymentId} raised`,
      `mismatched_payment:${money.paymentId} raised`,
      `endpoint_dead:${dead.id} raised`,
    ])
    assert.include(readings[0]?.summary, "for 11 minutes whether money was taken (co_1 and 2 more)")
  })

  it("F53: a dead endpoint, worse the nearer it is to being disabled, without more of its URL than the host", () => {
    const facts: ReadonlyArray<Partial<AlertFacts.DeadEndpoint>> = [
      {},
      { percent: 90, failingSince: now - 108 * 3_600_000 },
      { percent: 100, disabled: "failing" },
      { percent: 100, disabled: "gone" },
    ]
    const readings = read({ deadEndpoints: facts.map((over) => ({ ...dead, ...over })) })
    assert.deepStrictEqual(
      readings.map(({ severity, summary }) => `${severity}: ${summary}`),
      [
        "warning: the endpoint at shop.example has taken no event for 60 hours; it is disabled after 120",
        "critical: the endpoint at shop.example has taken no event for 108 hours; it is disabled after 120",
        "critical: the endpoint at shop.example was disabled: it took no event for 120 hours",
        "critical: the endpoint at shop.example was disabled: it answered 410 Gone",
      ],
    )
  })

  it("F23: a price that a provider sells otherwise; held while it could not be asked, over when it agrees again", () => {
    const price = (verdict: PriceCheck.Finding["verdict"]) =>
      read({ prices: [{ provider: paypal, priceId: "gold", providerPriceId: "P-1", verdict }] })
    const [reading] = price(Option.some({ _tag: "Unknown" }))
    assert.deepInclude(reading, {
      key: "price_drift:paypal:gold",
      state: "raised",
      provider: paypal,
      subject: "gold",
      details: { price_id: "gold", provider_price_id: "P-1", fault: "unknown" },
    })
    assert.deepStrictEqual(states(price(Option.none())), ["price_drift:paypal:gold held"])
    assert.deepStrictEqual(price(Option.some({ _tag: "Same" })), [])
    assert.deepStrictEqual(price(Option.some({ _tag: "Incomparable", why: "it has no price of its own" })), [])
  })

  it("F47: a clock that is more than 60 s from a provider's, over below 30 s", () => {
    const skew = (millis: number) => read({ skews: [{ provider: paypal, millis }] })
    assert.deepStrictEqual(states(skew(-61_000)), ["clock_skew raised"])
    assert.include(skew(-61_000)[0]?.summary, "our clock is 61 s behind that of PayPal")
    assert.deepStrictEqual(states(skew(45_000)), ["clock_skew held"])
    assert.deepStrictEqual(skew(20_000), [])
  })
})

describe("what is done about it", () => {
  const key = "failover_rate"
  const tags = (changes: ReadonlyArray<AlertRule.Change>) => changes.map(({ _tag }) => _tag)

  it("it is raised once, and cleared once", () => {
    assert.deepStrictEqual(tags(AlertRule.decide(share(5), [])), ["Raise"])
    assert.deepStrictEqual(AlertRule.decide(share(5), [{ key, severity: "warning", percent: 0 }]), [])
    assert.deepStrictEqual(AlertRule.decide(share(1), [{ key, severity: "warning", percent: 0 }]), [
      { _tag: "Clear", key },
    ])
    assert.deepStrictEqual(AlertRule.decide(share(1), []), [])
  })

  it("one that wavers about its threshold is one alert", () => {
    const wavering = [3, 2, 3, 2, 3, 2]
    let open: ReadonlyArray<AlertRule.Open> = []
    const told = wavering.flatMap((displaced) => {
      const changes = AlertRule.decide(share(displaced), open)
      if (changes.some(({ _tag }) => _tag === "Raise")) open = [{ key, severity: "warning", percent: 0 }]
      return tags(changes)
    })
    assert.deepStrictEqual(told, ["Raise"])
  })

  it("it is told again when it becomes critical, and never gets milder while it is open", () => {
    assert.deepStrictEqual(tags(AlertRule.decide(share(11), [{ key, severity: "warning", percent: 0 }])), ["Worsen"])
    assert.deepStrictEqual(AlertRule.decide(share(5), [{ key, severity: "critical", percent: 0 }]), [])
  })

  it("it is told again at each step that it comes further, and not in between", () => {
    const at = (percent: number, before: number) => {
      const [reading] = read({ deadEndpoints: [{ ...dead, percent }] })
      return reading === undefined
        ? []
        : tags(AlertRule.decide([reading], [{ key: reading.key, severity: reading.severity, percent: before }]))
    }
    assert.deepStrictEqual([at(70, 50), at(70, 70), at(50, 70)], [["Worsen"], [], []])
  })
})
