/** What a provider can do. Each one is proved by the conformance suite; one left on that fails is a bug. */
import { Option, Result, Schema } from "effect"
import type { Goods, Mode } from "./CheckoutRequest.ts"
import * as CurrencyTable from "./CurrencyTable.ts"
import type { Money } from "./Money.ts"

/**
 * How a page that a buyer was shown can be withdrawn. `local`: no money comes of it unless we take it, so that we only
 * have to leave it alone, whether the provider answers or not. `remote`: by a call. `none`: not at all.
 */
export const Fence = Schema.Literals(["local", "remote", "none"])
export type Fence = typeof Fence.Type

export interface Capabilities {
  /** Whether money is real there (`livemode`). */
  readonly livemode: boolean
  /** Which currencies it takes and how it counts them. */
  readonly currencies: CurrencyTable.CurrencyTable
  readonly modes: ReadonlyArray<Mode>
  readonly goods: ReadonlyArray<Goods>
  /** Whether repeating a create with the same attempt id gives the same session. */
  readonly idempotentCreate: boolean
  /**
   * Whether the provider itself keeps a key on refunds, so that the same request, sent twice at once, gives back once. A
   * refund of unknown outcome is sent again only then; elsewhere it is only looked for.
   */
  readonly idempotentRefund: boolean
  readonly fence: { readonly [mode in Mode]: Fence }
  /** Whether a session can be found again by our attempt id alone after a lost answer. */
  readonly findByAttempt: boolean
  readonly partialRefunds: boolean
  readonly cancelAtPeriodEnd: boolean
  /** What the provider's own price, plan or product ids look like. */
  readonly priceIdPattern: RegExp
}

/** What a session would be for, as far as it decides whether a provider can serve it. */
export interface Wish {
  readonly mode: Mode
  readonly money: Option.Option<Money>
  readonly goods: Option.Option<Goods>
}

/** Why a provider cannot serve a wish: the request's own fault, not the provider's state. */
export type Misfit = "mode_unsupported" | "goods_unsupported" | CurrencyTable.Unrepresentable

/** The first reason why a provider cannot serve a wish; none when it can. */
export const misfit = (capabilities: Capabilities, wish: Wish): Option.Option<Misfit> => {
  if (!capabilities.modes.includes(wish.mode)) return Option.some("mode_unsupported")
  if (Option.isSome(wish.goods) && !capabilities.goods.includes(wish.goods.value))
    return Option.some("goods_unsupported")
  return Option.flatMap(wish.money, (money) =>
    Result.getFailure(CurrencyTable.toProviderUnits(capabilities.currencies, money)),
  )
}
