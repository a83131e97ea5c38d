/**
 * What `POST /v1/billing/subscriptions` accepts.
 */
import { DateTime, Effect, Option } from "effect"
import * as Amount from "./Amount.ts"
import * as BillingProblem from "./BillingProblem.ts"
import * as Checks from "./Checks.ts"
import type { Core } from "./Core.ts"
import type * as Model from "./Model.ts"
import * as Problem from "./Problem.ts"

export type SubscriptionRequest = Pick<
  Model.Subscription,
  | "planId"
  | "custom_id"
  | "quantity"
  | "price"
  | "overridden"
  | "subscriber"
  | "userAction"
  | "returnUrl"
  | "cancelUrl"
  | "brand"
  | "startAt"
>

/** The price of the first billing cycle of an inline plan, when there is one. */
const overriddenPrice = (checks: Checks.Checks, body: Checks.Fields): Amount.Amount | undefined => {
  const plan = Checks.object(checks, body, "plan", "")
  const cycles =
    plan === undefined ? undefined : Checks.list(checks, plan, "billing_cycles", "/plan", { min: 1, max: 12 })
  const cycle = cycles?.[0]
  for (const [index, entry] of (cycles ?? []).entries()) {
    const at = `/plan/billing_cycles/${index}`
    if (!Checks.isFields(entry)) Checks.syntax(checks, "INVALID_PARAMETER_SYNTAX", at, entry)
    else if (entry["sequence"] === undefined) {
      Checks.syntax(checks, "MISSING_REQUIRED_PARAMETER", `${at}/sequence`)
    } else if (!Number.isInteger(entry["sequence"])) {
      Checks.syntax(checks, "INVALID_PARAMETER_SYNTAX", `${at}/sequence`, entry["sequence"])
    }
  }
  if (!Checks.isFields(cycle)) return undefined
  const scheme = Checks.object(checks, cycle, "pricing_scheme", "/plan/billing_cycles/0")
  return scheme === undefined
    ? undefined
    : Checks.amount(checks, scheme, "fixed_price", "/plan/billing_cycles/0/pricing_scheme", { required: true })
}

/** A time with its zone. Source: `date_time` of the public OpenAPI. */
const dateTime =
  /^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[1-2][0-9]|3[0-1])[Tt]([0-1][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)([.][0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$/

const startOf = (checks: Checks.Checks, body: Checks.Fields, now: number): number => {
  const text = Checks.text(checks, body, "start_time", "", { min: 20, max: 64, pattern: dateTime })
  if (text === undefined) return now
  const time = Option.map(DateTime.make(text), DateTime.toEpochMillis)
  if (Option.isNone(time)) {
    Checks.syntax(checks, "INVALID_PARAMETER_SYNTAX", "/start_time", text)
    return now
  }
  if (time.value < now) Checks.syntax(checks, "INVALID_PARAMETER_VALUE", "/start_time", text)
  return time.value
}

/** Checks a body against the plan it names. */
export const decode = Effect.fnUntraced(function* (
  core: Core,
  body: Checks.Fields,
): Effect.fn.Return<SubscriptionRequest, Problem.Problem> {
  const checks = BillingProblem.make()
  const now = yield* core.clock.now
  const planId = Checks.text(checks, body, "plan_id", "", { required: true, min: 3, max: 50 })
  const custom_id = Checks.text(checks, body, "custom_id", "", { min: 1, max: 127, pattern: /^[\x20-\x7E]+$/ })
  const quantity = Checks.text(checks, body, "quantity", "", { min: 1, max: 32, pattern: /^[1-9][0-9]*$/ })
  const startAt = startOf(checks, body, now)
  Checks.amount(checks, body, "shipping_amount", "", { allowZero: true })
  const renewal = body["auto_renewal"]
  if (renewal !== undefined && typeof renewal !== "boolean") {
    Checks.syntax(checks, "INVALID_PARAMETER_SYNTAX", "/auto_renewal", renewal)
  }
  const price = overriddenPrice(checks, body)
  const subscriber = Checks.object(checks, body, "subscriber", "") ?? {}
  Checks.text(checks, subscriber, "email_address", "/subscriber", { min: 3, max: 254, pattern: /^[^@\s]+@[^@\s]+$/ })
  const context = Checks.object(checks, body, "application_context", "")
  const at = "/application_context"
  const fields = context ?? {}
  const action = Checks.text(checks, fields, "user_action", at, { oneOf: ["CONTINUE", "SUBSCRIBE_NOW"] })
  Checks.text(checks, fields, "shipping_preference", at, {
    oneOf: ["GET_FROM_FILE", "NO_SHIPPING", "SET_PROVIDED_ADDRESS"],
  })
  Checks.text(checks, fields, "locale", at, { min: 2, max: 10, pattern: Checks.languageTag })
  const brand = Checks.text(checks, fields, "brand_name", at, { min: 1, max: 127 })
  const returnUrl = Checks.url(checks, fields, "return_url", at, context !== undefined)
  const cancelUrl = Checks.url(checks, fields, "cancel_url", at, context !== undefined)
  yield* BillingProblem.settle(checks)
  const plan = core.memory.plans.get(planId ?? "")
  if (plan === undefined) {
    return yield* Problem.of(404, [
      {
        issue: "INVALID_RESOURCE_ID",
        description: "Requested resource ID was not found.",
        field: "/plan_id",
        value: planId ?? "",
        location: "body",
      },
    ])
  }
  if (plan.status !== "ACTIVE") {
    return yield* Problem.unprocessable(
      "PLAN_STATUS_INVALID",
      "Invalid plan status for subscription creation; plan status should be active.",
    )
  }
  if (price !== undefined && price.currency_code !== plan.price.currency_code) {
    return yield* Problem.unprocessable(
      "CURRENCY_MISMATCH",
      "The currency code is different from the plan's currency code.",
    )
  }
  if (quantity !== undefined && quantity !== "1" && !plan.quantitySupported) {
    return yield* Problem.unprocessable(
      "SUBSCRIPTION_CANNOT_HAVE_QUANTITY",
      "Subscription can't have quantity as the plan does not support quantity.",
    )
  }
  return {
    planId: plan.id,
    custom_id,
    quantity: quantity ?? "1",
    price: Amount.times(price ?? plan.price, BigInt(quantity ?? "1")),
    overridden: price !== undefined,
    subscriber,
    userAction: action === "CONTINUE" ? "CONTINUE" : "SUBSCRIBE_NOW",
    returnUrl,
    cancelUrl,
    brand,
    startAt,
  }
})
