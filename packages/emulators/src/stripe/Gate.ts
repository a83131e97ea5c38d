/**
 * What every API request passes: the key, its permissions, the rate limit, the idempotency key. Then its handler, whose
 * outcome becomes an answer with a request id.
 */
import { Effect, Result } from "effect"
import * as Answer from "../Answer.ts"
import * as Emulator from "../Emulator.ts"
import * as Expand from "./Expand.ts"
import * as Form from "./Form.ts"
import * as Idempotency from "./Idempotency.ts"
import * as Problem from "./Problem.ts"
import type { Turn } from "./State.ts"
import type { Wire } from "./View.ts"
import type { World } from "./World.ts"

/** Who may come in. */
export interface Options {
  readonly apiKey: string
  /** Permissions of a restricted key (`rak_checkout_session_write`); null = a secret key, which may do everything. */
  readonly permissions: ReadonlyArray<string> | null
  /** Requests in a window of this many milliseconds on the emulator's clock; null = no limit. */
  readonly rateLimit: { readonly requests: number; readonly windowMillis: number } | null
  /** Milliseconds a POST takes; its idempotency key is in use for so long. */
  readonly processingMillis: number
}

/** Decides one request inside one turn. */
export type Decide = (turn: Turn, params: Form.Tree, request: Emulator.Request) => Result.Result<Wire, Problem.Problem>

/** Makes API routes; all routes of one gate share keys and limits. */
export interface Gate {
  readonly route: (method: string, pattern: string, permission: string, decide: Decide) => Emulator.Route
  readonly keys: Idempotency.Keys
  /** The next POST that is carried out ends in a 500, kept under its key; with `applied` its change is made first. */
  readonly breakNext: (applied: boolean) => void
}

/** An error as an answer with a request id. */
export const answerProblem = (problem: Problem.Problem, requestId: string): Answer.Answer =>
  Answer.json(problem.status, Problem.body(problem, requestId), { "request-id": requestId, ...problem.headers })

const keyOf = (request: Emulator.Request): string | null => {
  const header = request.headers["authorization"] ?? ""
  const bearer = /^Bearer\s+(.+)$/i.exec(header)?.[1]
  if (bearer !== undefined) return bearer
  const basic = /^Basic\s+(.+)$/i.exec(header)?.[1]
  return basic === undefined ? null : (Buffer.from(basic, "base64").toString("utf8").split(":")[0] ?? null)
}

/** The parameters of the query and, for a form, of the body. */
const paramsOf = (request: Emulator.Request): URLSearchParams =>
  new URLSearchParams([...request.query, ...new URLSearchParams(request.text)])

/** A gate in front of `world`. */
export const make = (world: World, options: Options): Gate => {
  const keys = Idempotency.make()
  const broken: Array<boolean> = []
  let windowStart = 0
  let used = 0

  const throttle = (now: number): number | null => {
    const limit = options.rateLimit
    if (limit === null) return null
    if (now - windowStart >= limit.windowMillis) {
      windowStart = now
      used = 0
    }
    used += 1
    return used <= limit.requests ? null : Math.max(1, Math.ceil((windowStart + limit.windowMillis - now) / 1000))
  }

  const admit = (now: number, request: Emulator.Request, permission: string): Problem.Problem | null => {
    const key = keyOf(request)
    if (key === null || key === "") return Problem.noKey
    if (key !== options.apiKey) return Problem.wrongKey(key)
    if (options.permissions !== null && !options.permissions.includes(permission)) return Problem.forbidden(permission)
    const version = request.headers["stripe-version"]
    if (version !== undefined && !/^\d{4}-\d{2}-\d{2}(\.[a-z]+)?$/.test(version)) {
      return Problem.invalid(`Invalid Stripe API version: ${version}`)
    }
    const wait = throttle(now)
    return wait === null ? null : Problem.rateLimited(wait)
  }

  /** Runs the handler; the flag says whether the answer may be kept under a key. */
  const carryOut = (request: Emulator.Request, requestId: string, decide: Decide) =>
    Effect.gen(function* () {
      const params = Form.parse(paramsOf(request))
      const fails = request.method === "POST" ? broken.shift() : undefined
      if (fails === false) return { answer: answerProblem(Problem.internal, requestId), kept: true }
      const outcome = yield* world.act(
        (turn) =>
          Result.flatMap(decide(turn, params, request), (wire) => {
            const paths = Form.list(params["expand"]).flatMap((node) => Form.text(node) ?? [])
            return Expand.into(turn.state, turn.url, wire, paths)
          }),
        { id: requestId, idempotency_key: request.headers["idempotency-key"] ?? null },
      )
      if (fails === true) return { answer: answerProblem(Problem.internal, requestId), kept: true }
      return Result.isSuccess(outcome)
        ? { answer: Answer.json(200, outcome.success, { "request-id": requestId }), kept: true }
        : { answer: answerProblem(outcome.failure, requestId), kept: outcome.failure.executed }
    })

  /** Carries out the request that claimed the key; one that does not come to its end leaves the key free. */
  const firstWithKey = (key: string, request: Emulator.Request, requestId: string, decide: Decide) =>
    Effect.gen(function* () {
      if (options.processingMillis > 0) yield* Effect.sleep(options.processingMillis)
      const { answer, kept } = yield* carryOut(request, requestId, decide)
      if (kept) keys.keep(key, answer)
      return Answer.withHeaders(answer, { "idempotency-key": key })
    }).pipe(Effect.ensuring(Effect.sync(() => keys.release(key))))

  const withKey = (key: string, request: Emulator.Request, requestId: string, decide: Decide) =>
    Effect.gen(function* () {
      if (key.length > 255) {
        return answerProblem(Problem.invalid("Idempotency keys must be at most 255 characters."), requestId)
      }
      const print = Idempotency.fingerprint(request.method, request.path, paramsOf(request))
      const verdict = keys.claim(key, print, yield* world.clock.seconds)
      switch (verdict.kind) {
        case "replay":
          return Answer.withHeaders(verdict.answer, {
            "request-id": requestId,
            "original-request": verdict.answer.headers?.["request-id"] ?? "",
            "idempotency-key": key,
            "idempotent-replayed": "true",
          })
        case "reused":
          return answerProblem(Problem.keyReused(key), requestId)
        case "in use":
          return answerProblem(Problem.keyInUse(key), requestId)
        case "first":
          return yield* firstWithKey(key, request, requestId, decide)
      }
    })

  return {
    keys,
    breakNext: (applied) => {
      broken.push(applied)
    },
    route: (method, pattern, permission, decide) =>
      Emulator.route(method, pattern, (request) =>
        Effect.gen(function* () {
          const requestId = world.ids.token("req_", 14)
          const refused = admit(yield* world.clock.now, request, permission)
          if (refused !== null) return answerProblem(refused, requestId)
          const key = method === "POST" ? request.headers["idempotency-key"] : undefined
          const answer =
            key === undefined
              ? (yield* carryOut(request, requestId, decide)).answer
              : yield* withKey(key, request, requestId, decide)
          return Answer.withHeaders(answer, {
            "stripe-version": request.headers["stripe-version"] ?? world.settings.apiVersion,
          })
        }),
      ),
  }
}
