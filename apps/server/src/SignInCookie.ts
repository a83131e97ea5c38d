/**
 * The cookie that stands for a person's API key. Over https it is `__Host-`, so that no other host and no plain-http page
 * can set or read it. Not every browser keeps such a cookie over plain http on the own machine (Safari does not), so that
 * there, and only there, it has another name and no `Secure`: nothing leaves the machine.
 */
import { Authorization, Problem } from "@payment-orchestrator/api"
import { Effect, Option, Redacted } from "effect"
import { HttpEffect, HttpServerRequest, HttpServerResponse, type Headers } from "effect/http"
import { ServerConfig } from "./ServerConfig.ts"

const secureName = Authorization.sessionCookie
const localName = "payment_session"

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

const isLoopback = (host: string | undefined): boolean =>
  host !== undefined && loopback.test(host.replace(/:\d+$/, "").toLowerCase())

/** The cookie's token, if the request bears one. */
export const read = (request: HttpServerRequest.HttpServerRequest): Option.Option<Redacted.Redacted> => {
  const { cookies, headers } = request
  const token = cookies[secureName] ?? (isLoopback(headers["host"]) ? cookies[localName] : undefined)
  return token === undefined || token === "" ? Option.none() : Option.some(Redacted.make(token))
}

const forbidden = (detail: string) => Effect.fail(new Problem.Forbidden({ detail }))

const originOf = (headers: Headers.Headers): Option.Option<URL> => {
  const { origin } = headers
  return origin !== undefined && URL.canParse(origin) ? Option.some(new URL(origin)) : Option.none()
}

/**
 * Whether a request comes from a page of this server, as only the browser itself can say. Answers that page's origin;
 * what sends none is refused.
 */
export const ownOrigin = Effect.gen(function* () {
  const { headers } = yield* HttpServerRequest.HttpServerRequest
  const { settings } = yield* ServerConfig
  const origin = originOf(headers)
  const site = headers["sec-fetch-site"]
  const isOwn = Option.exists(
    origin,
    ({ host, origin }) => host === headers["host"] || origin === new URL(settings.publicUrl).origin,
  )
  if (Option.isNone(origin) || !isOwn || (site !== undefined && site !== "same-origin")) {
    return yield* forbidden("a cookie counts only in requests from this server's own pages")
  }
  return origin.value
})

const setting = (name: string, value: string, seconds: number) =>
  HttpEffect.appendPreResponseHandler((_request, response) =>
    Effect.orDie(
      HttpServerResponse.setCookie(response, name, value, {
        httpOnly: true,
        secure: name === secureName,
        sameSite: "strict",
        path: "/",
        maxAge: `${seconds} seconds`,
      }),
    ),
  )

/** Sets the cookie in the answer. Fails over plain http to another machine, where anybody between could read it. */
export const set = Effect.fnUntraced(function* (origin: URL, token: Redacted.Redacted, seconds: number) {
  yield* setting(origin.protocol === "https:" ? secureName : localName, Redacted.value(token), seconds)
})

/** Whether a cookie may be given to a page of this origin. */
export const allowed = (origin: URL) =>
  origin.protocol === "https:" || isLoopback(origin.host)
    ? Effect.void
    : forbidden("sign in over https, or over http on the server's own machine: the cookie must not be read on the way")

/** Makes the browser forget it. */
export const clear = Effect.andThen(setting(secureName, "", 0), setting(localName, "", 0))
