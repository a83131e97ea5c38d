/** F17: texts as people write them never become a provider's refusal. */
import { Effect, Option } from "effect"
import type { Session } from "@payment-orchestrator/domain"
import * as Check from "../Check.ts"
import type { Harness } from "../Harness.ts"
import * as Sample from "../Sample.ts"
import * as Life from "./Life.ts"

const group = "texts"

const range = (first: number, last: number) =>
  String.fromCodePoint(...Array.from({ length: last - first + 1 }, (_, i) => first + i))

/** Texts by what they are; two of emoji, so that any cut falls into the middle of one. */
const texts: ReadonlyArray<readonly [name: string, text: string]> = [
  ["10,000 letters", "x".repeat(10_000)],
  ["5,000 emoji", "😀".repeat(5_000)],
  ["a letter and 4,999 emoji", `x${"😀".repeat(4_999)}`],
  ["joined emoji", "👩‍👩‍👧‍👦".repeat(900)],
  ["Arabic and Hebrew with marks of direction", "كتاب \u202Eספר\u202C ".repeat(200)],
  ["letters under heaps of marks", `Z${"\u0301\u0327\u0338".repeat(300)}`],
  ["control characters among letters", `a${range(0, 31)}b${range(127, 159)}c`],
  ["nothing but control characters", range(1, 8)],
  ["nothing but spaces", "   "],
  ["separators and non-characters", "a\u2028b\u2029c\uFFFE\uFFFF"],
  ["markup and quotes", `<script>alert("1")</script>'); DROP TABLE orders; -- & % \\ \${x}`],
]

/** Half of a surrogate pair, written as UTF-8's replacement character or as an escape, plain or URL-encoded. */
const brokenPair = /\uFFFD|%EF%BF%BD|\\u[dD][89aAbB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])/

const accepted = (harness: Harness, what: string, overrides: Partial<Session.SessionRequest>) =>
  Effect.gen(function* () {
    const made = yield* harness.make()
    const request = yield* Life.anyOrder(harness, made, overrides)
    const session = yield* Check.succeeds(made.provider.createCheckoutSession(request), what)
    const sent = (yield* made.backend.requestTexts).join("\n")
    yield* Check.that(!brokenPair.test(sent), `${what} must be cut between characters`)
    return { request, session, sent }
  })

const descriptions = (harness: Harness): ReadonlyArray<Check.Check> =>
  texts.map(([name, text]) => ({
    group,
    name: `F17: a description of ${name} opens a session`,
    run: Effect.gen(function* () {
      const { session, sent } = yield* accepted(harness, "the order", { description: Option.some(text) })
      if (text.length < 10_000) return
      yield* Check.that(
        session.adjusted.includes("description") || sent.includes(text) || sent.includes(encodeURIComponent(text)),
        "a description that is not sent whole must be named in `adjusted`",
        session.adjusted,
      )
    }),
  }))

const emails = ["käthe@bücher.example", "用户@例子.测试", "a+b@xn--bcher-kva.example", `${"a".repeat(64)}@shop.example`]

const others = (harness: Harness): ReadonlyArray<Check.Check> => [
  ...emails.map((email) => ({
    group,
    name: `F17: the e-mail address ${email.length > 40 ? "with 64 characters before the @" : email} opens a session`,
    run: accepted(harness, "the order", { customerEmail: Option.some(email) }),
  })),
  {
    group,
    name: "F17: customer and order ids of 255 characters, emoji among them, open a session",
    run: accepted(harness, "the order", {
      customerId: Option.some(`ä${"😀".repeat(127)}`),
      orderId: Option.some(`x${"日".repeat(254)}`),
    }),
  },
  {
    group,
    name: "F17: as much metadata as a merchant may send (50 pairs, keys of 40, values of 500) opens a session",
    run: accepted(harness, "the order", {
      metadata: Object.fromEntries(
        Array.from({ length: 50 }, (_, i) => [`${i}`.padStart(2, "0").padEnd(40, "k"), "v".repeat(500)]),
      ),
    }),
  },
  {
    group,
    name: "F17: metadata in any script, with the names that we use ourselves, opens a session of our own attempt",
    run: Effect.gen(function* () {
      const made = yield* harness.make()
      const opened = yield* Life.open(harness, made, Life.anyMode(made), {
        metadata: { "größe[x]": "😀", 日本: "值 & = %", attempt_id: "att_of_somebody_else", checkout_id: "another" },
      })
      const found = yield* Life.find(opened)
      yield* Check.equal(found.attemptId, Option.some(opened.request.attemptId), "the attempt")
    }),
  },
  {
    group,
    name: "F17: a refund's reason of 10,000 emoji is no refusal",
    run: Effect.gen(function* () {
      const completed = yield* Life.live(harness, "payment")
      const payment = yield* Life.payment(completed)
      const request = yield* Sample.refundRequest(payment.moneyId, { reason: Option.some("x" + "😀".repeat(10_000)) })
      yield* Check.succeeds(completed.provider.refund(request), "the refund")
    }),
  },
  {
    group,
    name: "F17: a cancellation's reason of 10,000 emoji, and one of spaces, is no refusal",
    run: Effect.forEach(
      ["x" + "😀".repeat(10_000), "  "],
      (reason) =>
        Effect.gen(function* () {
          const completed = yield* Life.live(harness, "subscription")
          const subscriptionId = yield* Life.subscriptionId(completed)
          const canceled = yield* Check.succeeds(
            completed.provider.cancelSubscription({ subscriptionId, reason: Option.some(reason), atPeriodEnd: false }),
            "the cancellation",
          )
          yield* Check.equal(canceled.state, "canceled", "the state")
        }),
      { discard: true },
    ),
  },
]

export const checks = (harness: Harness): ReadonlyArray<Check.Check> => [...descriptions(harness), ...others(harness)]
