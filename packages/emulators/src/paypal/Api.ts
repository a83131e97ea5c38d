/**
 * What stands in front of every endpoint: the token, the rate limit, one request at a time, and the refusals as JSON
 * with their debug id.
 */
import { Effect, type Semaphore } from "effect"
import * as Answer from "../Answer.ts"
import { type Request, type Route, route } from "../Emulator.ts"
import type { EmulatorClock } from "../EmulatorClock.ts"
import * as Checks from "./Checks.ts"
import { debugId } from "./Core.ts"
import * as Problem from "./Problem.ts"
import type { Tokens } from "./Tokens.ts"

export type ApiHandler = (request: Request) => Effect.Effect<Answer.Answer, Problem.Problem>

export interface RateLimit {
  readonly requests: number
  readonly windowMillis: number
}

export interface Gate {
  readonly tokens: Tokens
  readonly clock: EmulatorClock
  readonly rateLimit: RateLimit | undefined
  readonly turn: Semaphore.Semaphore
  /** How long a request with a `PayPal-Request-Id` takes; the same one meanwhile gets 409. */
  readonly processingMillis: number
}

/** The answer to a refusal, with its debug id in the body and in the header. */
export const refusal = (problem: Problem.Problem): Effect.Effect<Answer.Answer> =>
  Effect.map(debugId, (id) => Answer.json(problem.status, Problem.body(problem, id), { "paypal-debug-id": id }))

/** PayPal's own error for a status. */
export const errorAnswer = (status: number): Effect.Effect<Answer.Answer> => refusal(Problem.of(status))

const mockStatus: Readonly<Record<string, number>> = {
  INTERNAL_SERVER_ERROR: 500,
  INTERNAL_SERVICE_ERROR: 500,
  SERVICE_UNAVAILABLE: 503,
  RATE_LIMIT_REACHED: 429,
  NOT_AUTHORIZED: 403,
  PERMISSION_DENIED: 403,
  INVALID_RESOURCE_ID: 404,
  RESOURCE_NOT_FOUND: 404,
}

/** The code of `PayPal-Mock-Response: {"mock_application_codes":"INSTRUMENT_DECLINED"}`, PayPal's own negative testing. */
export const mockCode = (request: Request): string | undefined => {
  const header = request.headers["paypal-mock-response"]
  if (header === undefined) return undefined
  const match = /"mock_application_codes"\s*:\s*\[?\s*"([A-Z_]+)"/.exec(header)
  return match?.[1]
}

/** Refuses with what the mock header asks for, if it does. */
export const mocked = (request: Request): Effect.Effect<void, Problem.Problem> => {
  const code = mockCode(request)
  if (code === undefined) return Effect.void
  const status = mockStatus[code] ?? 422
  return status === 422
    ? Effect.fail(Problem.unprocessable(code, `Mock response for ${code}.`))
    : Effect.fail(Problem.of(status, [{ issue: code, description: `Mock response for ${code}.` }]))
}

export const requestId = (request: Request): Effect.Effect<string | undefined, Problem.Problem> => {
  const id = request.headers["paypal-request-id"]
  if (id === undefined || id === "") return Effect.as(Effect.void, undefined)
  return id.length > 108
    ? Effect.fail(
        Problem.of(400, [
          {
            issue: "INVALID_STRING_LENGTH",
            description: "The value of a field is either too short or too long",
            field: "PayPal-Request-Id",
            location: "header",
          },
        ]),
      )
    : Effect.succeed(id)
}

/** Whether the caller wants the whole object. */
export const full = (request: Request): boolean => /return=representation/i.test(request.headers["prefer"] ?? "")

/** 415 for a body that does not call itself JSON. */
const isJson = (request: Request): Effect.Effect<void, Problem.Problem> =>
  request.body.byteLength === 0 || /^application\/json\b/i.test(request.headers["content-type"] ?? "")
    ? Effect.void
    : Effect.fail(Problem.of(415))

/** Every answer has a debug id, a refusal the same one in its body. */
const answered = (effect: Effect.Effect<Answer.Answer, Problem.Problem>): Effect.Effect<Answer.Answer> =>
  effect.pipe(
    Effect.catchTag("PayPalProblem", refusal),
    Effect.filterOrElse(
      (answer) => answer.headers?.["paypal-debug-id"] !== undefined,
      (answer) => Effect.map(debugId, (id) => Answer.withHeaders(answer, { "paypal-debug-id": id })),
    ),
  )

const inProgress = Problem.of(409, [
  {
    issue: "PREVIOUS_REQUEST_IN_PROGRESS",
    description:
      "A previous request on this resource is currently in progress. Please wait for sometime and try again. It is best to space out the initial and the subsequent request(s) to avoid receiving this error.",
  },
])

/** Makes the routes of one emulator. */
export const make = (gate: Gate) => {
  let window = { since: 0, count: 0 }
  const limited = Effect.fnUntraced(function* () {
    const { rateLimit } = gate
    if (rateLimit === undefined) return
    const now = yield* gate.clock.now
    window =
      now - window.since >= rateLimit.windowMillis ? { since: now, count: 1 } : { ...window, count: window.count + 1 }
    if (window.count > rateLimit.requests) return yield* Problem.of(429)
  })

  const running = new Set<string>()
  /** Takes the time that processing takes. The same request id on the same resource meanwhile is a conflict. */
  const processed = (request: Request, effect: Effect.Effect<Answer.Answer, Problem.Problem>) => {
    const key = request.headers["paypal-request-id"]
    if (gate.processingMillis === 0 || key === undefined || request.method !== "POST") return effect
    const name = `${request.path} ${key}`
    return Effect.suspend(() => {
      if (running.has(name)) return Effect.fail(inProgress)
      running.add(name)
      return Effect.andThen(Effect.sleep(gate.processingMillis), effect).pipe(
        Effect.ensuring(Effect.sync(() => running.delete(name))),
      )
    })
  }

  return {
    /** An endpoint that needs a token. */
    api: (method: string, pattern: string, handler: ApiHandler): Route =>
      route(method, pattern, (request) =>
        limited().pipe(
          Effect.andThen(gate.tokens.check(request)),
          Effect.andThen(isJson(request)),
          Effect.andThen(processed(request, gate.turn.withPermits(1)(handler(request)))),
          answered,
        ),
      ),
    /** A page for buyers: no token, no rate limit. */
    page: (method: string, pattern: string, handler: ApiHandler): Route =>
      route(method, pattern, (request) => answered(gate.turn.withPermits(1)(handler(request)))),
    /** An endpoint without a token. */
    open: (method: string, pattern: string, handler: ApiHandler): Route =>
      route(method, pattern, (request) =>
        answered(Effect.andThen(limited(), gate.turn.withPermits(1)(handler(request)))),
      ),
  }
}

export type Maker = ReturnType<typeof make>

/** The parsed body of a request. */
export const bodyOf = (request: Request): Effect.Effect<Checks.Fields, Problem.Problem> => Checks.body(request.text)
