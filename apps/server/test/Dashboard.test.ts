/** The dashboard in a real browser, over a real server, a database and stand-ins of the providers. */
import { assert, describe, layer } from "@effect/vitest"
import { build } from "@payment-orchestrator/dashboard/build"
import { Config, Context, Effect, Layer, Option } from "effect"
import axe from "axe-core"
import type { Browser, Page } from "playwright-core"
import { mkdirSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { vi } from "vitest"
import * as Chromium from "./Chromium.ts"
import * as Databases from "./Databases.ts"
import * as House from "./House.ts"
import * as Receiver from "./Receiver.ts"
import * as Shop from "./Shop.ts"
import { act, fine, type Person, visit } from "./Viewer.ts"

interface Checkout {
  readonly id: string
  readonly link: string
  readonly provider_session_id: string
}

interface World {
  readonly house: House.House
  readonly browser: Browser
  readonly shop: Receiver.Receiver
  /** Somebody who may act. */
  readonly operator: Person
  readonly keys: { readonly viewer: string; readonly operator: string }
}

vi.setConfig({ testTimeout: 90_000 })

class Stage extends Context.Service<Stage, World>()("@payment-orchestrator/server/test/Dashboard.test/Stage") {}

const stage = Layer.effect(
  Stage,
  Effect.gen(function* () {
    yield* act(build)
    const house = yield* House.start({
      DATABASE_URL: yield* Databases.sqlite,
      PAYMENT_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString("base64"),
      PAYMENT_ALLOW_PRIVATE_ENDPOINTS: "true",
      PAYMENT_RATE_LIMIT: "0",
      PAYMENT_MAX_RETRIES: "0",
    })
    const shop = yield* Receiver.make()
    yield* house.send("POST", "/v1/webhook_endpoints", { body: { url: shop.url, description: "the shop" } })
    const keys = {
      viewer: (yield* House.makeKey(house, { role: "viewer" })).secret,
      operator: (yield* House.makeKey(house, { role: "operator" })).secret,
    }
    const browser = yield* Chromium.launch
    const operator = yield* visit(browser, house.url)
    return { house, browser, shop, keys, operator }
  }),
)

const opened = (house: House.House, body: object = {}) =>
  Effect.map(House.open(house, body), ({ json, status, text }) => {
    assert.strictEqual(status, 201, text)
    return json as Checkout
  })

const paid = Effect.fnUntraced(function* (house: House.House, body: object = {}) {
  const checkout = yield* opened(house, body)
  yield* house.paypal.buyer.approve(checkout.provider_session_id)
  yield* house.send("GET", `${new URL(checkout.link).pathname}/return`, { key: null })
  const { json } = yield* house.send("GET", `/v1/checkouts/${checkout.id}`)
  assert.deepInclude(json as object, { status: "paid" })
  return checkout
})

const go = (page: Page, place: string) => act(() => page.getByRole("link", { name: place, exact: true }).click())

/** Serious and critical faults that axe finds. */
const unfit = async (page: Page): Promise<ReadonlyArray<string>> => {
  if (await page.evaluate("typeof axe === 'undefined'")) await page.evaluate(axe.source)
  const violations = await page.evaluate(`axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
    violations.filter(({ impact }) => impact === "serious" || impact === "critical")
      .flatMap(({ id, nodes }) => nodes.map(({ failureSummary, html }) => id + ": " + html.slice(0, 160) + " " + failureSummary)))`)
  return Array.isArray(violations) ? violations.map(String) : ["axe did not answer"]
}

/** Both colours and both sizes are looked at; in every combination where somebody asks for pictures of all. */
const everyWay = [
  ["light", 1440, true],
  ["dark", 360, true],
  ["dark", 1440, false],
  ["light", 360, false],
] as const
const ways = (await Effect.runPromise(Config.option(Config.String("SCREENSHOTS")))).pipe(
  Option.match({ onNone: () => everyWay.slice(0, 2), onSome: () => everyWay }),
)

const screenshots = fileURLToPath(new URL("../screenshots/", import.meta.url))

describe("the dashboard", { concurrent: false, skip: Chromium.executable === undefined }, () =>
  layer(stage, { excludeTestServices: true, timeout: "5 minutes" })((it) => {
    it.effect("lets in who has a right key, within 250 kB", () =>
      Effect.gen(function* () {
        const { keys, operator } = yield* Stage
        const { loaded, page, signIn } = operator
        yield* act(async () => {
          await page.getByLabel("API key").fill("sk_wrong")
          await page.getByRole("button", { name: "Sign in" }).click()
          await page.getByText("This key is not known here.").waitFor()
        })
        // The browser itself tells of the 401.
        assert.lengthOf(operator.faults(), 1)
        yield* signIn(keys.operator)
        yield* act(() => page.locator(".chart canvas").waitFor())
        yield* act(() => page.getByText("Live", { exact: true }).last().waitFor())
        const files = [...loaded].filter(([path]) => !path.startsWith("/v1"))
        assert.isAbove(files.length, 4)
        const total = files.reduce((sum, [, bytes]) => sum + bytes, 0)
        assert.isBelow(total, 250_000, JSON.stringify(files))
        const cookies = yield* act(() => page.context().cookies())
        assert.deepStrictEqual(
          cookies.map(({ httpOnly, sameSite }) => ({ httpOnly, sameSite })),
          [{ httpOnly: true, sameSite: "Strict" }],
        )
        yield* act(() => page.reload())
        yield* act(() => page.getByRole("heading", { name: "Overview" }).waitFor())
        fine(operator)
      }),
    )

    it.effect("shows a failover as it happens, and why it happened", () =>
      Effect.gen(function* () {
        const { house, operator } = yield* Stage
        const { page } = operator
        yield* go(page, "Failovers")
        yield* act(() => page.getByText("No failover in this time").first().waitFor())
        yield* act(() => page.evaluate("window.stillTheSamePage = true"))

        yield* house.paypal.faults.add({ route: "*", fault: { kind: "Status", status: 503 } })
        const { id } = yield* opened(house, { reference: "live-1" })
        yield* house.paypal.faults.clear
        const row = page.getByRole("row").filter({ hasText: "PayPal 503 Service Unavailable" })
        yield* act(() => row.waitFor({ timeout: 5_000 }))
        assert.isTrue(yield* act(() => page.evaluate("window.stillTheSamePage === true")))

        yield* act(() => row.getByRole("link").click())
        yield* act(() => page.waitForURL(`**/checkouts/${id}`))
        const timeline = page.locator(".timeline")
        yield* act(() => timeline.getByText("PayPal failed: HTTP 503").waitFor())
        const texts = yield* act(() => timeline.getByRole("listitem").allInnerTexts())
        const place = (text: string) => texts.findIndex((line) => line.replace(/\s+/g, " ").includes(text))
        const order = [
          "Asked for $99.99",
          "PayPal failed: HTTP 503",
          "Failover PayPal",
          "Polar opened a page",
          "checkout.opened",
        ]
        for (const text of order) assert.isAtLeast(place(text), 0, `${text} in ${texts.join(" | ")}`)
        assert.isBelow(place("Asked for"), place("PayPal failed"))
        assert.isBelow(place("PayPal failed"), place("Polar opened a page"))
        fine(operator)
      }),
    )

    it.effect("draws what was opened, in the colours of the providers", () =>
      Effect.gen(function* () {
        const { house, operator } = yield* Stage
        const { page } = operator
        yield* opened(house)
        yield* go(page, "Overview")
        /** How much of the chart is neither line nor text, which are grey. */
        const coloured = () =>
          page.evaluate(`(() => {
            const canvas = document.querySelector(".chart canvas")
            if (canvas === null) return 0
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
            let seen = 0
            for (let i = 0; i < data.length; i += 4) {
              const [r, g, b] = [data[i], data[i + 1], data[i + 2]]
              if (data[i + 3] > 200 && Math.max(r, g, b) - Math.min(r, g, b) > 60) seen += 1
            }
            return seen
          })()`)
        yield* Shop.until(
          "there is a bar",
          Effect.map(act(coloured), (count) => Number(count) > 100),
          { every: "100 millis" },
        )
        fine(operator)
      }),
    )

    it.effect("finds a checkout by what somebody has at hand", () =>
      Effect.gen(function* () {
        const { house, operator } = yield* Stage
        const { page } = operator
        const { id, provider_session_id } = yield* opened(house, {
          order_id: "needle-1",
          customer_email: "Ann@Example.com",
        })
        yield* go(page, "Checkouts")
        for (const what of ["needle-1", "ann@example.com", provider_session_id, id]) {
          yield* act(async () => {
            await page.getByRole("searchbox").fill(what)
            await page.getByRole("button", { name: "Search" }).click()
            await page.waitForURL(`**search=${encodeURIComponent(what)}*`)
            await page.locator("tbody tr").nth(1).waitFor({ state: "detached" })
            await page.getByRole("cell", { name: "needle-1" }).waitFor()
          })
        }
        yield* act(async () => {
          await page.getByRole("searchbox").fill("nothing-like-it")
          await page.keyboard.press("Enter")
          await page.getByText("Nothing found").waitFor()
        })
        fine(operator)
      }),
    )

    it.effect("drains a provider and restores it, each with its reason in the audit log", () =>
      Effect.gen(function* () {
        const { house, operator } = yield* Stage
        const { page } = operator
        yield* go(page, "Overview")
        const card = page.getByRole("article", { name: "PayPal" })
        yield* act(async () => {
          await card.getByRole("button", { name: "Drain" }).click()
          await page.getByRole("dialog").getByLabel("Reason").fill("maintenance tonight")
          await page.getByRole("dialog").getByRole("button", { name: "Drain" }).click()
          await card.getByText("Drained").waitFor()
          await card.getByText("maintenance tonight").waitFor()
        })
        const { json } = yield* opened(house).pipe(Effect.andThen(({ id }) => house.send("GET", `/v1/checkouts/${id}`)))
        assert.strictEqual((json as { readonly provider: string }).provider, "polar")
        yield* act(async () => {
          await card.getByRole("button", { name: "Restore" }).click()
          await page.keyboard.press("Escape")
          await page.getByRole("dialog").waitFor({ state: "detached" })
          await card.getByRole("button", { name: "Restore" }).click()
          await page.getByRole("dialog").getByLabel("Reason").fill("done")
          await page.keyboard.press("Enter")
          await card.getByText("Taking checkouts").waitFor()
        })
        const audit = yield* house.send("GET", "/v1/audit")
        const { data } = audit.json as {
          readonly data: ReadonlyArray<{ action: string; role: string; reason: string }>
        }
        assert.deepStrictEqual(
          data
            .filter(({ action }) => action.startsWith("provider"))
            .map(({ action, reason, role }) => [action, reason, role]),
          [
            ["provider.restore", "done", "operator"],
            ["provider.drain", "maintenance tonight", "operator"],
          ],
        )
        fine(operator)
      }),
    )

    it.effect("gives money back once, and shows that it went back", () =>
      Effect.gen(function* () {
        const { house, operator } = yield* Stage
        const { page } = operator
        const { id } = yield* paid(house, { order_id: "refund-me" })
        const refundsBefore = (yield* house.paypal.refunds).length
        yield* act(async () => {
          await page.goto(`${house.url}/dashboard/checkouts/${id}`)
          await page.getByRole("heading", { level: 1 }).getByText("Paid").waitFor()
          await page.getByRole("button", { name: "Refund", exact: true }).click()
          const dialog = page.getByRole("dialog")
          await dialog.getByLabel("Amount in USD").fill("5.00")
          await dialog.getByLabel("Reason").fill("came late")
          await dialog.getByRole("button", { name: "Refund" }).dblclick()
          await dialog.getByText("Succeeded").waitFor()
          await dialog.getByRole("button", { name: "Done" }).click()
          await page.locator(".timeline").getByText("Refund of $5.00 succeeded").waitFor()
          await page.getByText("$5.00 refunded").waitFor()
        })
        assert.strictEqual((yield* house.paypal.refunds).length, refundsBefore + 1)
        fine(operator)
      }),
    )

    it.effect("expires a checkout", () =>
      Effect.gen(function* () {
        const { house, operator } = yield* Stage
        const { page } = operator
        const { id } = yield* opened(house)
        yield* act(async () => {
          await page.goto(`${house.url}/dashboard/checkouts/${id}`)
          await page.getByRole("button", { name: "Expire" }).click()
          await page.getByRole("dialog").getByLabel("Reason").fill("the buyer called")
          await page.getByRole("dialog").getByRole("button", { name: "Expire" }).click()
          await page.getByRole("heading", { level: 1 }).getByText("Expired").waitFor()
          await page.locator(".timeline").getByText("the buyer called").waitFor()
        })
        fine(operator)
      }),
    )

    it.effect("sends an event again, under the same id", () =>
      Effect.gen(function* () {
        const { house, operator, shop } = yield* Stage
        const { page } = operator
        yield* opened(house, { order_id: "tell-me-again" })
        const idsOf = () =>
          shop.all.filter(({ body }) => body.includes("tell-me-again")).map(({ headers }) => headers["webhook-id"])
        yield* Shop.until(
          "the event arrives",
          Effect.sync(() => idsOf().length === 1),
          { every: "20 millis" },
        )
        const [id] = idsOf()
        yield* go(page, "Events & deliveries")
        yield* act(async () => {
          await page.getByRole("row").filter({ hasText: "checkout.opened" }).first().getByRole("link").click()
          await page.waitForURL(`**/events/${id}`)
          await page.getByText("tell-me-again").waitFor()
          await page.getByRole("button", { name: "Redeliver" }).click()
          await page.getByRole("dialog").getByRole("button", { name: "Redeliver" }).click()
          await page.getByText("It is being sent to 1 endpoint.").waitFor()
          await page.getByRole("button", { name: "Done" }).click()
        })
        yield* Shop.until(
          "it arrives again",
          Effect.sync(() => idsOf().length === 2),
          { every: "20 millis" },
        )
        assert.deepStrictEqual(idsOf(), [id, id])
        const { data } = (yield* house.send("GET", "/v1/checkouts?order_id=tell-me-again")).json as {
          readonly data: ReadonlyArray<Checkout>
        }
        yield* act(async () => {
          await page.goto(`${house.url}/dashboard/checkouts/${data[0]?.id}`)
          const timeline = page.locator(".timeline")
          await timeline.getByText(`arrived at ${shop.url}`).waitFor()
          await timeline.getByText("HTTP 204").waitFor()
        })
        fine(operator)
      }),
    )

    it.effect("shows a payment's dispute, beside the payment and among all", () =>
      Effect.gen(function* () {
        const { house, operator } = yield* Stage
        const { page } = operator
        const { id, provider_session_id } = yield* paid(house, { order_id: "disputed" })
        const capture = (yield* house.paypal.captures).find(({ orderId }) => orderId === provider_session_id)
        const dispute = yield* house.paypal.simulate.openDispute({ transactionId: capture?.id ?? "none" })
        yield* go(page, "Disputes")
        const row = page.getByRole("row").filter({ hasText: dispute.id })
        yield* act(async () => {
          await row.getByText("Open").waitFor()
          await row.getByText("$99.99").waitFor()
          await page.getByLabel("Status").selectOption("won")
          await page.getByText("Nobody disputes anything").waitFor()
          await page.getByLabel("Status").selectOption("")
          await row.getByRole("link").first().click()
          await page.waitForURL("**/payments/*")
          await page.getByRole("row").filter({ hasText: dispute.id }).getByText("Open").waitFor()
          await page.getByRole("link", { name: id }).waitFor()
        })
        fine(operator)
      }),
    )

    it.effect("shows webhooks that were refused, why and from where", () =>
      Effect.gen(function* () {
        const { house, operator } = yield* Stage
        const { page } = operator
        for (let i = 0; i < 3; i++) {
          yield* house.send("POST", "/webhooks/stripe", {
            key: null,
            body: {},
            headers: { "stripe-signature": `t=1,v1=${"0".repeat(64)}` },
          })
        }
        yield* house.send("POST", "/webhooks/nobody", { key: null, body: {} })
        yield* Shop.until(
          "they are counted",
          Effect.map(house.send("GET", "/v1/inbox/rejected"), ({ text }) =>
            /"count":3.*"count":1|"count":1.*"count":3/.test(text),
          ),
          { every: "100 millis" },
        )
        yield* go(page, "Webhooks in")
        yield* act(async () => {
          await page.getByRole("button", { name: "Refused" }).click()
          const row = page.getByRole("row").filter({ hasText: "Bad signature" })
          await row.getByText("Signed with another secret").waitFor()
          await row.getByText("127.0.0.1").waitFor()
          await row.getByRole("cell", { name: "3", exact: true }).waitFor()
          await page.getByRole("row").filter({ hasText: "no such" }).getByText("Unknown provider").waitFor()
          await page.getByRole("button", { name: "Taken" }).click()
          await page.getByRole("row").filter({ hasText: "CHECKOUT.ORDER.APPROVED" }).first().waitFor()
        })
        fine(operator)
      }),
    )

    it.effect("runs a drill and shows its report", () =>
      Effect.gen(function* () {
        const { operator } = yield* Stage
        const { page } = operator
        yield* go(page, "Drills")
        yield* act(async () => {
          await page.getByLabel("What happens to it").selectOption("error")
          await page.getByLabel("Test checkouts").fill("3")
          await page.getByRole("button", { name: "Run" }).click()
          await page.getByText("3 of 3").waitFor()
          await page.getByRole("row").filter({ hasText: "HTTP 503" }).first().waitFor()
        })
        fine(operator)
      }),
    )

    it.effect("lets a viewer look, and nothing else", () =>
      Effect.gen(function* () {
        const { browser, house, keys } = yield* Stage
        const { id } = yield* paid(house)
        const viewer = yield* visit(browser, house.url)
        const { page } = viewer
        yield* viewer.signIn(keys.viewer)
        yield* act(() => page.getByRole("article", { name: "PayPal" }).waitFor())
        assert.strictEqual(yield* act(() => page.getByRole("button", { name: "Drain" }).count()), 0)
        yield* act(() => page.goto(`${house.url}/dashboard/checkouts/${id}`))
        yield* act(() => page.locator(".timeline li").first().waitFor())
        yield* act(() => page.locator(".lines .line").first().waitFor())
        for (const name of ["Refund", "Expire", "Redeliver"]) {
          assert.strictEqual(yield* act(() => page.getByRole("button", { name, exact: true }).count()), 0, name)
        }
        yield* go(page, "Drills")
        yield* act(() => page.getByRole("heading", { name: "Drills" }).waitFor())
        assert.strictEqual(yield* act(() => page.getByRole("button", { name: "Run" }).count()), 0)

        // Not shown is not enough: the server refuses it, too.
        const { csrf_token } = yield* act(async () => (await page.request.get(`${house.url}/v1/session`)).json())
        const headers = { origin: house.url, "x-csrf-token": csrf_token }
        const tried = yield* act(() =>
          page.request.post(`${house.url}/v1/providers/paypal/drain`, { headers, data: { reason: "x" } }),
        )
        assert.strictEqual(tried.status(), 403)
        assert.include(yield* act(() => tried.text()), "a key of role viewer may not do this")
        fine(viewer)

        yield* act(async () => {
          await page.getByRole("button", { name: "Sign out" }).click()
          await page.getByRole("heading", { name: "Sign in" }).waitFor()
        })
        fine(viewer)
      }),
    )

    it.effect(
      "has no serious fault for who cannot see or use a mouse, on any page, light or dark, small or large",
      () =>
        Effect.gen(function* () {
          const { browser, house } = yield* Stage
          mkdirSync(screenshots, { recursive: true })
          const person = yield* visit(browser, house.url)
          const { page } = person
          const list = (path: string) =>
            Effect.map(
              house.send("GET", path),
              ({ json }) => json as { readonly data: ReadonlyArray<{ readonly id: string }> },
            )
          const first = (path: string) => Effect.map(list(path), ({ data }) => data[0]?.id ?? "none")
          const wider: Array<string> = []
          const shoot = async (name: string, scheme: "light" | "dark", width: number) => {
            await page.emulateMedia({ colorScheme: scheme })
            await page.setViewportSize({ width, height: 900 })
            await page.waitForTimeout(60)
            const wide = await page.evaluate("document.documentElement.scrollWidth")
            wider.push(...(Number(wide) > width ? [`${name}: ${wide}`] : []))
            await page.screenshot({ path: `${screenshots}${name}-${scheme}-${width}.png`, fullPage: true })
          }
          const look = (name: string) =>
            act(async () => {
              for (const [scheme, width, examined] of ways) {
                await shoot(name, scheme, width)
                if (examined) assert.deepStrictEqual(await unfit(page), [], `${name}, ${scheme}, ${width} px`)
              }
            })
          yield* look("sign-in")
          yield* act(() => page.setViewportSize({ width: 1440, height: 900 }))
          yield* person.signIn(House.canaries.apiKey)

          const places = {
            overview: "",
            checkouts: "/checkouts",
            checkout: `/checkouts/${yield* first("/v1/checkouts?status=paid")}`,
            failovers: "/failovers",
            payments: "/payments",
            payment: `/payments/${yield* first("/v1/payments")}`,
            subscriptions: "/subscriptions",
            disputes: "/disputes",
            events: "/events",
            deliveries: "/events?view=deliveries",
            event: `/events/${yield* first("/v1/events?type=checkout.paid")}`,
            inbox: "/inbox",
            refused: "/inbox?view=refused",
            alerts: "/alerts?view=all",
            drills: "/drills",
            drill: `/drills/${yield* first("/v1/drills")}`,
            settings: "/settings",
            configuration: "/settings?part=configuration",
            keys: "/settings?part=keys",
            endpoints: "/settings?part=endpoints",
            audit: "/settings?part=audit",
          }
          for (const [name, path] of Object.entries(places)) {
            yield* act(async () => {
              await page.goto(`${house.url}/dashboard${path}`)
              await page.getByRole("heading", { level: 1 }).waitFor()
              await page.locator(".skeleton, .loading").first().waitFor({ state: "detached" })
              if (name === "overview") await page.locator(".chart canvas").waitFor()
              assert.strictEqual(await page.locator(".state.bad").count(), 0, `${name} could not be loaded`)
            })
            yield* look(name)
          }
          assert.deepStrictEqual(wider, [], "wider than the screen")
          fine(person)
        }),
      120_000,
    )
  }),
)
