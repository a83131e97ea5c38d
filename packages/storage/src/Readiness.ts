/** Whether the database answers. That it was migrated is shown by the ports being there. */
import type { StorageError } from "@payment-orchestrator/payments"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import * as Failure from "./internal/Failure.ts"

export const check: Effect.Effect<void, StorageError, SqlClient.SqlClient> = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => Effect.asVoid(Failure.storing("readiness")(sql`select 1 as one`)),
)
