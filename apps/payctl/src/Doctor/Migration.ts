/** Migrates the database of `DATABASE_URL`. Loaded when it is asked for. */
import { Database, Migrations } from "@payment-orchestrator/storage"
import { Effect } from "effect"

/** The names of the steps that were run. */
export const run = Effect.provide(Migrations.migrate, Database.layer({ exclusive: false }))
