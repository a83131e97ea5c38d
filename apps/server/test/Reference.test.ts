/** The reference at `/docs` in a real browser. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdirSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as Chromium from "./Chromium.ts"
import * as House from "./House.ts"
import { act, visit } from "./Viewer.ts"

const screenshots = fileURLToPath(new URL("../screenshots/", import.meta.url))

describe("the reference", { skip: Chromium.executable === undefined }, () => {
  it.live(
    "has something to read in it, from its beginning and by a link to one operation, without asking anybody else",
    () =>
      Effect.gen(function* () {
        mkdirSync(screenshots, { recursive: true })
        const house = yield* House.start()
        const person = yield* visit(yield* Chromium.launch, house.url)
        const { page } = person
        const shoot = (name: string) => act(() => page.screenshot({ path: `${screenshots}${name}.png` }))
        person.faults()
        yield* act(async () => {
          await page.goto(`${house.url}/docs`)
          await page.getByRole("heading", { name: "Payment Orchestrator" }).waitFor()
          await page.getByText("One API in front of several payment providers").first().waitFor()
          await page.getByRole("heading", { name: "Checkouts", exact: true }).waitFor()
        })
        yield* shoot("docs-light-1440")
        const side = page.locator("aside")
        yield* act(async () => {
          await side.getByText("Refunds", { exact: true }).first().click()
          await side.getByText("Give money back").first().click()
          await page.getByRole("heading", { name: "Give money back" }).waitFor()
          await page.getByText("Waits at most 5 seconds for the provider").first().waitFor()
          await page.waitForTimeout(1_000)
        })
        const here = yield* act(() => page.evaluate("location.href"))
        assert.include(String(here), "refunds")
        yield* shoot("docs-operation-light-1440")
        yield* act(async () => {
          await page.goto("about:blank")
          await page.goto(String(here))
          await page.getByText("Waits at most 5 seconds for the provider").first().waitFor()
          await page.waitForTimeout(1_000)
        })
        // What is on the screen is what the link names, and not a place that nothing was drawn in yet.
        const box = yield* act(() => page.getByRole("heading", { name: "Give money back" }).boundingBox())
        assert.isAtLeast(box?.y ?? -1, 0)
        assert.isBelow(box?.y ?? 10_000, 900)
        const shown = String(yield* act(() => page.evaluate("document.body.innerText")))
        assert.include(shown, "Authorization: Bearer")
        assert.notInclude(shown, "Authorization: Basic")
        assert.match(shown, /"id": "re_[0-9A-Z]{26}"/, "the example, and not words such as string")
        assert.isFalse(yield* act(() => page.locator("a[href*='client.scalar.com']").first().isVisible()))
        yield* shoot("docs-link-light-1440")
        yield* act(async () => {
          await page.emulateMedia({ colorScheme: "dark" })
          await page.setViewportSize({ width: 360, height: 800 })
          await page.goto(`${house.url}/docs`)
          await page.getByText("One API in front of several payment providers").first().waitFor()
        })
        yield* shoot("docs-dark-360")
        // It tries whether it may `eval`, and does without.
        const faults = person.faults().filter((fault) => fault !== "error: violates the policy: script-src eval ()")
        assert.deepStrictEqual(faults, [])
      }),
    90_000,
  )
})
