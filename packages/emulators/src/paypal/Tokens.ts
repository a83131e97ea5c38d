/**
 * `POST /v1/oauth2/token` and the bearer tokens it gives out.
 */
import { Effect } from "effect"
import * as Answer from "../Answer.ts"
import type { Request } from "../Emulator.ts"
import type { EmulatorClock } from "../EmulatorClock.ts"
import * as Core from "./Core.ts"
import * as Problem from "./Problem.ts"

export interface Tokens {
  readonly issue: (request: Request) => Effect.Effect<Answer.Answer>
  /** Fails with 401 unless the request carries a token that is known, not expired and not revoked. */
  readonly check: (request: Request) => Effect.Effect<void, Problem.Problem>
  /** From now on every token given out so far is refused. */
  readonly revokeAll: Effect.Effect<void>
  /** How many tokens were given out. */
  readonly issued: Effect.Effect<number>
  /** New credentials; the old ones get `invalid_client`. Tokens stay. */
  readonly rotate: (credentials: Credentials) => Effect.Effect<void>
  readonly credentials: Effect.Effect<Credentials>
  readonly clear: Effect.Effect<void>
}

export interface Credentials {
  readonly clientId: string
  readonly clientSecret: string
}

/** What the token endpoint says to wrong credentials. */
export const refused = Answer.json(401, { error: "invalid_client", error_description: "Client Authentication failed" })

const unauthorised = Problem.of(401, [])

const basic = (header: string | undefined): Credentials | undefined => {
  const match = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(header ?? "")
  if (match === null) return undefined
  const text = Buffer.from(match[1] ?? "", "base64").toString("utf8")
  const colon = text.indexOf(":")
  return colon < 0 ? undefined : { clientId: text.slice(0, colon), clientSecret: text.slice(colon + 1) }
}

export const make = (options: {
  readonly credentials: Credentials
  /** Seconds. */
  readonly expiresIn: number
  readonly clock: EmulatorClock
}): Tokens => {
  let credentials = options.credentials
  let issued = 0
  const until = new Map<string, number>()

  const issue = Effect.fnUntraced(function* (request: Request) {
    const given = basic(request.headers["authorization"])
    if (given?.clientId !== credentials.clientId || given.clientSecret !== credentials.clientSecret) return refused
    const form = new URLSearchParams(request.text)
    if (form.get("grant_type") !== "client_credentials") {
      return Answer.json(400, { error: "unsupported_grant_type", error_description: "Grant Type is NULL" })
    }
    const token = `A21AA${yield* Core.upper(60)}`
    const now = yield* options.clock.now
    issued += 1
    until.set(token, now + options.expiresIn * 1000)
    return Answer.json(200, {
      scope: "https://uri.paypal.com/services/payments/payment https://uri.paypal.com/services/applications/webhooks",
      access_token: token,
      token_type: "Bearer",
      app_id: "APP-80W284485P519543T",
      expires_in: options.expiresIn,
      nonce: `${Core.iso(now)}${yield* Core.hex(32)}`,
    })
  })

  const check = Effect.fnUntraced(function* (request: Request) {
    const match = /^Bearer (.+)$/i.exec(request.headers["authorization"] ?? "")
    const end = until.get(match?.[1] ?? "")
    if (end === undefined || end <= (yield* options.clock.now)) return yield* unauthorised
  })

  return {
    issue,
    check,
    revokeAll: Effect.sync(() => until.clear()),
    issued: Effect.sync(() => issued),
    rotate: (next) =>
      Effect.sync(() => {
        credentials = next
      }),
    credentials: Effect.sync(() => credentials),
    clear: Effect.sync(() => {
      until.clear()
      issued = 0
      credentials = options.credentials
    }),
  }
}
