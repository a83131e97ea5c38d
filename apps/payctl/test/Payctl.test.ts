import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { createServer } from "node:http"
import * as House from "../../server/test/House.ts"
import * as Receiver from "../../server/test/Receiver.ts"
import { until } from "../../server/test/Time.ts"
import * as Binary from "./Binary.ts"

const encryption = {
  PAYMENT_ENCRYPTION_KEY: Buffer.alloc(32, 5).toString("base64"),
  PAYMENT_ALLOW_PRIVATE_ENDPOINTS: "true",
}

const make = Effect.fnUntraced(function* (environment: { readonly [name: string]: string } = encryption) {
  const house = yield* House.start(environment)
  const here = { PAYCTL_URL: house.url, PAYCTL_API_KEY: House.canaries.apiKey }
  const payctl = (line: string, more: { readonly [name: string]: string } = {}) =>
    Binary.run(line.split(" "), { ...here, ...more })
  return { house, here, payctl }
})

interface Listed {
  readonly data: ReadonlyArray<{ readonly [field: string]: unknown }>
}

describe("payctl", () => {
  it.live("opens a checkout, lists it, explains it, closes it, as tables and as JSON", () =>
    Effect.gen(function* () {
      const { house, payctl } = yield* make()
      yield* house.paypal.refuse(true)
      const opened = yield* payctl("checkout create --amount 12.50 --order o-1 --json")
      assert.strictEqual(opened.code, 0, opened.err)
      const { id, provider } = opened.json() as { readonly id: string; readonly provider: string }
      assert.strictEqual(provider, "polar")
      const [table, listed, why, closed] = yield* Effect.all(
        [
          payctl("checkouts list --limit 5"),
          payctl("--json checkouts list --order o-1"),
          payctl(`checkouts explain ${id}`),
          payctl(`checkouts expire ${id}`),
        ],
        { concurrency: 2 },
      )
      assert.match(table.out, /^id +status +provider +amount/)
      assert.include(table.out, id)
      assert.notInclude(table.out, "\u001b")
      assert.deepInclude((listed.json() as Listed).data[0], { id, amount: "12.50", order_id: "o-1" })
      assert.match(why.out, /failed_over +.*from=paypal to=polar reason=network/)
      assert.strictEqual(closed.out, `${id} is expired\n`)
    }),
  )

  it.live("tells with its exit code what went wrong, names address and variable, and never shows a key", () =>
    Effect.gen(function* () {
      const { payctl } = yield* make()
      const cases = [
        ["checkouts get nope", {}, 2, /must be an id of the form co_/],
        [
          "stats",
          { PAYCTL_URL: "http://127.0.0.1:64999" },
          3,
          /cannot be reached at http:\/\/127\.0\.0\.1:64999 \(ECONNREFUSED\).*PAYCTL_URL/,
        ],
        ["stats", { PAYCTL_API_KEY: "sk_canary_wrong_key" }, 4, /this key is not known here \(401 unauthorized\)/],
        ["stats", { PAYCTL_API_KEY: "" }, 4, /there is no key: set PAYCTL_API_KEY/],
        ["checkouts get co_00000000000000000000000000", {}, 5, /\(404 not_found\)/],
        ["drain paypal --reason test --expires-in 5", {}, 2, /must be a whole number from 60 to 2592000/],
      ] as const
      const ended = yield* Effect.forEach(cases, ([line, more]) => payctl(line, more), { concurrency: 2 })
      for (const [i, { code, err, out }] of ended.entries()) {
        const [line, , wanted, message] = cases[i] ?? cases[0]
        assert.strictEqual(code, wanted, `${line}: ${err}`)
        assert.match(err, message)
        assert.notMatch(out + err, /canary/)
      }
    }),
  )

  it.live("drains and restores, makes keys and endpoints, and shows who did it; the audit log goes into a file", () =>
    Effect.gen(function* () {
      const { house, payctl } = yield* make()
      const drained = yield* payctl("drain polar --reason maintenance,today")
      assert.strictEqual(drained.code, 0, drained.err)
      const providers = yield* house.send("GET", "/v1/providers")
      assert.isTrue((providers.json as { data: ReadonlyArray<{ drained: boolean }> }).data[1]?.drained)
      const [shown, key, endpoint] = yield* Effect.all(
        [
          payctl("providers"),
          payctl("keys create --role viewer --name watch --json"),
          payctl("endpoints create --to http://127.0.0.1:9/hook --events checkout.* --json"),
        ],
        { concurrency: 2 },
      )
      assert.include(shown.out, "drained by key_env: maintenance,today")
      const made = key.json() as { readonly id: string; readonly secret: string }
      assert.strictEqual(endpoint.code, 0, endpoint.err)
      const [restored, read] = yield* Effect.all(
        [payctl("providers restore polar --reason done"), payctl("stats --json", { PAYCTL_API_KEY: made.secret })],
        { concurrency: 2 },
      )
      assert.strictEqual(restored.code, 0, restored.err)
      assert.deepInclude(read.json() as object, { total_requests: 0 })
      const opened = (yield* House.open(house)).json as { readonly id: string }
      const expired = yield* payctl(`checkouts expire ${opened.id} --reason called-off`)
      assert.strictEqual(expired.code, 0, expired.err)
      const [event] = (
        (yield* house.send("GET", "/v1/events")).json as { data: ReadonlyArray<{ readonly id: string }> }
      ).data
      const again = yield* payctl(`events redeliver ${event?.id ?? ""} --reason restored`)
      assert.strictEqual(again.code, 0, again.err)
      const why = yield* house.send("GET", "/v1/audit?limit=2")
      assert.match(why.text, /"event\.redeliver".*"reason":"restored".*"checkout\.expire".*"reason":"called-off"/)
      const [exported, all] = yield* Effect.all(
        [payctl("audit export --format csv --action provider.drain"), payctl("audit export")],
        { concurrency: 2 },
      )
      const [head, row] = exported.out.trim().split("\n")
      assert.strictEqual(head, "id,at,actor,role,tenant_id,action,target,reason,address,request_id")
      assert.match(row ?? "", /,key_env,admin,,provider\.drain,polar,"maintenance,today",127\.0\.0\.1,req_/)
      const actions = all.out
        .trim()
        .split("\n")
        .map((text) => (JSON.parse(text) as { readonly action: string }).action)
      assert.sameMembers(actions, [
        "provider.drain",
        "key.create",
        "endpoint.create",
        "provider.restore",
        "checkout.expire",
        "event.redeliver",
      ])
    }),
  )

  it.live("shows what buyers dispute, and until when it can be answered", () =>
    Effect.gen(function* () {
      const { house, payctl } = yield* make()
      const { link, provider_session_id } = (yield* House.open(house)).json as {
        readonly link: string
        readonly provider_session_id: string
      }
      yield* house.paypal.buyer.approve(provider_session_id)
      yield* house.send("GET", `${new URL(link).pathname}/return`, { key: null })
      const [capture] = yield* house.paypal.captures
      const dispute = yield* house.paypal.simulate.openDispute({ transactionId: capture?.id ?? "" })
      yield* until(house.send("GET", "/v1/disputes?status=open"), ({ text }) => text.includes(dispute.id))
      const listed = yield* payctl("disputes list --status open --json")
      const [shown] = (
        listed.json() as { data: ReadonlyArray<{ readonly id: string; readonly [field: string]: string }> }
      ).data
      assert.deepInclude(shown, { provider_dispute_id: dispute.id, amount: "99.99", status: "open" })
      const one = yield* payctl(`disputes get ${shown?.id}`)
      assert.match(one.out, /respond_by +20/)
    }),
  )

  it.live("shows webhooks that were refused, with why and from where", () =>
    Effect.gen(function* () {
      const { house, payctl } = yield* make()
      const headers = { "stripe-signature": `t=1,v1=${"0".repeat(64)}` }
      yield* house.send("POST", "/webhooks/stripe", { key: null, body: {}, headers })
      yield* until(house.send("GET", "/v1/inbox/rejected"), ({ text }) => text.includes("bad_signature"))
      const shown = yield* payctl("inbox rejected --provider stripe")
      assert.strictEqual(shown.code, 0, shown.err)
      assert.match(shown.out, /stripe +bad_signature .*1 +127\.0\.0\.1/)
      const taken = yield* payctl("inbox --json")
      assert.deepInclude(taken.json() as object, { data: [] })
    }),
  )

  it.live("runs a drill and shows its report; one that leaves buyers without a page fails", () =>
    Effect.gen(function* () {
      const { payctl } = yield* make()
      const good = yield* payctl("drill --provider paypal --fault down --checkouts 2")
      assert.strictEqual(good.code, 0, good.err)
      assert.match(good.err, /drl_\w+: paypal plays down for 2 checkouts/)
      assert.match(good.out, /2 of 2 buyers would have got a page, \d+ failovers/)
      assert.match(good.out, /would raise \(critical\)/)
      const alone = yield* make({ PAYMENT_PROVIDER_ORDER: "paypal" })
      const bad = yield* alone.payctl("drill --provider paypal --checkouts 1 --json")
      assert.strictEqual(bad.code, 1)
      assert.deepInclude(bad.json() as object, { provider: "paypal", status: "done" })
    }),
  )

  it.live("listens, and sends events on to a server that verifies them as Standard Webhooks", () =>
    Effect.gen(function* () {
      const { here, house, payctl } = yield* make()
      const shop = yield* Receiver.make()
      const secret = `whsec_${Buffer.alloc(32, 9).toString("base64")}`
      const listening = yield* Binary.start(["events", "listen", "--most", "2", "--forward", shop.url], {
        ...here,
        PAYCTL_WEBHOOK_SECRET: secret,
      })
      yield* until(
        Effect.sync(() => listening.seen.err),
        (text) => text.includes("listening"),
      )
      yield* House.open(house)
      yield* House.open(house)
      const ended = yield* listening.ended
      assert.strictEqual(ended.code, 0, ended.err)
      assert.match(ended.out, /evt_\w+ {2}checkout\.opened {2}co_\w+ {2}-> 204/)
      assert.lengthOf(shop.all, 2)
      for (const received of shop.all) {
        assert.isTrue(Receiver.isGenuine(received, secret))
        assert.isFalse(Receiver.isGenuine({ ...received, body: `${received.body} ` }, secret))
      }
      assert.notInclude(ended.out + ended.err, secret)
      const { id } = Receiver.told(shop.all[0] ?? { headers: {}, body: "{}", at: 0 })
      const [got, sent] = yield* Effect.all([payctl(`events get ${id} --json`), payctl(`events redeliver ${id}`)], {
        concurrency: 2,
      })
      assert.deepInclude(got.json() as object, { id, type: "checkout.opened" })
      assert.strictEqual(sent.out, `${id} is sent again to 0 endpoints\n`)
    }),
  )

  it.live("goes on listening where the stream broke off, and prints nothing twice", () =>
    Effect.gen(function* () {
      const asked: Array<string | undefined> = []
      const told = (n: number) => ({
        id: `evt_${String(n).padStart(26, "0")}`,
        type: "checkout.opened",
        object_id: "co_1",
      })
      const message = (n: number) => `id: ${told(n).id}\nevent: checkout.opened\ndata: ${JSON.stringify(told(n))}\n\n`
      const port = yield* Receiver.listen(
        createServer((request, response) => {
          asked.push(request.headers["last-event-id"]?.toString())
          response.writeHead(200, { "content-type": "text/event-stream" })
          response.end(`:\n\n${asked.length === 1 ? message(1) : message(1) + message(2)}`)
        }),
      )
      const ended = yield* Binary.run(["events", "listen", "--most", "2", "--json"], {
        PAYCTL_URL: `http://127.0.0.1:${port}`,
        PAYCTL_API_KEY: "sk_0123456789abcdef",
      })
      assert.strictEqual(ended.code, 0, ended.err)
      assert.deepStrictEqual(
        ended.out
          .trim()
          .split("\n")
          .map((line): unknown => JSON.parse(line)),
        [told(1), told(2)],
      )
      assert.deepStrictEqual(asked, [undefined, told(1).id])
    }),
  )

  it.live("completes for shells, and its help lists the exit codes", () =>
    Effect.gen(function* () {
      const [bash, help] = yield* Effect.all([Binary.run(["--completions", "bash"], {}), Binary.run(["--help"], {})], {
        concurrency: 2,
      })
      assert.include(bash.out, "payctl")
      assert.include(bash.out, "redeliver")
      assert.match(help.out, /3 the server cannot be reached/)
    }),
  )
})
