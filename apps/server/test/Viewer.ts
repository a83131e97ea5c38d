/** A person at the dashboard: a browser of their own, in which nothing may go wrong unseen. */
import { assert } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import type { Browser, Page } from "playwright-core"
import { afterEach } from "vitest"

export interface Person {
  readonly page: Page
  /** What went wrong in the browser since the last look: errors, violations of the policy, requests to elsewhere. */
  readonly faults: () => ReadonlyArray<string>
  /** What was sent over the network so far, by address without host: compressed bytes. */
  readonly loaded: ReadonlyMap<string, number>
  readonly signIn: (key: string) => Effect.Effect<void>
}

/** Does something in the browser. */
export const act = <A>(run: () => Promise<A>): Effect.Effect<A> => Effect.promise(run)

/** Messages that a browser writes and that are no fault. */
const harmless = /\[DOM\] Password forms should have/

/** Those who look at a page now, and what went wrong there unseen. */
const present = new Map<Page, ReadonlyArray<string>>()

// What somebody saw when a test failed tells more than what was waited for in vain.
afterEach(async ({ task }) => {
  if (task.result?.state !== "fail") return
  for (const [page, faults] of present) {
    const text = await page.innerText("body", { timeout: 2_000 }).catch(String)
    process.stderr.write(`SEEN AT ${page.url()} WHEN "${task.name}" FAILED:\n${text}\n${faults.join("\n")}\n`)
  }
})

/** A fresh browser window on the dashboard of the server at `url`. */
export const visit = Effect.fnUntraced(function* (
  browser: Browser,
  url: string,
): Effect.fn.Return<Person, never, Scope.Scope> {
  const context = yield* Effect.acquireRelease(
    act(() => browser.newContext({ viewport: { width: 1440, height: 900 }, timezoneId: "Europe/Berlin" })),
    (context) => act(() => context.close()),
  )
  const page = yield* act(() => context.newPage())
  // A machine that does much else besides is slow, and not broken.
  page.setDefaultTimeout(25_000)
  const seen: Array<string> = []
  yield* Effect.acquireRelease(
    Effect.sync(() => present.set(page, seen)),
    () => Effect.sync(() => present.delete(page)),
  )
  const loaded = new Map<string, number>()
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") {
      if (!harmless.test(message.text())) seen.push(`${message.type()}: ${message.text()} (${message.location().url})`)
    }
  })
  page.on("pageerror", (error) => seen.push(`error: ${error.message}`))
  page.on("request", (request) => {
    const to = new URL(request.url())
    if (to.protocol.startsWith("http") && to.origin !== url) seen.push(`a request to elsewhere: ${request.url()}`)
  })
  page.on("requestfinished", (request) => {
    void request.sizes().then(
      ({ responseBodySize, responseHeadersSize }) =>
        loaded.set(new URL(request.url()).pathname, responseBodySize + responseHeadersSize),
      () => undefined,
    )
  })
  yield* act(() =>
    page.addInitScript({
      content: `addEventListener("securitypolicyviolation", (event) =>
        console.error("violates the policy: " + event.violatedDirective + " " + event.blockedURI))`,
    }),
  )
  yield* act(() => page.goto(`${url}/dashboard`))
  return {
    page,
    loaded,
    faults: () => seen.splice(0),
    signIn: (key) =>
      act(async () => {
        await page.getByLabel("API key").fill(key)
        await page.getByRole("button", { name: "Sign in" }).click()
        await page.getByRole("heading", { name: "Overview" }).waitFor()
      }),
  }
})

/** Nothing went wrong in the browser. */
export const fine = ({ faults }: Person): void => assert.deepStrictEqual(faults(), [])
