/** What the server that runs says of itself. */
import { Timestamp } from "@payment-orchestrator/domain"
import { configs } from "@payment-orchestrator/server"
import { Effect } from "effect"
import { HttpClient } from "effect/http"
import type { Failure } from "../Failure.ts"
import { address, ask } from "../Server.ts"
import * as Item from "./Item.ts"

const keyFix = "set PAYCTL_API_KEY to a key of role admin or operator: payctl keys create --role operator"

const server = Effect.gen(function* () {
  const { origin, url } = yield* address
  const status = yield* HttpClient.get(`${url}/readyz`).pipe(
    Effect.map((response) => response.status),
    Effect.timeout("10 seconds"),
    Effect.orElseSucceed(() => 0),
  )
  if (status === 200) return Item.ok("server", `${url} is ready`)
  return status === 0
    ? Item.fail("server", `${url} does not answer`, `start it, or correct the address, which comes from ${origin}`)
    : Item.fail(
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
      ? Item.warn("key", "it is a viewer's, or a tenant's: it may read, and not act", keyFix)
      : Item.ok("key", `accepted, role ${role}`),
  ),
  Effect.catch((failure: Failure) => Effect.succeed(Item.fail("key", failure.detail, keyFix))),
)

/** Whether this environment is the server's: its providers are. */
const environment = Effect.gen(function* () {
  const { data } = yield* ask((client) => client.providers.list())
  const theirs = data.map(({ name }) => name).join(", ")
  const ours = (yield* Effect.orElseSucceed(configs.order, () => [])).join(", ")
  const same =
    ours === theirs
      ? Item.ok("environment", "the server's and this one name the same providers")
      : Item.warn(
          "environment",
          `the server asks ${theirs}, this environment says ${ours}`,
          "run payctl doctor with the server's own environment, else it checks another set-up",
        )
  const webhooks = data.map(({ health, name }) =>
    health.webhooks === "silent"
      ? Item.fail(
          `webhooks: ${name}`,
          "silent: things happened there of which it has not told us",
          "look at the webhook in its dashboard, at PAYMENT_PUBLIC_URL and at the proxy before it",
        )
      : Item.ok(
          `webhooks: ${name}`,
          health.webhooks === "ok" ? "they come" : "nothing happened yet that would have sent one",
        ),
  )
  return [same, ...webhooks]
})

const alerts = Effect.map(
  ask((client) => client.alerts.list({ query: { status: "open", limit: 100 } })),
  ({ data }) =>
    data.length === 0
      ? [Item.ok("alerts", "none is open")]
      : data.map(({ kind, severity, summary }) =>
          (severity === "critical" ? Item.fail : Item.warn)(`alert: ${kind}`, summary, `docs/operations.md, ${kind}`),
        ),
)

const drillDays = 30
const dayMillis = 86_400_000

const drill = Effect.gen(function* () {
  const fix = "rehearse an outage: payctl drill --provider paypal --fault down"
  const { data } = yield* ask((client) => client.drills.list({ query: { limit: 20 } }))
  const last = data.find(({ status }) => status === "done")
  if (last === undefined) return [Item.warn("drill", "no outage was ever rehearsed", fix)]
  const days = Math.floor(((yield* Timestamp.now) - last.startedAt) / dayMillis)
  const found = `the last was ${days} days ago (${last.id})`
  return [days > drillDays ? Item.warn("drill", found, fix) : Item.ok("drill", found)]
})

/** What the key may not see is not told again: `key` says so. */
const seen = <R>(look: Effect.Effect<ReadonlyArray<Item.Item>, Failure, R>) => Effect.orElseSucceed(look, () => [])

/** Every item of the running server; only that it does not answer, when it does not. */
export const items = Effect.gen(function* () {
  const first = yield* server
  if (first.state === "fail") return [first]
  const all = yield* Effect.all([Effect.map(key, (item) => [item]), seen(environment), seen(alerts), seen(drill)])
  return [first, ...all.flat()]
})
