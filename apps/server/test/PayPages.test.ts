import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { createHash } from "node:crypto"
import * as Buyer from "./Buyer.ts"
import * as House from "./House.ts"

const quick = { PAYMENT_MAX_RETRIES: "0", PAYMENT_TIMEOUT: "2" }

/** A buyer on PayPal's page, which has died since. */
const stuck = Effect.fnUntraced(function* (environment: { readonly [name: string]: string } = {}) {
  const house = yield* House.start({ ...quick, ...environment })
  yield* Buyer.silent(house)
  const order = yield* Buyer.opened(house)
  yield* Buyer.dies(house, "paypal")
  return { house, order }
})

const sha256 = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`

const between = (text: string, from: string, to: string) => text.split(from)[1]?.split(to)[0]

describe("F65: a mail scanner that opens the buyer's link", () => {
  it.live(
    "changes nothing, however often and by whatever method it only looks",
    () =>
      Effect.gen(function* () {
        const { house, order } = yield* stuck()
        const path = new URL(order.link).pathname
        const before = yield* Buyer.checkout(house, order)
        const asked = (yield* house.paypal.journal.requests).length
        for (let i = 0; i < 5; i += 1) {
          assert.strictEqual((yield* Buyer.opens(house, order)).status, 200)
          yield* house.send("GET", `${path}?utm_source=mail&continue=1`, { key: null })
          yield* house.send("HEAD", path, { key: null })
          assert.strictEqual((yield* house.send("GET", `${path}/continue`, { key: null })).status, 404)
          yield* house.send("GET", `${path}/cancel`, { key: null })
        }
        assert.deepStrictEqual(yield* Buyer.checkout(house, order), before)
        assert.strictEqual((yield* house.paypal.journal.requests).length, asked)
        assert.strictEqual(yield* Buyer.sessionsAt.stripe(house), 0)
      }),
    40_000,
  )
})

describe("the page that offers to go on", () => {
  it.live(
    "works without script by its button; its one script and style are named by their hashes, and nothing else may run",
    () =>
      Effect.gen(function* () {
        const { house, order } = yield* stuck()
        const { headers, text } = yield* Buyer.opens(house, order)
        const policy = headers.get("content-security-policy") ?? ""
        const script = between(text, "<script>", "</script>") ?? ""
        const style = between(text, "<style>", "</style>") ?? ""
        assert.isNotEmpty(script)
        assert.include(policy, `script-src ${sha256(script)};`)
        assert.include(policy, `style-src ${sha256(style)};`)
        assert.include(policy, "default-src 'none'")
        assert.notInclude(policy, "unsafe")
        assert.match(text, /<form method="post" action="\/pay\/[0-9A-Z]{32}\/continue" data-after="0"><button>/)
        assert.include(text, `<html lang="en">`)
        assert.lengthOf(text.match(/<h1>/g) ?? [], 1)
        assert.strictEqual(headers.get("referrer-policy"), "same-origin")
        assert.strictEqual(headers.get("cache-control"), "no-store")
      }),
    40_000,
  )

  it.live(
    "is the only one that may send the form: another site's is refused, and nothing is done",
    () =>
      Effect.gen(function* () {
        const { house, order } = yield* stuck()
        const post = (headers: { readonly [name: string]: string }) =>
          house.send("POST", `${new URL(order.link).pathname}/continue`, { key: null, headers })
        for (const headers of [
          { "sec-fetch-site": "cross-site" },
          { "sec-fetch-site": "same-site" },
          { origin: "https://evil.example" },
          { origin: "null" },
        ]) {
          const refused = yield* post(headers)
          assert.strictEqual(refused.status, 403, JSON.stringify(headers))
          assert.include(refused.text, `href="${order.link}"`)
        }
        assert.deepInclude(yield* Buyer.checkout(house, order), { provider: "paypal", url: order.url })
        const moved = yield* post({ origin: "https://pay.example.com" })
        assert.strictEqual(moved.status, 303)
        assert.deepInclude(yield* Buyer.checkout(house, order), { provider: "stripe" })
      }),
    40_000,
  )

  it.live(
    "is not shown for a link that nobody was given",
    () =>
      Effect.gen(function* () {
        const house = yield* House.start(quick)
        for (const token of ["00000000000000000000000000000000", "x", "%00", "..%2f.."]) {
          const answer = yield* house.send("POST", `/pay/${token}/continue`, { key: null })
          assert.oneOf(answer.status, [400, 404])
        }
      }),
    40_000,
  )
})

describe("F64: the way back of one checkout", () => {
  it.live(
    "says nothing of another one, whatever token the query names",
    () =>
      Effect.gen(function* () {
        const house = yield* House.start(quick)
        yield* Buyer.silent(house)
        const [mine, theirs] = [yield* Buyer.opened(house), yield* Buyer.opened(house)]
        yield* house.paypal.buyer.approve(theirs.provider_session_id)
        const path = `${new URL(mine.link).pathname}/return?token=${theirs.provider_session_id}&PayerID=PAYER`
        assert.strictEqual(Buyer.leadsTo(yield* house.send("GET", path, { key: null })), mine.url)
        assert.strictEqual(yield* Buyer.captures(house), 0)
        assert.deepInclude(yield* Buyer.checkout(house, mine), { status: "open" })
        assert.deepInclude(yield* Buyer.checkout(house, theirs), { status: "open" })
        assert.strictEqual(yield* Buyer.returns(house, theirs), Buyer.thanks(theirs, "paid"))
      }),
    40_000,
  )
})

describe("F32: where buyers are sent back to", () => {
  it.live(
    "is where the shop may be, and what the query says of it is not believed",
    () =>
      Effect.gen(function* () {
        const house = yield* House.start({ ...quick, PAYMENT_REDIRECT_ORIGINS: "https://shop.example" })
        for (const [name, url] of [
          ["success_url", "https://shop.example.evil.example/ok"],
          ["cancel_url", "https://evil.example/no"],
          ["success_url", "https://shop.example@evil.example/"],
          ["success_url", "javascript:alert(1)"],
          ["cancel_url", "//evil.example"],
        ] as const) {
          const refused = yield* House.open(house, { [name]: url })
          assert.strictEqual(refused.status, 400, url)
          assert.include(refused.text, name)
        }
        const order = yield* Buyer.opened(house)
        const path = new URL(order.link).pathname
        const evil =
          "success_url=https://evil.example&cancel_url=https://evil.example&status=paid&url=https://evil.example"
        const to = (way: string) => Effect.map(house.send("GET", `${path}${way}?${evil}`, { key: null }), Buyer.leadsTo)
        assert.strictEqual(yield* to(""), order.url)
        assert.strictEqual(yield* to("/return"), order.url)
        assert.strictEqual(yield* to("/cancel"), "https://shop.example/no")
        // A link of another checkout is no more than that: 160 random bits, and no other way in.
        assert.match(path, /^\/pay\/[0-9A-HJKMNP-TV-Z]{32}$/)
      }),
    40_000,
  )
})
