/** Whether the database answers and is as new as this version. It is only looked at. */
import { Check } from "@payment-orchestrator/api"
import { Database, DatabaseUrl, Migrations } from "@payment-orchestrator/storage"
import { Effect, FileSystem, Option } from "effect"

const name = "database"
const look = "look at DATABASE_URL, the database and the network"

const migrated = (number: number) => {
  if (number === Migrations.latest) return Check.ok(name, `it answers, and is at migration ${number}`)
  return number < Migrations.latest
    ? Check.fail(
        name,
        `it is at migration ${number}, this version at ${Migrations.latest}`,
        "run `payctl migrate`, or start the server",
      )
    : Check.fail(
        name,
        `it is at migration ${number}, this version only at ${Migrations.latest}`,
        "use the newer version",
      )
}

const applied = Migrations.applied.pipe(
  Effect.map(migrated),
  Effect.provide(Database.layer({ exclusive: false, poolSize: 1 }), { local: true }),
  Effect.timeout("15 seconds"),
  Effect.catch((error) => Effect.succeed(Check.fail(name, error.message, look))),
)

/** Nothing when `DATABASE_URL` cannot be read, which is told as a fault of the configuration. */
export const items = Effect.gen(function* () {
  const url = yield* Effect.option(DatabaseUrl.config)
  if (Option.isNone(url)) return []
  if (url.value._tag === "Postgres") return [yield* applied]
  if (url.value.filename === ":memory:") {
    return [Check.fail(name, "DATABASE_URL is sqlite::memory:, which forgets everything with the process", look)]
  }
  const fs = yield* FileSystem.FileSystem
  const isThere = yield* Effect.orElseSucceed(fs.exists(url.value.filename), () => false)
  return [
    isThere
      ? yield* applied
      : Check.fail(
          name,
          `there is no file ${url.value.filename}`,
          "start the server, or run `payctl migrate`, where DATABASE_URL is the same",
        ),
  ]
})
