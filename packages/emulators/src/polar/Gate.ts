/**
 * What every API request passes: the version, the token, its scopes, the rate limit. Then its handler, whose outcome
 * becomes an answer.
 */
import { Effect, Result } from "effect"
import * as Answer from "../Answer.ts"
import * as Emulator from "../Emulator.ts"
import * as Problem from "./Problem.ts"
import type { Turn } from "./State.ts"
import type { World } from "./World.ts"

/** Who may come in. */
export interface Options {
  readonly accessToken: string
  /** Scopes of the token; absent = all of them. */
  readonly scopes: ReadonlyArray<string> | null
  /** Requests in a window of this many milliseconds on the emulator's clock; null = no limit. */
  readonly rateLimit: { readonly requests: number; readonly windowMillis: number } | null
}

/** A handler's outcome: JSON with 200 unless told, or an error. */
export interface Done {
  readonly status?: number
  readonly value: unknown
}

/** Decides one request inside one turn. */
export type Decide = (turn: Turn, request: Emulator.Request) => Result.Result<Done, Problem.Problem>

const versions: ReadonlySet<string> = new Set(["2026-04", "2026-10", "2027-01"])

/** The version when the header is absent. */
export const defaultVersion = "2026-04"

/** An error as an answer. */
export const answerProblem = (problem: Problem.Problem): Answer.Answer =>
  Answer.json(problem.status, problem.body, problem.headers)

/** Makes API routes; all routes of one gate share its rate limit. */
export interface Gate {
  readonly route: (method: string, pattern: string, scopes: ReadonlyArray<string>, decide: Decide) => Emulator.Route
}

const bearer = (request: Emulator.Request): string | undefined =>
  /^Bearer\s+(.+)$/i.exec(request.headers["authorization"] ?? "")?.[1]

/** A gate in front of `world`. */
export const make = (world: World, options: Options): Gate => {
  let windowStart = 0
  let used = 0

  /** Counts the request; seconds to wait when it is one too many. */
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

  const admit = (now: number, request: Emulator.Request, scopes: ReadonlyArray<string>): Problem.Problem | null => {
    if (bearer(request) !== options.accessToken) return Problem.invalidToken
    const wait = throttle(now)
    if (wait !== null) return Problem.tooManyRequests(wait)
    const granted = options.scopes
    if (granted !== null && !scopes.some((scope) => granted.includes(scope))) return Problem.insufficientScope(scopes)
    return null
  }

  return {
    route: (method, pattern, scopes, decide) =>
      Emulator.route(method, pattern, (request) => {
        const version = request.headers["polar-version"] ?? defaultVersion
        if (!versions.has(version)) return Effect.succeed(answerProblem(Problem.noRoute))
        return world
          .act((turn): Result.Result<Done, Problem.Problem> => {
            const refused = admit(turn.now, request, scopes)
            return refused === null ? decide(turn, request) : Result.fail(refused)
          })
          .pipe(
            Effect.map((outcome) =>
              Answer.withHeaders(
                Result.isSuccess(outcome)
                  ? Answer.json(outcome.success.status ?? 200, outcome.success.value)
                  : answerProblem(outcome.failure),
                { "polar-version": version },
              ),
            ),
          )
      }),
  }
}
