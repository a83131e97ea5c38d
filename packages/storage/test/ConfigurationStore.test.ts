import { assert, it } from "@effect/vitest"
import { AuditLog, ConfigurationChanges } from "@payment-orchestrator/payments"
import type { Storage } from "@payment-orchestrator/storage"
import { Effect, Option, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { onEachBackend } from "./Backends.ts"

const open = (name: string, value?: string): ConfigurationChanges.Held => ({
  name,
  value: Option.fromUndefinedOr(value),
})
const secret = (name: string, value?: string): ConfigurationChanges.Held => ({
  name,
  secret: Option.map(Option.fromUndefinedOr(value), (text) => Redacted.make(text)),
})

const before = [
  open("TIMEOUT", "30"),
  open("HEDGE"),
  open("ORDER", "paypal"),
  secret("API_KEY", "canary-1"),
  secret("OLD_SECRET", "canary-2"),
  secret("NEW_SECRET"),
]
const after = [
  open("TIMEOUT", "20"),
  open("HEDGE", "2"),
  open("ORDER"),
  secret("API_KEY", "canary-3"),
  secret("OLD_SECRET"),
  secret("NEW_SECRET", "canary-4"),
]

const rows = Effect.gen(function* () {
  const log = yield* AuditLog.AuditLog
  return yield* log.list({ action: "configuration.changed", limit: 100 })
})

onEachBackend("the configuration of a start", ({ another, empty }) => {
  const test = <E>(name: string, body: Effect.Effect<void, E, Storage.Storage>) =>
    it.effect(name, () => Effect.provide(body, empty, { local: true }))

  test(
    "is compared with the last one's: the audit log names what was added, changed and removed, once",
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* ConfigurationChanges.record(before), [])
      assert.deepStrictEqual(yield* ConfigurationChanges.record(before), [])
      assert.lengthOf(yield* rows, 0)
      const words = [
        "TIMEOUT: 30 → 20",
        "HEDGE: not set → 2",
        "ORDER: paypal → not set",
        "API_KEY changed",
        "OLD_SECRET removed",
        "NEW_SECRET added",
      ]
      assert.deepStrictEqual(yield* ConfigurationChanges.record(after), words)
      assert.deepStrictEqual(yield* ConfigurationChanges.record(after), [])
      const [row, ...more] = yield* rows
      assert.lengthOf(more, 0)
      assert.deepInclude(row, {
        actor: "system",
        action: "configuration.changed",
        target: "configuration",
        tenantId: Option.none(),
        reason: Option.some(words.join("; ")),
      })
    }),
  )

  test(
    "leaves nothing of a secret in the database by which it could be told",
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* ConfigurationChanges.record(before)
      yield* ConfigurationChanges.record(after)
      yield* ConfigurationChanges.record([secret("API_KEY", "same"), secret("OLD_SECRET", "same")])
      const kept = yield* sql<{ readonly name: string; readonly digest: string | null }>`select * from configuration`
      assert.notInclude(JSON.stringify([kept, yield* rows]), "canary")
      const digests = kept.flatMap(({ digest, name }) => (/API_KEY|OLD_SECRET/.test(name) ? [digest] : []))
      assert.lengthOf(new Set(digests), 2, "equal secrets have other digests")
    }),
  )

  if (another !== undefined) {
    test(
      "is told once by two processes that start together with the same",
      Effect.gen(function* () {
        yield* ConfigurationChanges.record(before)
        const both = Effect.all(
          [
            ConfigurationChanges.record(after),
            Effect.provide(ConfigurationChanges.record(after), another, { local: true }),
          ],
          { concurrency: 2 },
        )
        const told = yield* both
        assert.sameMembers(
          told.map((words) => words.length),
          [6, 0],
        )
        assert.lengthOf(yield* rows, 1)
      }),
    )
  }
})
