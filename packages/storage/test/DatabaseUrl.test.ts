import { assert, describe, it } from "@effect/vitest"
import { Database, DatabaseUrl } from "@payment-orchestrator/storage"
import { ConfigProvider, Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"

const read = (env: { readonly [name: string]: string }) =>
  Effect.provide(DatabaseUrl.config, ConfigProvider.layer(ConfigProvider.fromUnknown(env)))

describe("DATABASE_URL", () => {
  it.effect("is a file in ./data unless it says otherwise", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* read({}), { _tag: "Sqlite", filename: "./data/payments.db" })
    }),
  )

  it("names a SQLite file, SQLite in memory, or PostgreSQL", () => {
    const filename = (text: string) => {
      const url = DatabaseUrl.parse(text)
      return url?._tag === "Sqlite" ? url.filename : undefined
    }
    assert.strictEqual(filename("sqlite::memory:"), ":memory:")
    assert.strictEqual(filename("sqlite:./data/x.db"), "./data/x.db")
    assert.strictEqual(filename("sqlite:/var/lib/x.db"), "/var/lib/x.db")
    assert.strictEqual(filename("sqlite:///var/lib/x.db"), "/var/lib/x.db")
    for (const scheme of ["postgres", "postgresql"]) {
      const text = `${scheme}://shop:secret@db.example.com:5433/payments?sslmode=require`
      const url = DatabaseUrl.parse(text)
      assert.strictEqual(url?._tag === "Postgres" ? Redacted.value(url.url) : undefined, text)
      assert.notInclude(JSON.stringify(url), "secret")
    }
  })

  it.effect("that is anything else is refused by its name, and what it holds is not said", () =>
    Effect.gen(function* () {
      for (const text of [
        "mysql://shop:s3cret@db/payments",
        "postgres://shop:s3cret@db:port/payments",
        "postgres:shop:s3cret@db/payments",
        "sqlite:",
        "sqlite://s3cret/payments.db",
        "s3cret",
      ]) {
        const error = yield* Effect.flip(read({ DATABASE_URL: text }))
        assert.match(error.message, /DATABASE_URL must be sqlite:<path>, /, text)
        assert.notInclude(`${String(error)} ${JSON.stringify(error)}`, "s3cret")
      }
    }),
  )

  it.effect("decides which database the layer opens", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      assert.strictEqual(sql.driver, "sqlite-node")
      assert.strictEqual((yield* sql`select sqlite_version() as version`).length, 1)
    }).pipe(
      Effect.provide(
        Layer.fresh(Database.layer()).pipe(
          Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ DATABASE_URL: "sqlite::memory:" }))),
        ),
      ),
    ),
  )
})
