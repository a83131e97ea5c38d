/**
 * Which providers are asked, in which order, and why the others are not. Pure and total; nothing is called here.
 */
import {
  type Attempt,
  Capabilities,
  Catalog,
  CheckoutRequest,
  Currency,
  Money,
  type ProviderName,
} from "@payment-orchestrator/domain"
import { Option, Result } from "effect"
import { InvalidRequest } from "./OrchestratorError.ts"
import type { Settings } from "./Settings.ts"

/** What the router needs to know of a provider. */
export interface Routable {
  readonly name: ProviderName.ProviderName
  readonly configured: boolean
  readonly capabilities: Capabilities.Capabilities
}

/** What a request comes to once the catalog has been asked. */
export interface Resolved {
  readonly request: CheckoutRequest.CheckoutRequest
  readonly currency: Currency.Currency
  /** Always there in mode `payment`. */
  readonly money: Option.Option<Money.Money>
}

const invalid = (path: string, message: string, code: InvalidRequest["code"] = "invalid_request") =>
  Result.fail(new InvalidRequest({ code, errors: [{ path, message }] }))

/**
 * Finds the amount and currency a request means. An `amount` wins in mode `payment`; in mode `subscription` it is an
 * assertion about the catalog's price.
 */
export const resolve = (
  request: CheckoutRequest.CheckoutRequest,
  catalog: Catalog.Catalog,
  providers: ReadonlyArray<Routable>,
  settings: Pick<Settings, "maxAmounts">,
): Result.Result<Resolved, InvalidRequest> => {
  const { amount, preferredProvider, priceId } = request
  if (preferredProvider !== undefined && !providers.some(({ name }) => name === preferredProvider)) {
    return invalid("preferredProvider", `must be one of ${providers.map(({ name }) => name).join(", ")}`)
  }
  const entry = priceId === undefined ? Option.none() : Catalog.find(catalog, priceId)
  const price = Option.flatMap(entry, Catalog.moneyOf)
  if (
    priceId !== undefined &&
    Option.isNone(entry) &&
    !providers.some(({ capabilities }) => capabilities.priceIdPattern.test(priceId)) &&
    (request.mode === "subscription" || amount === undefined)
  ) {
    return invalid("priceId", "is neither in the catalog nor an id of one of the providers", "unknown_price")
  }
  const stated =
    amount === undefined
      ? Option.none()
      : Result.getSuccess(Money.fromDecimal(amount, request.currency ?? statedCurrency(request, price)))
  if (
    request.mode === "subscription" &&
    Option.isSome(stated) &&
    Option.isSome(price) &&
    !Money.equals(stated.value, price.value)
  ) {
    return invalid("amount", `differs from the catalog's price ${describe(price.value)}`, "amount_mismatch")
  }
  if (
    amount === undefined &&
    request.currency !== undefined &&
    Option.isSome(price) &&
    price.value.currency !== request.currency
  ) {
    return invalid("currency", `differs from the catalog's price ${describe(price.value)}`)
  }
  const money = Option.orElse(request.mode === "payment" ? stated : price, () =>
    request.mode === "payment" ? price : stated,
  )
  if (request.mode === "payment" && Option.isNone(money)) {
    return invalid("amount", "is needed, because the catalog does not know the amount of this price_id")
  }
  if (Option.isSome(money) && money.value.amount > (settings.maxAmounts.get(money.value.currency) ?? Infinity)) {
    return invalid("amount", "is larger than the largest amount that is allowed here (PAYMENT_MAX_AMOUNT)")
  }
  return Result.succeed({
    request,
    money,
    currency: Option.match(money, {
      onNone: () => request.currency ?? CheckoutRequest.defaultCurrency,
      onSome: ({ currency }) => currency,
    }),
  })
}

const statedCurrency = (
  request: CheckoutRequest.CheckoutRequest,
  price: Option.Option<Money.Money>,
): Currency.Currency =>
  request.mode === "subscription" && Option.isSome(price) ? price.value.currency : CheckoutRequest.defaultCurrency

const describe = (money: Money.Money): string => `${Money.toDecimal(money)} ${money.currency}`

/** The preferred provider first, the rest in their order. */
export const order = <P extends Routable>(
  providers: ReadonlyArray<P>,
  preferred: ProviderName.ProviderName | undefined,
): ReadonlyArray<P> => [
  ...providers.filter(({ name }) => name === preferred),
  ...providers.filter(({ name }) => name !== preferred),
]

/** Which providers may be asked, and who first. */
export type Arrange<P extends Routable> = (
  providers: ReadonlyArray<P>,
  request: Pick<CheckoutRequest.CheckoutRequest, "mode" | "preferredProvider">,
) => ReadonlyArray<P>

/**
 * For a buyer who is moved on: without the provider that is given up, and those first whose pages could be withdrawn
 * again, so that the next move is possible too.
 */
export const movingOn =
  <P extends Routable>(givenUp: Option.Option<ProviderName.ProviderName>): Arrange<P> =>
  (providers, { mode, preferredProvider }) => {
    const others = order(providers, preferredProvider).filter(({ name }) => !Option.contains(givenUp, name))
    const canWithdraw = ({ capabilities }: P) => capabilities.fence[mode] !== "none"
    return [...others.filter(canWithdraw), ...others.filter((provider) => !canWithdraw(provider))]
  }

/** A provider's place in the plan: asked with its own price id, or skipped with a reason. */
export type Place<P extends Routable> =
  | { readonly _tag: "Candidate"; readonly provider: P; readonly priceId: Option.Option<string> }
  | { readonly _tag: "Skip"; readonly provider: P; readonly reason: Attempt.SkipReason }

/** Why a provider should not be asked now, whatever the request is. */
export type Obstacle = Extract<
  Attempt.SkipReason,
  "drained" | "circuit_open" | "health_down" | "credentials_refused" | "throttled" | "overloaded"
>

/** By provider. */
export type Obstacles = ReadonlyMap<ProviderName.ProviderName, Obstacle>

/** By provider, the merchant's price ids that it is known to sell otherwise than the catalog says, or not at all. */
export type Mismatched = ReadonlyMap<ProviderName.ProviderName, ReadonlySet<string>>

/** What is known of the merchant's prices. */
export interface Prices {
  readonly catalog: Catalog.Catalog
  readonly mismatched: Mismatched
}

const place = <P extends Routable>(
  provider: P,
  resolved: Resolved,
  { catalog, mismatched }: Prices,
  obstacles: Obstacles,
): Place<P> => {
  const { mode, priceId: wanted } = resolved.request
  const skip = (reason: Attempt.SkipReason): Place<P> => ({ _tag: "Skip", provider, reason })
  if (!provider.configured) return skip("not_configured")
  const misfit = Capabilities.misfit(provider.capabilities, {
    mode,
    money: resolved.money,
    goods: Option.fromUndefinedOr(resolved.request.goods),
  })
  if (Option.isSome(misfit)) return skip(misfit.value)
  const priceId =
    wanted === undefined
      ? Option.none()
      : Catalog.providerPriceId(catalog, wanted, {
          name: provider.name,
          priceIdPattern: provider.capabilities.priceIdPattern,
        })
  if (mode === "subscription" && Option.isNone(priceId)) return skip("price_unmapped")
  // A payment's amount is sent with it; a subscription is charged by the provider's own plan.
  const differs = wanted !== undefined && mismatched.get(provider.name)?.has(wanted) === true
  if (mode === "subscription" && differs) return skip("price_mismatch")
  const obstacle = obstacles.get(provider.name)
  return obstacle === undefined ? { _tag: "Candidate", provider, priceId } : skip(obstacle)
}

/** Obstacles that are only a guess that the provider would fail; ignored when nobody else is left. */
const guesses: ReadonlySet<Attempt.SkipReason> = new Set(["circuit_open", "health_down", "throttled"] as const)

/** From the firmest to what is only presumed: of two reasons against one provider the one that holds longer counts. */
const firmness: ReadonlyArray<Obstacle> = [
  "drained",
  "credentials_refused",
  "overloaded",
  "throttled",
  "circuit_open",
  "health_down",
]

/** What several say of the providers, put together; so that panic never asks one that is also drained or refuses us. */
export const firmest = (sources: ReadonlyArray<Obstacles>): Obstacles => {
  const together = new Map<ProviderName.ProviderName, Obstacle>()
  for (const source of sources) {
    for (const [name, obstacle] of source) {
      const known = together.get(name)
      if (known === undefined || firmness.indexOf(obstacle) < firmness.indexOf(known)) together.set(name, obstacle)
    }
  }
  return together
}

/**
 * Every provider's place, in the order of `arrange`: the routing order, unless told otherwise. When nobody is left to
 * ask but providers that are only presumed down (circuit open, health, throttled), those are asked anyway (`panic`).
 */
export const plan = <P extends Routable>(
  resolved: Resolved,
  providers: ReadonlyArray<P>,
  prices: Prices,
  obstacles: Obstacles,
  arrange: Arrange<P> = (all, { preferredProvider }) => order(all, preferredProvider),
): { readonly places: ReadonlyArray<Place<P>>; readonly panic: boolean } => {
  const places = arrange(providers, resolved.request).map((p) => place(p, resolved, prices, obstacles))
  const panic =
    !places.some(({ _tag }) => _tag === "Candidate") &&
    places.some((entry) => entry._tag === "Skip" && guesses.has(entry.reason))
  if (!panic) return { places, panic }
  const firm = new Map(Array.from(obstacles).filter(([, reason]) => !guesses.has(reason)))
  return { places: places.map(({ provider }) => place(provider, resolved, prices, firm)), panic }
}
