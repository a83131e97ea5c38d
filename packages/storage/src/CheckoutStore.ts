/** `CheckoutStore` on SQL: every method is one statement or one short transaction. */
import { Tracing } from "@payment-orchestrator/domain"
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
      claim: (opening, claimant, takeOverAfterMillis) => {
        // Hope pays where a statement takes a round trip, and once.
        let hopeful = sql.onDialectOrElse({ pg: () => true, orElse: () => false })
        const once = Effect.suspend(() => {
          const claim = Claiming.claim(sql, opening, claimant, takeOverAfterMillis, hopeful)
          hopeful = false
          return claim
        })
        return Tracing.span("CheckoutStore.claim")(Failure.transaction(sql, "claim")(once))
      },
      commit: (outcome) =>
        Tracing.span("CheckoutStore.commit")(Failure.transaction(sql, "commit")(Committing.commit(sql, outcome))),
      find: (id) => Tracing.span("CheckoutStore.find")(Failure.storing("find")(Reading.byId(sql, id))),
      findByLink: (linkToken) =>
        Tracing.span("CheckoutStore.findByLink")(Failure.storing("findByLink")(Reading.byLink(sql, linkToken))),
      list: (query) => Tracing.span("CheckoutStore.list")(Failure.storing("list")(Reading.page(sql, query))),
      openClaims: (before) =>
        Tracing.span("CheckoutStore.openClaims")(
          Failure.storing("openClaims")(Reading.openClaims(sql, before, atMostOpenClaims)),
        ),
      abandon: (claim, attempts) =>
        Tracing.span("CheckoutStore.abandon")(
          Failure.transaction(sql, "abandon")(Committing.abandon(sql, claim, attempts)),
        ),
    }),
  ),
)
