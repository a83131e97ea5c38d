/** `MoveStore` on SQL: every method is one or two reads, or one short transaction. */
import { Tracing } from "@payment-orchestrator/domain"
import { MoveStore } from "@payment-orchestrator/payments"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as Failure from "./internal/Failure.ts"
import * as Moving from "./internal/Moving.ts"

export const layer: Layer.Layer<MoveStore.MoveStore, never, SqlClient.SqlClient> = Layer.effect(
  MoveStore.MoveStore,
  Effect.map(SqlClient.SqlClient, (sql) =>
    MoveStore.MoveStore.of({
      pages: (checkoutId) => Failure.storing("read the pages of a checkout")(Moving.pages(sql, checkoutId)),
      request: (checkoutId) => Failure.storing("read what was asked for")(Moving.request(sql, checkoutId)),
      begin: (checkoutId, attempts, takeOverAfterMillis) =>
        Tracing.span("MoveStore.begin")(
          Failure.transaction(sql, "begin a move")(Moving.begin(sql, checkoutId, attempts, takeOverAfterMillis)),
        ),
      release: (checkoutId, round) =>
        Tracing.span("MoveStore.release")(
          Failure.transaction(sql, "let go of a move")(Moving.release(sql, checkoutId, round)),
        ),
      commit: (outcome) =>
        Tracing.span("MoveStore.commit")(Failure.transaction(sql, "record a move")(Moving.commit(sql, outcome))),
    }),
  ),
)
