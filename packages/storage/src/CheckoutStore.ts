/** `CheckoutStore` on SQL: every method is one statement or one short transaction. */
import { CheckoutStore } from "@payment-orchestrator/payments"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as Claiming from "./internal/Claiming.ts"
import * as Committing from "./internal/Committing.ts"
import * as Failure from "./internal/Failure.ts"
import * as Reading from "./internal/Reading.ts"

const atMostOpenClaims = 100

export const layer: Layer.Layer<CheckoutStore.CheckoutStore, never, SqlClient.SqlClient> = Layer.effect(
  CheckoutStore.CheckoutStore,
  Effect.map(SqlClient.SqlClient, (sql) =>
    CheckoutStore.CheckoutStore.of({
      claim: Effect.fn("CheckoutStore.claim")((opening, claimant, takeOverAfterMillis) =>
        Failure.transaction(sql, "claim")(Claiming.claim(sql, opening, claimant, takeOverAfterMillis)),
      ),
      commit: Effect.fn("CheckoutStore.commit")((outcome) =>
        Failure.transaction(sql, "commit")(Committing.commit(sql, outcome)),
      ),
      find: Effect.fn("CheckoutStore.find")((id) => Failure.storing("find")(Reading.byId(sql, id))),
      findByLink: Effect.fn("CheckoutStore.findByLink")((linkToken) =>
        Failure.storing("findByLink")(Reading.byLink(sql, linkToken)),
      ),
      list: Effect.fn("CheckoutStore.list")((query) => Failure.storing("list")(Reading.page(sql, query))),
      openClaims: Effect.fn("CheckoutStore.openClaims")((before) =>
        Failure.storing("openClaims")(Reading.openClaims(sql, before, atMostOpenClaims)),
      ),
      abandon: Effect.fn("CheckoutStore.abandon")((claim, attempts) =>
        Failure.transaction(sql, "abandon")(Committing.abandon(sql, claim, attempts)),
      ),
    }),
  ),
)
