/** `payctl doctor` and `payctl catalog check`: checklists, each item checked for real. */
import { Check } from "@payment-orchestrator/api"
import { Console, Effect, Schema } from "effect"
import { Command } from "effect/cli"
import { Failure } from "../Failure.ts"
import * as Output from "../Output.ts"

const marks = { ok: Output.green("ok  "), warn: Output.yellow("warn"), fail: Output.red("FAIL") }

const Report = Schema.Struct({ ok: Schema.Boolean, items: Schema.Array(Check.Check) })

const show = Effect.fnUntraced(function* (items: ReadonlyArray<Check.Check>) {
  const failed = items.filter(({ state }) => state === "fail").length
  if (yield* Output.Json) yield* Output.one(Report, { ok: failed === 0, items })
  else {
    for (const { fix, found, name, state } of items) {
      yield* Console.log(`${yield* marks[state]}  ${name}: ${found}`)
      if (fix !== null) yield* Console.log(`      -> ${fix}`)
    }
  }
  if (failed > 0) return yield* new Failure({ why: "failed", detail: `${failed} of ${items.length} checks failed` })
})

export const doctor = Command.make(
  "doctor",
  {},
  Effect.fn(function* () {
    const { examine } = yield* Effect.promise(() => import("../Doctor/Examine.ts"))
    yield* show(yield* examine)
  }),
).pipe(
  Command.withDescription(
    "The production checklist, each item checked for real. Run it with the server's own environment; exit code 1 if one fails",
  ),
)

const check = Command.make(
  "check",
  {},
  Effect.fn(function* () {
    const { items } = yield* Effect.promise(() => import("../Doctor/Catalog.ts"))
    yield* show(yield* items)
  }),
).pipe(Command.withDescription("Asks each provider whether it sells the prices as PAYMENT_CATALOG says"))

export const catalog = Command.make("catalog").pipe(
  Command.withDescription("The merchant's prices"),
  Command.withSubcommands([check]),
)
