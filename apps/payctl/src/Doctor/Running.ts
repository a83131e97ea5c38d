/** What the server that runs says of itself. */
import { Check } from "@payment-orchestrator/api"
import { Timestamp } from "@payment-orchestrator/domain"
import { Checklist, configs } from "@payment-orchestrator/server"
import { Effect } from "effect"
import { HttpClient } from "effect/http"
import type { Failure } from "../Failure.ts"
import { address, ask } from "../Server.ts"

const keyFix = "set PAYCTL_API_KEY to a key of role admin or operator: payctl keys create --role operator"

const server = Effect.gen(function* () {
  const { origin, url } = yield* address
  const status = yield* HttpClient.get(`${url}/readyz`).pipe(
    Effect.map((response) => response.status),
    Effect.timeout("10 seconds"),
    Effect.orElseSucceed(() => 0),
  )
  if (status === 200) return Check.ok("server", `${url} is ready`)
  return status === 0
    ? Check.fail("server", `${url} does not answer`, `start it, or correct the address, which comes from ${origin}`)
    : Check.fail(
        "server",
        `${url} answers, but is not ready (${status})`,
        "look at its log; it is not ready without its database",
      )
})

const may = <A, E, R>(asked: Effect.Effect<A, E, R>) =>
  Effect.match(asked, { onFailure: () => false, onSuccess: () => true })

/** The role is told by what the key may do. */
const role = Effect.gen(function* () {
  if (yield* may(ask((client) => client.keys.list({ query: { limit: 1 } })))) return "admin"
  return (yield* may(ask((client) => client.drills.list({ query: { limit: 1 } })))) ? "operator" : "viewer"
})

const key = ask((client) => client.providers.list()).pipe(
  Effect.andThen(role),
  Effect.map((role) =>
    role === "viewer"
      ? Check.warn("key", "it is a viewer's, or a tenant's: it may read, and not act", keyFix)
      : Check.ok("key", `accepted, role ${role}`),
  ),
  Effect.catch((failure: Failure) => Effect.succeed(Check.fail("key", failure.detail, keyFix))),
)

/** Whether this environment is the server's: its providers are. */
const environment = Effect.gen(function* () {
  const { data } = yield* ask((client) => client.providers.list())
  const theirs = data.map(({ name }) => name).join(", ")
  const ours = (yield* Effect.orElseSucceed(configs.order, () => [])).join(", ")
  return ours === theirs
    ? [Check.ok("environment", "the server's and this one name the same providers")]
    : [
        Check.warn(
          "environment",
          `the server asks ${theirs}, this environment says ${ours}`,
          "run payctl doctor with the server's own environment, else it checks another set-up",
        ),
      ]
})

/** Enough to know that there are some. */
const limit = 100

/** What the key may not see is not told: `key` says so. */
const seen = <A, R>(look: Effect.Effect<A, Failure, R>) => Effect.orElseSucceed(look, () => undefined)

/** What of the checklist the server that runs knows. */
const known = Effect.gen(function* () {
  const now = yield* Timestamp.now
  return Checklist.running({
    endpoints: yield* seen(
      Effect.map(
        ask((client) => client.webhookEndpoints.list({ query: { limit } })),
        ({ data }) => data.filter(({ status }) => status === "enabled").length,
      ),
    ),
    // The key of the environment was not made here, and has no date.
    keys: yield* seen(
      Effect.map(
        ask((client) => client.keys.list({ query: { limit } })),
        ({ data }) => data.filter(({ created_at, revoked_at }) => created_at !== null && revoked_at === null).length,
      ),
    ),
    webhooks: yield* seen(
      Effect.map(
        ask((client) => client.providers.list()),
        ({ data }) =>
          data
            .filter(({ reason }) => reason !== "not_configured")
            .map(({ health, name }) => ({ name, signal: health.webhooks })),
      ),
    ),
    alerts: yield* seen(
      Effect.map(
        ask((client) => client.alerts.list({ query: { status: "open", limit } })),
        ({ data }) => data,
      ),
    ),
    drill: yield* seen(
      Effect.map(
        ask((client) => client.drills.list({ query: { limit } })),
        ({ data }) => {
          const last = data.find(({ status }) => status === "done")
          return last === undefined ? null : { id: last.id, ageMillis: now - last.startedAt }
        },
      ),
    ),
  })
})

/** Every item of the running server; only that it does not answer, when it does not. */
export const items = Effect.gen(function* () {
  const first = yield* server
  if (first.state === "fail") return [first]
  const same = (yield* seen(environment)) ?? []
  return [first, yield* key, ...same, ...(yield* known)]
})
