/** `payctl drill`: rehearses an outage, waits for it, and shows what buyers would have seen. `payctl drills`: those before. */
import { CheckoutRequest, Currency, Drill, Id, ProviderName } from "@payment-orchestrator/domain"
import { Clock, Console, Effect, Stdio } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { Failure } from "../Failure.ts"
import * as Flags from "../Flags.ts"
import * as Output from "../Output.ts"
import { ask } from "../Server.ts"

const get = (id: Id.DrillId) => ask((client) => client.drills.get({ params: { id } }))

/** A line on standard error that is written anew each second, where somebody looks. */
const progress = Effect.fnUntraced(function* (drill: Drill.Drill, began: number) {
  const stdio = yield* Stdio.Stdio
  if (!(yield* stdio.stderrIsTerminal)) return
  const seconds = Math.round(((yield* Clock.currentTimeMillis) - began) / 1000)
  yield* Console.error(`\u001b[1A\u001b[2K${drill.id}: ${drill.provider} plays ${drill.fault}, ${seconds} s`)
})

const lookEvery = "500 millis"

const untilDone = Effect.fnUntraced(function* (started: Drill.Drill) {
  const began = yield* Clock.currentTimeMillis
  yield* Console.error(`${started.id}: ${started.provider} plays ${started.fault} for ${started.checkouts} checkouts`)
  let drill = started
  while (drill.status === "running") {
    yield* Effect.sleep(lookEvery)
    drill = yield* get(drill.id)
    yield* progress(drill, began)
  }
  return drill
})

const show = Effect.fnUntraced(function* (drill: Drill.Drill) {
  if (yield* Output.Json) return yield* Output.one(Drill.DrillJson, drill)
  const { report } = drill
  if (report === null) return yield* Console.log(`${drill.id} is ${drill.status} and has no report`)
  yield* Output.table(
    ["checkout", "result", "page of", "waited", "withdrawal"],
    report.checkouts.map(({ id, provider, result, waitMs, withdrawal }) => [
      id,
      result,
      provider ?? "-",
      `${waitMs} ms`,
      withdrawal ?? "-",
    ]),
  )
  for (const { severity, summary } of report.alerts) {
    yield* Console.log(`would raise (${severity}): ${summary}`)
  }
  const verdict = `${report.opened} of ${drill.checkouts} buyers would have got a page, ${report.failovers} failovers, the longest wait ${report.longestWaitMs} ms`
  yield* Console.log(yield* (report.opened === drill.checkouts ? Output.green : Output.red)(verdict))
})

/** A drill that leaves buyers without a page has failed, and so has its command. */
const judge = (drill: Drill.Drill) =>
  drill.report !== null && drill.report.opened === drill.checkouts
    ? Effect.void
    : Effect.fail(
        new Failure({ why: "failed", detail: `${drill.id}: not every buyer would have got a page (${drill.status})` }),
      )

export const drill = Command.make(
  "drill",
  {
    provider: Flags.checked("provider", ProviderName.ProviderName, "Which provider plays an outage"),
    fault: Flag.Literals("fault", Drill.DrillFault.literals).pipe(
      Flag.withDefault("down" as const),
      Flag.withDescription("down: refuses connections; error: answers 503; slow: never answers"),
    ),
    checkouts: Flags.part("checkouts", Flags.whole("checkouts", 1, 20, "How many test checkouts (5)")),
    amount: Flags.part("amount", Flags.checked("amount", CheckoutRequest.DecimalText, "What they are for (1.00)")),
    currency: Flags.part("currency", Flag.Literals("currency", Currency.Currency.literals)),
  },
  Effect.fn(function* ({ amount, checkouts, currency, fault, provider }) {
    const payload = { provider, fault, ...checkouts, ...amount, ...currency }
    const drill = yield* untilDone(yield* ask((client) => client.drills.start({ payload })))
    yield* show(drill)
    yield* judge(drill)
  }),
).pipe(Command.withDescription("Rehearses an outage beside live traffic, and shows what buyers would have seen"))

export const drills = Command.make("drills").pipe(
  Command.withDescription("Drills that were run"),
  Command.withSubcommands([
    Command.make(
      "list",
      Flags.page(Id.DrillId),
      Effect.fn(function* ({ after, before, cursor, limit }) {
        const query = { ...limit, ...cursor, ...after, ...before }
        yield* Output.page(
          Drill.DrillJson,
          ["id", "provider", "fault", "status", "actor", "started_at"],
          yield* ask((client) => client.drills.list({ query })),
        )
      }),
    ).pipe(Command.withDescription("Newest first")),
    Command.make(
      "get",
      { id: Argument.String("id").pipe(Argument.withSchema(Id.DrillId), Argument.withDescription("drl_…")) },
      ({ id }) => Effect.flatMap(get(id), show),
    ).pipe(Command.withDescription("One drill and its report"), Command.withAlias("show")),
  ]),
)
