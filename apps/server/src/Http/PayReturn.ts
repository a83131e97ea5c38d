/** Where a provider sends the buyer back. */
import { Moves, Settlement } from "@payment-orchestrator/payments"
import { Effect, Layer, Option } from "effect"
import { HttpRouter } from "effect/http"
import * as PayLink from "../PayLink.ts"
import * as PayPages from "../PayPages.ts"

/** The buyer does not wait longer than this for the money to be taken. */
const patience = "8 seconds"

/** Whether what the buyer did at the checkout's provider could be looked up; then the money is taken, too. */
const looked = Effect.fnUntraced(function* ({ checkout }: PayLink.Stored) {
  const settlement = yield* Settlement.Settlement
  const troubles = yield* settlement.settleCheckout(checkout.id, patience)
  return !troubles.some((trouble) => trouble._tag === "StorageError" || trouble.provider === checkout.provider)
})

const back = PayLink.forCheckout((found) =>
  Effect.gen(function* () {
    if (found.checkout.status === "paid") return yield* PayLink.toShop(found, "paid")
    const known = yield* looked(found)
    const now = Option.getOrElse(yield* PayLink.stored, () => found)
    const moves = yield* Moves.Moves
    const standing = yield* moves.standing(now)
    switch (standing._tag) {
      case "Paid":
        return yield* PayLink.toShop(now, "paid")
      case "Processing":
        return yield* PayLink.toShop(now, "processing")
      case "Expired":
      case "Failed":
        return yield* PayLink.seeOther(now.checkout.link)
      // A declined instrument goes back to the approval page, where the buyer can choose another.
      case "Page":
        return yield* known ? PayLink.seeOther(standing.url) : PayLink.toShop(now, "processing")
      case "Stuck":
        return yield* known ? PayLink.seeOther(now.checkout.link) : PayLink.toShop(now, "processing")
    }
  }),
)

const cancel = PayLink.forCheckout(({ cancelUrl, checkout }) =>
  Option.match(cancelUrl, { onNone: () => PayPages.canceled(checkout.link), onSome: PayLink.seeOther }),
)

export const layer = Layer.mergeAll(
  HttpRouter.add("GET", "/pay/:token/return", back),
  HttpRouter.add("GET", "/pay/:token/cancel", cancel),
)
