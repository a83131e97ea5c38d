import { assert, describe, it } from "@effect/vitest"
import { Fault, PayPalEmulator } from "@payment-orchestrator/emulators"
import { Array, Effect, Fiber, Option } from "effect"
import * as Databases from "./Databases.ts"
import * as Shop from "./Shop.ts"

const createRoute = "POST /v2/checkout/orders"
const captureRoute = "POST /v2/checkout/orders/:id/capture"

/** What the merchant knows of an order. */
interface Known {
  readonly order: Shop.Order
  readonly opened: Option.Option<Shop.Checkout>
  readonly approved: boolean
}

const ordersPerLife = 2

const make = Effect.fnUntraced(function* (database: string) {
  const paypal = yield* PayPalEmulator.make()
  const shop = yield* Shop.make({ database, paypal, webhooks: true })
  const known = new Map<string, Known>()
  const running: Array<Fiber.Fiber<unknown>> = []
  let numbered = 0

  const orders = Effect.sync(() =>
    Array.makeBy(ordersPerLife, (): Shop.Order => {
      numbered += 1
      return { reference: `order-${numbered}` }
    }),
  )

  const note = (order: Shop.Order, change: Partial<Known>) =>
    Effect.sync(() => {
      const before = known.get(order.reference) ?? { order, opened: Option.none(), approved: false }
      known.set(order.reference, { ...before, ...change })
    })

  /** Goes on while the server is killed; joined after it. */
  const fork = <A>(effect: Effect.Effect<A>) =>
    Effect.map(Effect.forkChild(effect, { startImmediately: true }), (fiber) => void running.push(fiber))

  const ask = (order: Shop.Order) =>
    Effect.andThen(
      note(order, {}),
      Effect.flatMap(shop.open(order), (opened) => note(order, { opened })),
    )

  const askAll = Effect.flatMap(orders, (all) => Effect.forEach(all, (order) => fork(ask(order)), { discard: true }))

  /** A merchant that asks again with the same key until it is answered, whoever is killed meanwhile. */
  const insist = (order: Shop.Order) =>
    Shop.until(
      `${order.reference} is opened for who asks again`,
      Effect.gen(function* () {
        const opened = yield* shop.open(order)
        if (Option.isSome(opened)) yield* note(order, { opened })
        return Option.isSome(opened)
      }),
      { every: "500 millis", within: "150 seconds" },
    )

  const more = (route: string, before: number) =>
    Shop.until(
      `PayPal is asked ${ordersPerLife} times: ${route}`,
      Effect.map(paypal.journal.count(route), (count) => count >= before + ordersPerLife),
    )

  const sessionOf = (checkout: Shop.Checkout) => Effect.orDie(Effect.fromNullishOr(checkout.provider_session_id))

  const opened = Effect.gen(function* () {
    const all = yield* orders
    return yield* Effect.forEach(
      all,
      (order) =>
        Effect.gen(function* () {
          yield* note(order, {})
          yield* insist(order)
          const checkout = Option.getOrUndefined(known.get(order.reference)?.opened ?? Option.none())
          if (checkout === undefined) return yield* Effect.die(new Error(`${order.reference} was not opened`))
          return { order, checkout }
        }),
      { concurrency: ordersPerLife },
    )
  })

  const approve = ({ checkout, order }: { readonly order: Shop.Order; readonly checkout: Shop.Checkout }) =>
    Effect.gen(function* () {
      yield* Effect.orDie(paypal.buyer.approve(yield* sessionOf(checkout)))
      yield* note(order, { approved: true })
    })

  const approved = Effect.tap(opened, (all) => Effect.forEach(all, approve))

  /** Approved, and no webhook tells of it. */
  const approvedSilently = Effect.andThen(paypal.webhooks.setFault({ drop: true }), approved)

  const backs = Effect.flatMap(approvedSilently, (all) =>
    Effect.forEach(all, ({ checkout }) => fork(shop.back(checkout)), { discard: true }),
  )

  const deliveries = (all: ReadonlyArray<{ readonly checkout: Shop.Checkout }>) =>
    Effect.map(paypal.webhooks.deliveries, (sent) =>
      all.map(({ checkout }) => sent.find(({ body }) => body.includes(checkout.provider_session_id ?? "none"))),
    )

  /** Each ends when the kill is to come. */
  const scenes = {
    askedAfter: (millis: number) => Effect.andThen(askAll, Effect.sleep(millis)),
    createHangs: (apply: boolean) =>
      Effect.gen(function* () {
        yield* paypal.faults.add({ route: createRoute, fault: Fault.hang({ apply }) })
        const before = yield* paypal.journal.count(createRoute)
        yield* askAll
        yield* more(createRoute, before)
      }),
    createdAfter: (millis: number) =>
      Effect.gen(function* () {
        const before = yield* paypal.journal.count(createRoute)
        yield* askAll
        yield* more(createRoute, before)
        yield* Effect.sleep(millis)
      }),
    answered: opened,
    approvedAndIdle: approvedSilently,
    returnedAfter: (millis: number) => Effect.andThen(backs, Effect.sleep(millis)),
    captureHangs: (apply: boolean) =>
      Effect.gen(function* () {
        yield* paypal.faults.add({ route: captureRoute, fault: Fault.hang({ apply }) })
        const before = yield* paypal.journal.count(captureRoute)
        yield* backs
        yield* more(captureRoute, before)
      }),
    capturedAfter: (millis: number) =>
      Effect.gen(function* () {
        const before = (yield* paypal.captures).length
        yield* backs
        yield* Shop.until(
          "the money is taken",
          Effect.map(paypal.captures, (all) => all.length >= before + ordersPerLife),
        )
        yield* Effect.sleep(millis)
      }),
    webhookSentAfter: (millis: number) =>
      Effect.gen(function* () {
        const all = yield* approved
        yield* Shop.until(
          "the webhooks are sent",
          Effect.map(deliveries(all), (sent) => sent.every((delivery) => delivery !== undefined)),
        )
        yield* Effect.sleep(millis)
      }),
    webhookKeptAfter: (millis: number) =>
      Effect.gen(function* () {
        const all = yield* approved
        yield* Shop.until(
          "the webhooks are answered with 200",
          Effect.map(deliveries(all), (sent) => sent.every((delivery) => delivery?.state === "delivered")),
        )
        yield* Effect.sleep(millis)
      }),
    startedAfter: (millis: number) => Effect.sleep(millis),
  }

  let kills = 0

  /** One life of the process, from its start to its kill. */
  const live = Effect.fnUntraced(function* (scene: Effect.Effect<unknown>) {
    const server = yield* shop.start
    yield* scene
    yield* server.kill
    kills += 1
    yield* paypal.faults.clear
    yield* paypal.webhooks.clearFault
    yield* Effect.forEach(running.splice(0), Fiber.join, { discard: true })
  })

  return { paypal, shop, known, scenes, live, insist, approve, sessionOf, kills: () => kills }
})

type House = Effect.Success<ReturnType<typeof make>>

const slowly = { every: "250 millis", within: "60 seconds" } as const

/** A claim without an outcome is neither shown nor failed. */
const hasEnded = ({ status, url }: Shop.Checkout) => status === "failed" || url !== null

/** Every order whose answer was lost: its claim ends, and the same key leads to the same checkout. */
const recovered = Effect.fnUntraced(function* ({ known, shop }: House, order: Shop.Order) {
  yield* Shop.until(
    `the claim of ${order.reference} ends`,
    Effect.map(shop.find(order), (found) => found.every(hasEnded)),
    slowly,
  )
  const [before] = yield* shop.find(order)
  const again = yield* shop.open(order)
  const checkout = Option.getOrUndefined(again)
  if (checkout === undefined) return yield* Effect.die(new Error(`${order.reference} was not opened again`))
  if (before !== undefined) {
    assert.strictEqual(checkout.id, before.id, order.reference)
    if (before.url !== null) assert.strictEqual(checkout.url, before.url, order.reference)
  }
  known.set(order.reference, { order, opened: again, approved: false })
})

/** What was answered with 201 stands, and the same key gives it again. */
const stands = Effect.fnUntraced(function* ({ shop }: House, order: Shop.Order, checkout: Shop.Checkout) {
  const now = yield* shop.checkout(checkout.id)
  assert.strictEqual(now.url, checkout.url, order.reference)
  assert.strictEqual(now.provider_session_id, checkout.provider_session_id, order.reference)
  const again = Option.getOrUndefined(yield* shop.open(order))
  assert.deepInclude(again, { id: checkout.id, url: checkout.url }, order.reference)
  assert.lengthOf(yield* shop.find(order), 1, order.reference)
})

const isPaid = Effect.fnUntraced(function* (
  { sessionOf, paypal, shop }: House,
  order: Shop.Order,
  { id }: Shop.Checkout,
) {
  yield* Shop.until(
    `${order.reference} is paid`,
    Effect.map(shop.checkout(id), ({ status }) => status === "paid"),
    slowly,
  )
  const session = yield* sessionOf(yield* shop.checkout(id))
  const captures = (yield* paypal.captures).filter(({ orderId }) => orderId === session)
  assert.lengthOf(captures, 1, `${order.reference} was captured`)
  const payments = yield* shop.payments(id)
  assert.lengthOf(payments, 1, `${order.reference} has payments`)
  assert.deepInclude(payments[0], { kind: "initial", amount: "12.34" })
})

const each = <A>(all: Iterable<A>, check: (one: A) => Effect.Effect<unknown>) =>
  Effect.forEach([...all], check, { concurrency: 8, discard: true })

const killedEverywhere = Effect.fnUntraced(function* (database: string) {
  const house = yield* make(database)
  const { approve, insist, known, live, paypal, scenes, shop } = house

  for (const apply of [true, false, true, false]) yield* live(scenes.createHangs(apply))
  const hung = [...known.values()]
  assert.isTrue(
    hung.every(({ opened }) => Option.isNone(opened)),
    "an order that hung was answered",
  )
  for (const millis of [0, 5, 15]) yield* live(scenes.askedAfter(millis))
  for (const millis of [0, 3, 8, 15, 30]) yield* live(scenes.createdAfter(millis))
  yield* live(scenes.answered)

  // Every other merchant whose order hung keeps asking from here on, through all the kills that follow.
  const insisting = yield* Effect.forkChild(
    Effect.forEach(
      hung.filter((_, index) => index % 2 === 0),
      ({ order }) => insist(order),
      { concurrency: "unbounded", discard: true },
    ),
  )
  for (let i = 0; i < 2; i += 1) yield* live(scenes.approvedAndIdle)
  for (const millis of [0, 60]) yield* live(scenes.startedAfter(millis))
  for (const millis of [0, 8, 20]) yield* live(scenes.returnedAfter(millis))
  for (const apply of [true, false]) yield* live(scenes.captureHangs(apply))
  for (const millis of [0, 2, 5, 10, 20]) yield* live(scenes.capturedAfter(millis))
  for (const millis of [0, 4, 10]) yield* live(scenes.webhookSentAfter(millis))
  for (const millis of [0, 5, 30]) yield* live(scenes.webhookKeptAfter(millis))
  assert.isAtLeast(house.kills(), 30)

  yield* shop.start
  yield* Fiber.join(insisting)
  const lost = [...known.values()].filter(({ opened }) => Option.isNone(opened))
  const paying = [...known.values()].filter(({ approved }) => approved)
  assert.isAtLeast(lost.length, 4, "no claim was left behind")
  assert.isAtLeast(paying.length, 30)
  yield* each(lost, ({ order }) => recovered(house, order))
  yield* each(hung, ({ order }) =>
    Option.match(known.get(order.reference)?.opened ?? Option.none(), {
      onNone: () => Effect.die(new Error(`${order.reference} is still lost`)),
      onSome: (checkout) => approve({ order, checkout }),
    }),
  )
  for (const { approved, opened, order } of known.values()) {
    const checkout = yield* Effect.orDie(Effect.fromOption(opened))
    yield* stands(house, order, checkout)
    if (approved) yield* isPaid(house, order, checkout)
  }
  const all = [...known.values()]
  const captures = yield* paypal.captures
  assert.lengthOf(captures, all.filter(({ approved }) => approved).length)
  assert.lengthOf(new Set(captures.map(({ orderId }) => orderId)), captures.length)
})

describe.concurrent("F19, F20, F33, F58: a server that is killed more than 30 times, at every boundary it writes at", () => {
  it.live(
    "loses no checkout and takes no money twice on SQLite",
    () => Effect.flatMap(Databases.sqlite, killedEverywhere),
    900_000,
  )

  it.live.skipIf(!Databases.postgresIsReachable)(
    "loses no checkout and takes no money twice on PostgreSQL",
    () => Effect.flatMap(Databases.postgres, killedEverywhere),
    900_000,
  )
})
