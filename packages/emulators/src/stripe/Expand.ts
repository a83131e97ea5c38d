/**
 * `expand[]`: puts objects in the place of their ids, and lists where they are left out by default.
 *
 * Source: docs.stripe.com/expand.
 */
import { Result } from "effect"
import * as BillingView from "./BillingView.ts"
import * as MoneyView from "./MoneyView.ts"
import * as Problem from "./Problem.ts"
import type { State } from "./State.ts"
import * as View from "./View.ts"

type Outcome<A> = Result.Result<A, Problem.Problem>

/** The wire form of any object by its id. */
const byId = (state: State, url: string, id: string): View.Wire | undefined => {
  const see = <A>(map: ReadonlyMap<string, A>, view: (value: A) => View.Wire): View.Wire | undefined => {
    const value = map.get(id)
    return value === undefined ? undefined : view(value)
  }
  return (
    see(state.intents, MoneyView.intent) ??
    see(state.charges, MoneyView.charge) ??
    see(state.balanceTransactions, MoneyView.balanceTransaction) ??
    see(state.customers, View.customer) ??
    see(state.subscriptions, BillingView.subscription) ??
    see(state.invoices, BillingView.invoice) ??
    see(state.sessions, (value) => View.session(value, url)) ??
    see(state.refunds, MoneyView.refund)
  )
}

/** Lists that are only there when they are asked for. */
const included = (state: State, wire: View.Wire, key: string): View.Wire | undefined => {
  const id = typeof wire["id"] === "string" ? wire["id"] : ""
  if (key === "line_items" && wire["object"] === "checkout.session") {
    const lines = (state.sessions.get(id)?.line_items ?? []).map(View.lineItem)
    return View.list(lines, `/v1/checkout/sessions/${id}/line_items`)
  }
  if (key === "refunds" && wire["object"] === "charge") {
    const refunds = [...state.refunds.values()].filter((refund) => refund.charge === id)
    return View.list(refunds.map(MoneyView.refund), `/v1/charges/${id}/refunds`)
  }
  const invoice = state.invoices.get(id)
  return key === "payments" && invoice !== undefined ? BillingView.invoicePayments(invoice) : undefined
}

const isWire = (value: unknown): value is View.Wire =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const cannot = (path: string) => Problem.invalid(`This property cannot be expanded (${path}).`, { param: "expand" })

const along = (
  state: State,
  url: string,
  wire: View.Wire,
  path: ReadonlyArray<string>,
  whole: string,
): Outcome<void> => {
  const [key, ...rest] = path
  if (key === undefined) return Result.void
  const current = wire[key]
  if (Array.isArray(current)) {
    const entries: ReadonlyArray<unknown> = current
    for (const entry of entries) {
      const done = isWire(entry) ? along(state, url, entry, rest, whole) : Result.void
      if (Result.isFailure(done)) return done
    }
    return Result.void
  }
  if (current === null) return Result.void
  const value =
    typeof current === "string" ? byId(state, url, current) : isWire(current) ? current : included(state, wire, key)
  if (value === undefined) return Result.fail(cannot(whole))
  wire[key] = value
  return along(state, url, value, rest, whole)
}

/** The object with everything put in that `expand` names; at most four levels deep. */
export const into = (state: State, url: string, wire: View.Wire, expand: ReadonlyArray<string>): Outcome<View.Wire> => {
  for (const path of expand) {
    const parts = path.split(".")
    if (parts.length > 4) {
      return Result.fail(Problem.invalid(`You cannot expand more than 4 levels of a property (${path}).`))
    }
    const done = along(state, url, wire, parts, path)
    if (Result.isFailure(done)) return Result.fail(done.failure)
  }
  return Result.succeed(wire)
}
