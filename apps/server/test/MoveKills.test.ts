import { assert, describe, it } from "@effect/vitest"
import { Fault, PayPalEmulator, StripeEmulator } from "@payment-orchestrator/emulators"
import { Effect, Fiber, Option, Ref } from "effect"
import * as Databases from "./Databases.ts"
import * as Shop from "./Shop.ts"

const openRoute = "POST /v1/checkout/sessions"

const make = Effect.fnUntraced(function* (database: string) {
  const paypal = yield* PayPalEmulator.make()
  const stripe = yield* StripeEmulator.make()
  const shop = yield* Shop.make({
    database,
    paypal,
    webhooks: false,
    environment: {
      PAYMENT_PROVIDER_ORDER: "paypal,stripe",
      PAYMENT_MAX_RETRIES: "0",
      STRIPE_BASE_URL: stripe.url,
      STRIPE_API_KEY: StripeEmulator.apiKey,
      STRIPE_WEBHOOK_SECRET: "whsec_kill",
    },
  })
  let numbered = 0
  const order = Effect.sync((): Shop.Order => ({ reference: `moved-${(numbered += 1)}` }))

  /** A checkout on PayPal's page: the circuit survives a kill, so that PayPal is back only once a check has seen it. */
  const opened = Effect.gen(function* () {
    yield* paypal.refuse(false)
    const found = yield* Ref.make(Option.none<Shop.Checkout>())
    const tried = Effect.gen(function* () {
      const checkout = yield* shop.open(yield* order)
      const isThere = Option.exists(checkout, ({ url }) => url?.startsWith(paypal.url) === true)
      if (isThere) yield* Ref.set(found, checkout)
      return isThere
    })
    yield* Shop.until("PayPal opens a page again", tried, { every: "500 millis", within: "60 seconds" })
    return yield* Effect.orDie(Effect.flatMap(Ref.get(found), Effect.fromOption))
  })

  /** Nobody answers at PayPal any more, and this process has noticed. */
  const dies = Effect.gen(function* () {
    yield* paypal.refuse(true)
    for (let i = 0; i < 3; i += 1) yield* shop.open(yield* order)
  })

  const goOn = ({ link }: Shop.Checkout) => shop.send("POST", `${new URL(link).pathname}/continue`)

  /** One life: a buyer is moved on, and the process is killed while it is at it. */
  const live = Effect.fnUntraced(function* (fault: Option.Option<Fault.Fault>, millis: number) {
    const server = yield* shop.start
    const checkout = yield* opened
    yield* dies
    if (Option.isSome(fault)) yield* stripe.faults.add({ route: openRoute, fault: fault.value })
    const before = yield* stripe.journal.count(openRoute)
    const moving = yield* Effect.forkChild(goOn(checkout), { startImmediately: true })
    if (Option.isSome(fault)) {
      yield* Shop.until(
        "Stripe is asked",
        Effect.map(stripe.journal.count(openRoute), (count) => count > before),
      )
    }
    yield* Effect.sleep(millis)
    yield* server.kill
    yield* stripe.faults.clear
    yield* Fiber.join(moving)
    return checkout
  })

  return { paypal, stripe, shop, dies, goOn, live }
})

const killedWhileMoving = Effect.fnUntraced(function* (database: string) {
  const { dies, goOn, live, paypal, shop, stripe } = yield* make(database)
  const checkouts: Array<Shop.Checkout> = []
  for (const apply of [true, false]) checkouts.push(yield* live(Option.some(Fault.hang({ apply })), 0))
  for (const millis of [0, 30, 120]) checkouts.push(yield* live(Option.none(), millis))

  yield* shop.start
  yield* dies
  for (const checkout of checkouts) {
    // As before the kill, or moved already: nothing in between.
    const now = yield* shop.checkout(checkout.id)
    assert.strictEqual(now.status, "open")
    assert.isNotNull(now.url)
    yield* Shop.until(
      `the buyer of ${checkout.id} is taken to Stripe`,
      Effect.map(goOn(checkout), (answer) =>
        Option.exists(answer, ({ headers }) => headers.get("location")?.startsWith(stripe.url) === true),
      ),
      { every: "500 millis", within: "60 seconds" },
    )
  }
  yield* paypal.refuse(false)
  for (const { id, provider_session_id } of checkouts) {
    const moved = yield* shop.checkout(id)
    assert.notStrictEqual(moved.provider_session_id, provider_session_id)
    yield* Effect.orDie(stripe.buyer.pay(moved.provider_session_id ?? ""))
    yield* Effect.orDie(paypal.buyer.approve(provider_session_id ?? ""))
    yield* shop.back(moved)
  }
  for (const { id } of checkouts) {
    yield* Shop.until(
      `${id} is paid`,
      Effect.map(shop.checkout(id), ({ status }) => status === "paid"),
      { every: "250 millis", within: "60 seconds" },
    )
    assert.deepStrictEqual(
      (yield* shop.payments(id)).map(({ kind }) => kind),
      ["initial"],
    )
  }
  assert.lengthOf(yield* paypal.captures, 0)
})

describe.concurrent("F19, F20: a server that is killed while it moves a buyer on", () => {
  it.live(
    "leaves the buyer a page, moves on when asked again, and takes money once, on SQLite",
    () => Effect.flatMap(Databases.sqlite, killedWhileMoving),
    480_000,
  )

  it.live.skipIf(!Databases.postgresIsReachable)(
    "leaves the buyer a page, moves on when asked again, and takes money once, on PostgreSQL",
    () => Effect.flatMap(Databases.postgres, killedWhileMoving),
    480_000,
  )
})
