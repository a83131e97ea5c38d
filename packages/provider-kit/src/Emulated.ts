/**
 * A stand-in that is built on the kit of `@payment-orchestrator/emulators`, in the suite's hands: the suite's faults in
 * the stand-in's words, its journal as the suite reads it, and an endpoint for its webhooks.
 */
import { Effect, type Scope } from "effect"
import type { Webhook } from "@payment-orchestrator/domain"
import { Answer, Emulator, Fault } from "@payment-orchestrator/emulators"
import type { Backend, ScriptedFault, ScriptOptions } from "./Harness.ts"

export interface Options {
  readonly emulator: Pick<Emulator.Running, "faults" | "journal" | "refuse">
  /** The names of the routes that open a session, e.g. `POST /v1/checkouts`. */
  readonly creates: ReadonlyArray<string>
  /** The route that gives out tokens, where there is one: it has faults of its own. */
  readonly token?: string
  /** The answer "the same key is still running", where the provider has one. */
  readonly inProgress?: Fault.Fault
  /**
   * Error bodies by status, where the stand-in's own would say more than the status: a 409 that is not "still running",
   * a 429 without `Retry-After`.
   */
  readonly plain?: { readonly [status: number]: unknown }
}

/** How much of a body comes before it stalls or is cut, and how fast a slow one drips, in bytes (a second). */
const few = 20

/** Undefined for what is no answer of a route. */
const faultOf = (fault: ScriptedFault, apply: boolean, options: Options): Fault.Fault | undefined => {
  switch (fault._tag) {
    case "Status": {
      const body = fault.body ?? options.plain?.[fault.status]
      return Fault.status(fault.status, {
        apply,
        ...(fault.retryAfter === undefined ? {} : { headers: { "retry-after": fault.retryAfter } }),
        ...(body === undefined ? {} : { body }),
      })
    }
    case "Html":
      return Fault.html(fault.status, { apply })
    case "Hang":
      return Fault.hang({ apply })
    case "StallBody":
      return Fault.stallBody(few, { apply })
    case "SlowDrip":
      return Fault.slowDrip(few, { apply })
    case "CutBody":
      return Fault.cutBody(few, { apply })
    case "Reset":
      return Fault.reset({ apply })
    case "MalformedJson":
      return Fault.malformedJson({ apply })
    case "WrongShape":
      return Fault.wrongShape({ apply })
    case "EmptyBody":
      return Fault.emptyBody({ apply })
    case "Redirect":
      return Fault.redirect("https://elsewhere.invalid/", { apply })
    case "InProgress":
      return options.inProgress
    case "Refuse":
    case "DnsFailure":
      return undefined
  }
}

const reads = ["GET *", "HEAD *"]
const writes = ["POST *", "PUT *", "PATCH *", "DELETE *"]

/** What the suite asks of every back end; sessions, buyers and webhooks are the author's to add. */
export const backend = (
  options: Options,
): Pick<Backend, "script" | "scriptToken" | "scriptEvery" | "heal" | "createCalls" | "requestTexts"> => {
  const { creates, emulator, token } = options

  const add = (
    routes: ReadonlyArray<string>,
    scripted: ScriptedFault,
    { apply = false, times }: ScriptOptions = {},
  ): Effect.Effect<void> => {
    const fault = faultOf(scripted, apply, options)
    if (fault === undefined) return scripted._tag === "Refuse" ? emulator.refuse(true) : Effect.void
    const rule = { fault, ...(times === undefined ? {} : { times }) }
    return Effect.forEach(routes, (route) => emulator.faults.add({ ...rule, route }), { discard: true })
  }

  /** The first rule that fits a route wins: tokens are given out as ever. */
  const sparingTokens =
    token === undefined ? Effect.void : emulator.faults.add({ route: token, fault: Fault.latency(0) })

  return {
    script: (fault, how) => Effect.andThen(emulator.faults.clear, add(creates, fault, how)),
    ...(token === undefined ? {} : { scriptToken: (fault, how) => add([token], fault, how) }),
    scriptEvery: (fault, { only, ...how } = {}) =>
      emulator.faults.clear.pipe(
        Effect.andThen(sparingTokens),
        Effect.andThen(add(only === undefined ? ["*"] : only === "reads" ? reads : writes, fault, how)),
      ),
    heal: Effect.andThen(emulator.faults.clear, emulator.refuse(false)),
    createCalls: Effect.map(
      emulator.journal.requests,
      (all) => all.filter(({ route }) => creates.includes(route)).length,
    ),
    requestTexts: Effect.map(emulator.journal.requests, (all) =>
      all.map((one) => `${one.method} ${one.path}${one.query}\n${JSON.stringify(one.headers)}\n\n${one.body}`),
    ),
  }
}

export interface Receiver {
  /** Where webhooks are to be sent. */
  readonly url: string
  /** What came, oldest first. */
  readonly webhooks: Effect.Effect<ReadonlyArray<Webhook.RawWebhook>>
}

/** A merchant's endpoint that answers every webhook with 200 and keeps it as it came, until the scope ends. */
export const receiver: Effect.Effect<Receiver, never, Scope.Scope> = Effect.gen(function* () {
  const running = yield* Emulator.serve({
    name: "merchant",
    routes: [Emulator.route("POST", "/webhooks", () => Effect.succeed(Answer.json(200, { received: true })))],
    notFound: () => Effect.succeed(Answer.empty(404)),
    errorAnswer: (status) => Effect.succeed(Answer.empty(status)),
  })
  const encoder = new TextEncoder()
  return {
    url: `${running.url}/webhooks`,
    webhooks: Effect.map(running.journal.requests, (all) =>
      all.map(({ body, headers }) => ({ headers, body: encoder.encode(body) })),
    ),
  }
})
