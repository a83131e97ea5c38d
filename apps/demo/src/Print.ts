/** What the walk shows on the terminal. */
import type { Checkout } from "@payment-orchestrator/domain"
import { Console, Effect, Stdio } from "effect"

const paint = (code: number) => (text: string) =>
  Effect.gen(function* () {
    const stdio = yield* Stdio.Stdio
    return (yield* stdio.stdoutIsTerminal) ? `\u001b[${code}m${text}\u001b[0m` : text
  })

const bold = paint(1)
const dim = paint(2)
const green = paint(32)
const yellow = paint(33)

export const step = (text: string) => Effect.flatMap(bold(`\n▸ ${text}`), Console.log)

export const note = (text: string) => Effect.flatMap(dim(`  ${text}`), Console.log)

/** Where a checkout went, and what was tried before. */
export const checkout = Effect.fnUntraced(function* (opened: Checkout.Checkout, millis?: number) {
  for (const { message, provider, result, tries } of opened.attempts) {
    if (result === "opened") continue
    yield* Console.log(
      `  ${yield* yellow("✗")} ${provider}: ${message ?? result}${tries > 1 ? `, ${tries} tries` : ""}`,
    )
  }
  const time = millis === undefined ? "" : ` after ${millis} ms`
  yield* Console.log(`  ${yield* green("✓")} ${opened.provider} opened a page${time}: ${opened.url}`)
})

export const stats = (values: {
  readonly total_requests: number
  readonly failovers: number
  readonly provider_usage: { readonly [provider: string]: number }
}) => {
  const usage = Object.entries(values.provider_usage).map(([provider, n]) => `${provider} ${n}`)
  return note(`${values.total_requests} checkouts, ${values.failovers} failovers; sessions shown: ${usage.join(", ")}`)
}
