import { assert, describe, it } from "@effect/vitest"
import { PolarEmulator } from "@payment-orchestrator/emulators"
import { Effect } from "effect"
import * as Buyer from "./Buyer.ts"
import * as House from "./House.ts"

const quick = { PAYMENT_MAX_RETRIES: "0", PAYMENT_TIMEOUT: "2" }
interface Told {
  readonly type: string
  readonly object_id: string
  readonly data: { readonly checkout_id?: string }
}

const compensate = { ...quick, PAYMENT_SECOND_PAGE: "compensate", PAYMENT_REFUND_DUPLICATES: "true" }

const start = (environment: { readonly [name: string]: string } = {}) => House.start({ ...quick, ...environment })

interface Stats {
  readonly total_requests: number
  readonly failovers: number
  readonly provider_usage: { readonly [provider: string]: number }
}
const stats = (house: House.House) => Effect.map(house.send("GET", "/v1/stats"), ({ json }) => json as Stats)

describe("a buyer whose provider died after the page was shown", () => {
  it.live(
    "F24: is offered to go on, and is taken to another provider's page once the first one is withdrawn",
    () =>
      Effect.gen(function* () {
        const house = yield* start()
        yield* Buyer.silent(house)
        const order = yield* Buyer.opened(house)
        assert.strictEqual(Buyer.leadsTo(yield* Buyer.opens(house, order)), order.url)
        yield* Buyer.dies(house, "paypal")
        const before = yield* stats(house)

        const offer = yield* Buyer.opens(house, order)
        assert.strictEqual(offer.status, 200)
        assert.include(offer.text, `action="${new URL(order.link).pathname}/continue"`)
        const moved = yield* Buyer.goesOn(house, order)
        const now = yield* Buyer.checkout(house, order)
        assert.strictEqual(Buyer.leadsTo(moved), now.url)
        // Stripe comes before Polar, because its pages can be withdrawn again.
        assert.deepInclude(now, { status: "open", provider: "stripe" })
        assert.notStrictEqual(now.url, order.url)
        assert.deepStrictEqual(
          now.attempts.map(({ provider, result }) => [provider, result]),
          [
            ["paypal", "opened"],
            ["stripe", "opened"],
          ],
        )
        assert.strictEqual(Buyer.leadsTo(yield* Buyer.opens(house, order)), now.url)

        yield* house.stripe.buyer.pay(now.provider_session_id)
        assert.strictEqual(yield* Buyer.returns(house, order), Buyer.thanks(order, "paid"))
        assert.strictEqual(Buyer.leadsTo(yield* Buyer.opens(house, order)), Buyer.thanks(order, "paid"))

        // A page that was given up because its provider failed is a failover; the checkout is still the same one.
        const after = yield* stats(house)
        assert.strictEqual(after.total_requests, before.total_requests)
        assert.strictEqual(after.failovers, before.failovers + 1)
        assert.strictEqual(after.provider_usage["stripe"], (before.provider_usage["stripe"] ?? 0) + 1)
        const { json } = yield* house.send("GET", "/v1/failovers")
        const [row] = (json as { data: ReadonlyArray<object> }).data
        assert.deepInclude(row, { checkout_id: order.id, from: "paypal", to: "stripe", reason: "network" })
      }),
    40_000,
  )

  it.live(
    "is sent back to the first page while nobody else can open one, and keeps it: it was not withdrawn",
    () =>
      Effect.gen(function* () {
        const house = yield* start()
        yield* Buyer.silent(house)
        const order = yield* Buyer.opened(house)
        yield* Buyer.opensNothing(house, "paypal")
        yield* house.polar.refuse(true)
        yield* house.stripe.refuse(true)
        const unreachable = yield* Buyer.goesOn(house, order)
        assert.strictEqual(unreachable.status, 503)
        assert.match(unreachable.headers.get("retry-after") ?? "", /^[1-9][0-9]*$/)
        assert.include(unreachable.text, `href="${order.url.replaceAll("&", "&#38;")}"`)
        assert.deepInclude(yield* Buyer.checkout(house, order), { status: "open", provider: "paypal", url: order.url })
        yield* house.paypal.buyer.approve(order.provider_session_id)
        assert.strictEqual(yield* Buyer.returns(house, order), Buyer.thanks(order, "paid"))
        assert.strictEqual(yield* Buyer.captures(house), 1)
      }),
    40_000,
  )

  it.live(
    "may go on later, when the first page was withdrawn by its provider and nobody could open another one",
    () =>
      Effect.gen(function* () {
        const house = yield* start()
        yield* Buyer.silent(house)
        const order = yield* Buyer.opened(house, { preferred_provider: "stripe" })
        yield* Buyer.opensNothing(house, "stripe")
        yield* house.paypal.refuse(true)
        yield* house.polar.refuse(true)
        const unreachable = yield* Buyer.goesOn(house, order)
        assert.strictEqual(unreachable.status, 503)
        assert.notInclude(unreachable.text, "Go back to the page you were on")
        assert.strictEqual((yield* Effect.exit(house.stripe.buyer.pay(order.provider_session_id)))._tag, "Failure")
        assert.deepInclude(yield* Buyer.checkout(house, order), { status: "open" })
        yield* house.paypal.refuse(false)
        assert.strictEqual((yield* Buyer.opens(house, order)).status, 200)
        const moved = yield* Buyer.goesOn(house, order)
        const now = yield* Buyer.checkout(house, order)
        assert.deepInclude(now, { status: "open", provider: "paypal" })
        assert.strictEqual(Buyer.leadsTo(moved), now.url)
      }),
    40_000,
  )

  it.live(
    "clicks ten times at once: one page is opened, and every click leads to it",
    () =>
      Effect.gen(function* () {
        const house = yield* start()
        const order = yield* Buyer.opened(house)
        yield* Buyer.dies(house, "paypal")
        const before = yield* Buyer.sessionsAt.stripe(house)
        const answers = yield* Effect.forEach(Array.from({ length: 10 }), () => Buyer.goesOn(house, order), {
          concurrency: 10,
        })
        const { url } = yield* Buyer.checkout(house, order)
        assert.deepStrictEqual(
          answers.map(Buyer.leadsTo),
          answers.map(() => url),
        )
        assert.strictEqual(yield* Buyer.sessionsAt.stripe(house), before + 1)
      }),
    40_000,
  )

  it.live(
    "F16: is moved on as well when the merchant asks for the same order again, instead of being given a dead page",
    () =>
      Effect.gen(function* () {
        const house = yield* start()
        const order = yield* Buyer.opened(house, { order_id: "order-7" })
        yield* Buyer.dies(house, "paypal")
        const again = yield* House.open(house, {
          order_id: "order-7",
          success_url: "https://shop.example/ok",
          cancel_url: "https://shop.example/no",
        })
        assert.strictEqual(again.status, 200, again.text)
        assert.deepInclude(again.json as object, { id: order.id, provider: "stripe", link: order.link })
        assert.notStrictEqual((again.json as Buyer.Opened).url, order.url)
      }),
    40_000,
  )
})

describe("PAYMENT_SECOND_PAGE", () => {
  it.live(
    "F24: strict waits beside a page that cannot be withdrawn, and goes back to it when its provider answers again",
    () =>
      Effect.gen(function* () {
        const house = yield* start()
        yield* Buyer.silent(house)
        const order = yield* Buyer.opened(house, { preferred_provider: "polar" })
        yield* Buyer.dies(house, "polar")
        const others = Effect.zipWith(Buyer.sessionsAt.paypal(house), Buyer.sessionsAt.stripe(house), (a, b) => a + b)
        const before = yield* others
        const waits = yield* Buyer.goesOn(house, order)
        assert.strictEqual(waits.status, 200)
        assert.include(waits.text, "So that you never pay twice")
        assert.match(waits.text, /<form method="post" action="[^"]+\/continue" data-after="8000">/)
        assert.deepInclude(yield* Buyer.checkout(house, order), { status: "open", provider: "polar", url: order.url })
        assert.strictEqual(yield* others, before)
        yield* house.polar.refuse(false)
        assert.strictEqual(Buyer.leadsTo(yield* Buyer.goesOn(house, order)), order.url)
      }),
    40_000,
  )

  it.live(
    "F24: strict goes on from a Polar page that its discount has withdrawn",
    () =>
      Effect.gen(function* () {
        const house = yield* start({ POLAR_WITHDRAW_DISCOUNT_ID: PolarEmulator.fullDiscountId })
        const order = yield* Buyer.opened(house, { preferred_provider: "polar" })
        yield* Buyer.opensNothing(house, "polar")
        yield* Buyer.goesOn(house, order)
        assert.deepInclude(yield* Buyer.checkout(house, order), { status: "open", provider: "paypal" })
      }),
    40_000,
  )

  it.live(
    "F25: compensate goes on all the same; of two payments the first pays, the second is told and goes back within 60 s",
    () =>
      Effect.gen(function* () {
        const house = yield* start(compensate)
        yield* Buyer.silent(house)
        const order = yield* Buyer.opened(house, { preferred_provider: "polar" })
        yield* Buyer.dies(house, "polar")
        yield* house.paypal.refuse(true)
        yield* Buyer.goesOn(house, order)
        const { provider, provider_session_id } = yield* Buyer.checkout(house, order)
        assert.strictEqual(provider, "stripe")
        yield* house.stripe.buyer.pay(provider_session_id)
        assert.strictEqual(yield* Buyer.returns(house, order), Buyer.thanks(order, "paid"))
        yield* house.polar.webhooks.clearFault
        yield* house.polar.buyer.pay(order.provider_session_id)
        yield* house.polar.refuse(false)
        yield* Buyer.until(
          "the second payment has gone back",
          Effect.map(Buyer.payments(house, order), (all) =>
            all.some(({ amount_refunded, kind }) => kind === "duplicate" && amount_refunded === "99.99"),
          ),
        )
        const kinds = (yield* Buyer.payments(house, order)).map(({ kind, provider }) => `${kind} ${provider}`)
        assert.sameMembers(kinds, ["initial stripe", "duplicate polar"])
        assert.deepInclude(yield* Buyer.checkout(house, order), { status: "paid", provider: "stripe" })
        const told = ((yield* house.send("GET", "/v1/events?limit=100")).json as { data: ReadonlyArray<Told> }).data
        const ofOrder = told.filter(({ data, object_id }) => object_id === order.id || data.checkout_id === order.id)
        const timesTold = (type: string) => ofOrder.filter((one) => one.type === type).length
        for (const type of ["checkout.paid", "payment.captured", "payment.duplicate", "refund.succeeded"]) {
          assert.strictEqual(timesTold(type), 1, `${type} among ${ofOrder.map((one) => one.type).join(", ")}`)
        }
      }),
    60_000,
  )

  it.live(
    "a PayPal subscription that starts by itself cannot be withdrawn: strict waits",
    () =>
      Effect.gen(function* () {
        const house = yield* start()
        const order = yield* Buyer.opened(house, {
          mode: "subscription",
          price_id: "P-EMULATOR00000000000MONTHLY",
          amount: undefined,
          currency: undefined,
        })
        yield* Buyer.dies(house, "paypal")
        yield* Buyer.goesOn(house, order)
        assert.deepInclude(yield* Buyer.checkout(house, order), { status: "open", provider: "paypal" })
      }),
    40_000,
  )
})

describe("the page before, when the buyer is moved on from Stripe", () => {
  it.live(
    "F26: was paid: the buyer is thanked, and no other page is opened",
    () =>
      Effect.gen(function* () {
        const house = yield* start()
        yield* Buyer.silent(house)
        const order = yield* Buyer.opened(house, { preferred_provider: "stripe" })
        yield* Buyer.opensNothing(house, "stripe")
        yield* house.stripe.buyer.pay(order.provider_session_id)
        assert.strictEqual(Buyer.leadsTo(yield* Buyer.goesOn(house, order)), Buyer.thanks(order, "paid"))
        assert.deepInclude(yield* Buyer.checkout(house, order), { status: "paid", provider: "stripe" })
      }),
    40_000,
  )

  it.live(
    "F26: was paid while it was looked at: `being paid` is a payment, not a page that is closed",
    () =>
      Effect.gen(function* () {
        const house = yield* start()
        yield* Buyer.silent(house)
        const order = yield* Buyer.opened(house, { preferred_provider: "stripe" })
        yield* Buyer.opensNothing(house, "stripe")
        const before = yield* Buyer.sessionsAt.paypal(house)
        // The look answers late, with what was true before the buyer paid.
        yield* house.stripe.faults.add({
          route: "GET /v1/checkout/sessions/:id",
          fault: { kind: "Latency", millis: 700, apply: true },
          times: 1,
        })
        const [moved] = yield* Effect.all(
          [
            Buyer.goesOn(house, order),
            Effect.andThen(Effect.sleep("300 millis"), house.stripe.buyer.pay(order.provider_session_id)),
          ],
          { concurrency: 2 },
        )
        assert.strictEqual(Buyer.leadsTo(moved), Buyer.thanks(order, "paid"))
        assert.strictEqual(yield* Buyer.sessionsAt.paypal(house), before)
      }),
    40_000,
  )

  it.live(
    "F27: is not known to be closed when the call gets no answer: it stays payable, and is tried again",
    () =>
      Effect.gen(function* () {
        const house = yield* start()
        yield* Buyer.silent(house)
        const order = yield* Buyer.opened(house, { preferred_provider: "stripe" })
        yield* Buyer.opensNothing(house, "stripe")
        yield* house.stripe.faults.add({
          route: "GET /v1/checkout/sessions/:id",
          fault: { kind: "Status", status: 503 },
        })
        const expire = yield* house.stripe.faults.add({
          route: "POST /v1/checkout/sessions/:id/expire",
          fault: { kind: "Hang" },
        })
        const before = yield* Buyer.sessionsAt.paypal(house)
        const waits = yield* Buyer.goesOn(house, order)
        assert.strictEqual(waits.status, 200)
        assert.deepInclude(yield* Buyer.checkout(house, order), { status: "open", provider: "stripe", url: order.url })
        assert.strictEqual(yield* Buyer.sessionsAt.paypal(house), before)
        yield* house.stripe.faults.remove(expire)
        yield* Buyer.goesOn(house, order)
        assert.deepInclude(yield* Buyer.checkout(house, order), { status: "open", provider: "paypal" })
      }),
    60_000,
  )
})

describe("F61: the buyer was moved on, and goes back to PayPal's page", () => {
  const movedToStripe = Effect.fnUntraced(function* () {
    const house = yield* start()
    yield* Buyer.silent(house)
    const order = yield* Buyer.opened(house)
    yield* Buyer.dies(house, "paypal")
    yield* Buyer.goesOn(house, order)
    yield* house.paypal.refuse(false)
    const { provider, provider_session_id: stripe } = yield* Buyer.checkout(house, order)
    assert.strictEqual(provider, "stripe")
    return { house, order, stripe }
  })

  it.live(
    "approves there: the other page is withdrawn, and the first approval is charged",
    () =>
      Effect.gen(function* () {
        const { house, order, stripe } = yield* movedToStripe()
        yield* house.paypal.buyer.approve(order.provider_session_id)
        assert.strictEqual(yield* Buyer.returns(house, order), Buyer.thanks(order, "paid"))
        assert.strictEqual(yield* Buyer.captures(house), 1)
        assert.deepInclude(yield* Buyer.checkout(house, order), { provider: "paypal", url: order.url })
        assert.strictEqual((yield* Effect.exit(house.stripe.buyer.pay(stripe)))._tag, "Failure")
      }),
    40_000,
  )

  it.live(
    "F25: approves there after paying on the other page: it is never charged",
    () =>
      Effect.gen(function* () {
        const { house, order, stripe } = yield* movedToStripe()
        yield* house.stripe.buyer.pay(stripe)
        yield* house.paypal.buyer.approve(order.provider_session_id)
        assert.strictEqual(yield* Buyer.returns(house, order), Buyer.thanks(order, "paid"))
        yield* house.paypal.webhooks.clearFault
        yield* Effect.sleep("1 second")
        assert.strictEqual(yield* Buyer.captures(house), 0)
        assert.lengthOf(yield* Buyer.payments(house, order), 1)
      }),
    40_000,
  )

  it.live(
    "approves there while the other payment is being confirmed: its verdict is waited for",
    () =>
      Effect.gen(function* () {
        const { house, order, stripe } = yield* movedToStripe()
        yield* house.stripe.buyer.payLater(stripe)
        yield* house.paypal.buyer.approve(order.provider_session_id)
        assert.strictEqual(yield* Buyer.returns(house, order), Buyer.thanks(order, "processing"))
        yield* Effect.sleep("1 second")
        assert.strictEqual(yield* Buyer.captures(house), 0)
        yield* house.stripe.buyer.settle(stripe, "failed")
        yield* Buyer.becomes(house, order, "paid")
        assert.strictEqual(yield* Buyer.captures(house), 1)
        assert.lengthOf(
          (yield* Buyer.payments(house, order)).filter(({ kind }) => kind === "initial"),
          1,
        )
      }),
    60_000,
  )

  it.live(
    "approves there while the other provider cannot be reached: nothing is taken before it can",
    () =>
      Effect.gen(function* () {
        const { house, order } = yield* movedToStripe()
        yield* house.stripe.refuse(true)
        yield* house.paypal.buyer.approve(order.provider_session_id)
        assert.strictEqual(yield* Buyer.returns(house, order), Buyer.thanks(order, "processing"))
        yield* Effect.sleep("1 second")
        assert.strictEqual(yield* Buyer.captures(house), 0)
        yield* house.stripe.refuse(false)
        yield* Buyer.becomes(house, order, "paid")
        assert.strictEqual(yield* Buyer.captures(house), 1)
      }),
    60_000,
  )
})

describe("while money is or may be on its way", () => {
  it.live(
    "F62: a capture whose answer was lost shows a page that waits, and no other one",
    () =>
      Effect.gen(function* () {
        const house = yield* start()
        yield* Buyer.silent(house)
        const order = yield* Buyer.opened(house)
        yield* Buyer.opensNothing(house, "paypal")
        yield* house.paypal.buyer.approve(order.provider_session_id)
        yield* house.paypal.faults.add({
          route: "POST /v2/checkout/orders/:id/capture",
          fault: { kind: "Reset", apply: true },
          times: 1,
        })
        // PayPal answers what is asked before the capture, and nothing after it.
        const blind = yield* house.paypal.faults.add({
          route: "GET /v2/checkout/orders/:id",
          fault: { kind: "Status", status: 503 },
          after: 2,
        })
        assert.strictEqual(yield* Buyer.returns(house, order), Buyer.thanks(order, "processing"))
        const page = yield* Buyer.opens(house, order)
        assert.strictEqual(page.status, 200)
        assert.include(page.text, `<meta http-equiv="refresh" content="5">`)
        assert.include(page.text, "Nothing is lost")
        const before = yield* Buyer.sessionsAt.stripe(house)
        assert.strictEqual(Buyer.leadsTo(yield* Buyer.goesOn(house, order)), order.link)
        assert.strictEqual(yield* Buyer.sessionsAt.stripe(house), before)
        yield* house.paypal.faults.remove(blind)
        yield* Buyer.becomes(house, order, "paid")
        assert.strictEqual(yield* Buyer.captures(house), 1)
      }),
    60_000,
  )

  it.live(
    "a webhook that cannot be looked up makes the checkout `processing`: it pays nothing, and no other page is shown",
    () =>
      Effect.gen(function* () {
        const house = yield* start()
        const order = yield* Buyer.opened(house)
        yield* Buyer.opensNothing(house, "paypal")
        const blind = yield* house.paypal.faults.add({
          route: "GET /v2/checkout/orders/:id",
          fault: { kind: "Status", status: 503 },
        })
        yield* house.paypal.buyer.approve(order.provider_session_id)
        yield* Buyer.becomes(house, order, "processing")
        assert.deepStrictEqual(yield* Buyer.payments(house, order), [])
        assert.include((yield* Buyer.opens(house, order)).text, "Nothing is lost")
        const before = yield* Buyer.sessionsAt.stripe(house)
        assert.strictEqual(Buyer.leadsTo(yield* Buyer.goesOn(house, order)), order.link)
        assert.strictEqual(yield* Buyer.sessionsAt.stripe(house), before)
        assert.strictEqual((yield* house.send("POST", `/v1/checkouts/${order.id}/expire`, { body: {} })).status, 409)
        yield* house.paypal.faults.remove(blind)
        yield* Buyer.becomes(house, order, "paid")
      }),
    60_000,
  )

  it.live(
    "a buyer who comes back from PayPal when it cannot be asked is told to wait, not sent round in a circle",
    () =>
      Effect.gen(function* () {
        const house = yield* start()
        yield* Buyer.silent(house)
        const order = yield* Buyer.opened(house)
        yield* house.paypal.buyer.approve(order.provider_session_id)
        yield* house.paypal.refuse(true)
        assert.strictEqual(yield* Buyer.returns(house, order), Buyer.thanks(order, "processing"))
        yield* house.paypal.refuse(false)
        yield* Buyer.becomes(house, order, "paid")
      }),
    60_000,
  )
})

describe("F66: money that PayPal refuses for good", () => {
  it.live(
    "ends its page: the buyer gets a new one, and the old approval is never charged",
    () =>
      Effect.gen(function* () {
        const house = yield* start()
        yield* Buyer.silent(house)
        const order = yield* Buyer.opened(house)
        yield* house.paypal.simulate.captureOutcomes(
          order.provider_session_id,
          { result: "TRANSACTION_REFUSED" },
          { result: "COMPLETED" },
        )
        yield* house.paypal.buyer.approve(order.provider_session_id)
        assert.strictEqual(yield* Buyer.returns(house, order), order.link)
        assert.include((yield* Buyer.opens(house, order)).text, "no longer valid")
        yield* Buyer.goesOn(house, order)
        const now = yield* Buyer.checkout(house, order)
        assert.deepInclude(now, { status: "open", provider: "paypal" })
        assert.notStrictEqual(now.provider_session_id, order.provider_session_id)
        yield* Buyer.returns(house, order)
        assert.strictEqual(yield* Buyer.captures(house), 0)
        yield* house.paypal.buyer.approve(now.provider_session_id)
        assert.strictEqual(yield* Buyer.returns(house, order), Buyer.thanks(order, "paid"))
        assert.strictEqual(yield* Buyer.captures(house), 1)
        // It did not fail: going on from it was no failover.
        assert.strictEqual((yield* stats(house)).failovers, 0)
      }),
    60_000,
  )
})

describe("F28: a page that was given up with its checkout", () => {
  it.live(
    "is still paid when the buyer approves it later: paid, and late",
    () =>
      Effect.gen(function* () {
        const house = yield* start()
        yield* Buyer.silent(house)
        const order = yield* Buyer.opened(house)
        yield* house.send("POST", `/v1/checkouts/${order.id}/expire`, { body: {} })
        const over = yield* Buyer.opens(house, order)
        assert.strictEqual(over.status, 200)
        assert.include(over.text, "The time to pay has passed")
        assert.include(over.text, `href="https://shop.example/no"`)
        assert.strictEqual(Buyer.leadsTo(yield* Buyer.goesOn(house, order)), order.link)
        yield* house.paypal.buyer.approve(order.provider_session_id)
        assert.strictEqual(yield* Buyer.returns(house, order), Buyer.thanks(order, "paid"))
        assert.deepInclude(yield* Buyer.checkout(house, order), { status: "paid", late: true })
      }),
    40_000,
  )
})
