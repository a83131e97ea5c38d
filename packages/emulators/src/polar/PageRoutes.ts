/**
 * The routes of the hosted page.
 */
import { Effect, Result } from "effect"
import * as Answer from "../Answer.ts"
import * as Emulator from "../Emulator.ts"
import type { Checkout } from "./Model.ts"
import * as Page from "./Page.ts"
import * as Payment from "./Payment.ts"
import type * as Problem from "./Problem.ts"
import type { Turn } from "./State.ts"
import * as View from "./View.ts"
import type { World } from "./World.ts"

const find = (turn: Turn, request: Emulator.Request): Checkout | undefined =>
  [...turn.state.checkouts.values()].find((entry) => entry.client_secret === request.params["secret"])

const show = (turn: Turn, checkout: Checkout, status = 200, message?: string): Answer.Answer =>
  Answer.html(
    status,
    Page.checkout({
      state: turn.state,
      settings: turn.settings,
      checkout,
      ...(message === undefined ? {} : { message }),
    }),
  )

const detail = (problem: Problem.Problem): string => JSON.stringify(problem.body)

const pay = (turn: Turn, checkout: Checkout, email: string | null): Answer.Answer => {
  const buyer = email === null || email === "" ? {} : { email }
  const outcome = Result.flatMap(Payment.confirm(turn, checkout, buyer), () => Payment.settle(turn, checkout))
  if (Result.isFailure(outcome)) return show(turn, checkout, outcome.failure.status, detail(outcome.failure))
  return Answer.redirect(View.successUrl(turn, checkout))
}

const decline = (turn: Turn, checkout: Checkout, email: string | null): Answer.Answer => {
  const buyer = email === null || email === "" ? {} : { email }
  const outcome = Result.flatMap(Payment.confirm(turn, checkout, buyer), () => Payment.fail(turn, checkout))
  if (Result.isFailure(outcome)) return show(turn, checkout, outcome.failure.status, detail(outcome.failure))
  return show(turn, checkout, 200, "The payment method was declined. Nothing was charged; you can try again.")
}

const submit = (turn: Turn, request: Emulator.Request): Answer.Answer => {
  const checkout = find(turn, request)
  if (checkout === undefined) return Answer.html(404, Page.missing)
  const form = new URLSearchParams(request.text)
  if (checkout.status !== "open") return show(turn, checkout, 409)
  switch (form.get("action")) {
    case "pay":
      return pay(turn, checkout, form.get("email"))
    case "decline":
      return decline(turn, checkout, form.get("email"))
    case "back":
      return checkout.return_url === null ? show(turn, checkout) : Answer.redirect(checkout.return_url)
    default:
      return show(turn, checkout, 400, "There is no such button.")
  }
}

/** `checkout.url` and what its forms post to. */
export const make = (world: World): ReadonlyArray<Emulator.Route> => [
  Emulator.route("GET", "/checkout/:secret", (request) =>
    world.act((turn) => {
      const checkout = find(turn, request)
      return checkout === undefined ? Answer.html(404, Page.missing) : show(turn, checkout)
    }),
  ),
  Emulator.route("POST", "/checkout/:secret", (request) => world.act((turn) => submit(turn, request))),
  Emulator.route("GET", "/checkout/:secret/confirmation", (request) =>
    Effect.map(
      world.act((turn) => find(turn, request)),
      (checkout) =>
        checkout === undefined ? Answer.html(404, Page.missing) : Answer.html(200, Page.confirmation(checkout)),
    ),
  ),
]
