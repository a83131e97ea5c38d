/** A stand-in of Acme's server on real HTTP: signed requests, a hosted page, signed notices, faults on demand. */
import { createHmac, randomUUID, timingSafeEqual } from "node:crypto"
import { Answer, Emulator, EmulatorClock, WebhookSender } from "@payment-orchestrator/emulators"
import { Clock, Effect, Option, type Schedule, Schema } from "effect"
import * as Ledger from "./Ledger.ts"

export interface Options {
  /** @default 0, a free port */
  readonly port?: number
  readonly merchant?: string
  readonly secret?: string
  readonly noticeSecret?: string
  /** When a notice that nobody took is sent again. @default `WebhookSender.defaultRetries` */
  readonly retries?: Schedule.Schedule<unknown>
}

export const merchant = "test_shop"
export const secret = "acme-stand-in-request-secret"
export const noticeSecret = "acme-stand-in-notice-secret"

const line = (most: number) => Schema.String.check(Schema.isMaxLength(most), Schema.isPattern(/^\P{Cc}*$/u))
const Amount = Schema.Struct({ amount: Schema.String, currency: Schema.String })
const Order = Schema.Struct({
  reference: line(64).check(Schema.isMinLength(1)),
  amount: Amount,
  note: line(140),
  return_url: Schema.String.check(Schema.isPattern(/^https?:\/\//)),
  expires_at: Schema.Int,
})
const GiveBack = Schema.Struct({ reference: line(64), amount: Schema.optionalKey(Amount), note: line(140) })

const decode = <S extends Schema.ConstraintDecoder<unknown>>(
  schema: S,
  text: string,
  then: (body: S["Type"]) => Ledger.Reply,
): Ledger.Reply =>
  Option.match(Schema.decodeUnknownOption(Schema.fromJsonString(schema))(text), {
    onNone: () => Ledger.problem(422, "INVALID", "The body is not what it should be."),
    onSome: then,
  })

const answer = ({ body, status }: Ledger.Reply): Answer.Answer =>
  Answer.json(status, body, { "acme-request-id": `req_${randomUUID()}` })

const hmac = (key: string, text: string) => createHmac("sha256", key).update(text)
const pageSize = 50

const page = (id: string) =>
  `<!doctype html><title>Acme</title><h1>Acme (stand-in)</h1><p>No money moves.</p>
<form method="post" action="/pay/${encodeURIComponent(id)}"><button>Transfer</button></form>`

/** Starts the stand-in; it lives as long as the scope. */
export const make = Effect.fnUntraced(function* (options: Options = {}) {
  const keys = { merchant, secret, noticeSecret, ...options }
  const site = yield* Emulator.open({ port: options.port })
  const clock = yield* EmulatorClock.make
  const webhooks = yield* WebhookSender.make({
    clock,
    ...(options.retries === undefined ? {} : { retries: options.retries }),
  })
  const endpoints = new Set<string>()
  let ledger = Ledger.make(site.url)
  let told = 0

  /** Every attempt is signed anew, because the time is signed too. */
  const message = (notice: Ledger.Notice) =>
    Effect.map(Clock.currentTimeMillis, (now): WebhookSender.Message => {
      const body = JSON.stringify(notice)
      const time = String(Math.floor(now / 1000))
      const signature = hmac(keys.noticeSecret, `${time}.${body}`).digest("hex")
      return { headers: { "acme-time": time, "acme-signature": signature }, body }
    })

  const send = (notice: Ledger.Notice) =>
    Effect.forEach(
      endpoints,
      (url) => webhooks.send({ eventId: notice.id, type: notice.kind, url, message: () => message(notice) }),
      { discard: true },
    )

  /** One change of the books, and what is told of it. */
  const act = <A>(change: (now: number) => A): Effect.Effect<A> =>
    Effect.gen(function* () {
      const now = yield* clock.seconds
      const result = change(now)
      const news = ledger.notices.slice(told)
      told = ledger.notices.length
      yield* Effect.forEach(news, send, { discard: true })
      return result
    })

  const signed = ({ headers, method, path, query, text }: Emulator.Request, now: number): boolean => {
    const target = query.size === 0 ? path : `${path}?${query.toString()}`
    const date = headers["acme-date"] ?? ""
    const expected = hmac(keys.secret, [method, target, date, text].join("\n")).digest()
    const given = Buffer.from(headers["acme-signature"] ?? "", "hex")
    const fresh = Math.abs(Number(date) - now) <= 300
    return (
      headers["acme-merchant"] === keys.merchant && fresh && given.length === 32 && timingSafeEqual(given, expected)
    )
  }

  const api = (
    method: string,
    pattern: string,
    handle: (request: Emulator.Request, now: number) => Ledger.Reply,
  ): Emulator.Route =>
    Emulator.route(method, pattern, (request) =>
      Effect.map(
        act((now) =>
          signed(request, now) ? handle(request, now) : Ledger.problem(401, "NOT_SIGNED", "The signature is wrong."),
        ),
        answer,
      ),
    )

  const idOf = ({ params }: Emulator.Request) => params["id"] ?? ""

  const noticesAfter = (since: number, after: string): Ledger.Reply => {
    const start = ledger.notices.findIndex(({ id }) => id === after) + 1
    const due = ledger.notices.slice(start).filter(({ at }) => at >= since)
    const notices = due.slice(0, pageSize)
    return { status: 200, body: { notices, next: due.length > pageSize ? (notices.at(-1)?.id ?? null) : null } }
  }

  const pay = (id: string) => act((now) => ledger.pay(id, now))
  const confirm = (id: string) => act((now) => ledger.settle(id, now))

  const running = yield* Emulator.serve({
    name: "acme",
    site,
    clock,
    routes: [
      api("GET", "/v1/merchant", () => ({ status: 200, body: { merchant: keys.merchant } })),
      api("POST", "/v1/payment-requests", ({ text }, now) => decode(Order, text, (order) => ledger.create(order, now))),
      api("GET", "/v1/payment-requests", ({ query }) => ledger.byReference(query.get("reference") ?? "")),
      api("GET", "/v1/payment-requests/:id", (request, now) => ledger.find(idOf(request), now)),
      api("POST", "/v1/payment-requests/:id/withdraw", (request, now) => ledger.withdraw(idOf(request), now)),
      api("GET", "/v1/transfers/:id/returns", (request) => ledger.returnsOf(idOf(request))),
      api("POST", "/v1/transfers/:id/returns", (request, now) =>
        decode(GiveBack, request.text, (body) => ledger.giveBack(idOf(request), body.reference, body.amount, now)),
      ),
      api("GET", "/v1/notices", ({ query }) => noticesAfter(Number(query.get("since")), query.get("after") ?? "")),
      Emulator.route("GET", "/pay/:id", (request) => Effect.succeed(Answer.html(200, page(idOf(request))))),
      Emulator.route("POST", "/pay/:id", (request) =>
        Effect.map(Effect.andThen(pay(idOf(request)), confirm(idOf(request))), (paid) =>
          paid ? Answer.redirect(ledger.returnUrl(idOf(request)) ?? "/") : Answer.html(409, "This cannot be paid."),
        ),
      ),
    ],
    notFound: () => Effect.sync(() => answer(Ledger.problem(404, "NO_SUCH_PAGE", "There is no such page."))),
    errorAnswer: (status) => Effect.sync(() => answer(Ledger.problem(status, "ACME_TROUBLE", "Acme says no."))),
  })

  return {
    ...running,
    webhooks,
    /** Sends every notice there from now on. */
    notify: (url: string) => Effect.sync(() => void endpoints.add(url)),
    /** The payer orders the transfer, then the payer's bank confirms it; false where that was not possible. */
    pay,
    confirm,
    count: Effect.sync(() => ledger.count()),
    /** A notice of a kind that nobody needs, sent to nobody. */
    oddNotice: Effect.flatMap(clock.seconds, (at) =>
      message({ id: `ntc_${randomUUID()}`, kind: "merchant.birthday", at }),
    ),
    reset: Effect.gen(function* () {
      ledger = Ledger.make(site.url)
      told = 0
      endpoints.clear()
      yield* Effect.all([
        clock.reset,
        webhooks.reset,
        running.faults.clear,
        running.journal.clear,
        running.refuse(false),
      ])
    }),
  }
})
