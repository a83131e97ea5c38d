/**
 * The routes of the hosted page.
 */
import { Result } from "effect"
import * as Answer from "../Answer.ts"
import * as Emulator from "../Emulator.ts"
import type { Session } from "./Model.ts"
import * as Page from "./Page.ts"
import * as Payment from "./Payment.ts"
import type * as Problem from "./Problem.ts"
import type { Turn } from "./State.ts"
import type { World } from "./World.ts"

/** Where a buyer who has paid is sent; `{CHECKOUT_SESSION_ID}` is the session's id. */
export const successUrl = (session: Session): string =>
  session.success_url
    .replaceAll("{CHECKOUT_SESSION_ID}", session.id)
    .replaceAll(/%7BCHECKOUT_SESSION_ID%7D/gi, session.id)

const submit = (turn: Turn, session: Session, form: URLSearchParams): Answer.Answer => {
  const show = (status: number, message?: string) =>
    Answer.html(status, Page.session(session, turn.settings.merchantName, message))
  const done = (outcome: Result.Result<Session, Problem.Problem>, answer: () => Answer.Answer) =>
    Result.isSuccess(outcome) ? answer() : show(outcome.failure.status, outcome.failure.error.message)
  if (session.status !== "open") return show(409)
  const typed = form.get("email")
  const email = typed === "" ? null : typed
  switch (form.get("action")) {
    case "pay":
      return done(Payment.pay(turn, session, email), () => Answer.redirect(successUrl(session)))
    case "later":
      return done(Payment.payLater(turn, session, email), () => Answer.redirect(successUrl(session)))
    case "decline":
      return done(Payment.decline(turn, session), () => show(200, "Your card was declined. You can try again."))
    case "back":
      return session.cancel_url === null ? show(200) : Answer.redirect(session.cancel_url)
    default:
      return show(400, "There is no such button.")
  }
}

/** `session.url` and what its forms post to. */
export const make = (world: World): ReadonlyArray<Emulator.Route> => {
  const on = (method: string, then: (turn: Turn, session: Session, request: Emulator.Request) => Answer.Answer) =>
    Emulator.route(method, "/c/pay/:id", (request) =>
      world.act((turn) => {
        const session = turn.state.sessions.get(request.params["id"] ?? "")
        return session === undefined ? Answer.html(404, Page.missing) : then(turn, session, request)
      }),
    )
  return [
    on("GET", (turn, session) => Answer.html(200, Page.session(session, turn.settings.merchantName))),
    on("POST", (turn, session, request) => submit(turn, session, new URLSearchParams(request.text))),
  ]
}
