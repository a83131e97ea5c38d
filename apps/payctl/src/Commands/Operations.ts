/** `payctl providers`, `drain`, `restore`, `failovers`, `stats`, `alerts`, `inbox`. */
import { Operations, Providers } from "@payment-orchestrator/api"
import { Alert, Id, InboxEntry, ProviderName, RejectedWebhook, Text } from "@payment-orchestrator/domain"
import { Console, Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import * as Flags from "../Flags.ts"
import * as Output from "../Output.ts"
import { ask } from "../Server.ts"

const name = Argument.String("provider").pipe(
  Argument.withSchema(ProviderName.ProviderName),
  Argument.withDescription("paypal, polar or stripe"),
)
const reason = Flags.checked("reason", Text.line(255), "Why; it is audited")

type Shown = typeof Providers.Provider.Type

const paint = ({ available }: Shown) => (available ? Output.green : Output.red)

const percent = (share: number | null) => (share === null ? "-" : `${(share * 100).toFixed(1)} %`)

const show = Effect.fnUntraced(function* (providers: ReadonlyArray<Shown>) {
  if (yield* Output.Json) return yield* Output.page(Providers.Provider, ["name"], { data: providers })
  for (const provider of providers) {
    const { available, circuit, drain, health, latency_ms: latency, livemode, name, reason, success_rate } = provider
    const state = yield* paint(provider)(available ? "available" : (reason ?? "unavailable"))
    yield* Console.log(`${yield* Output.bold(name)}  ${state}  ${livemode ? "live" : "test"}`)
    yield* Console.log(
      `  circuit ${circuit}, health: active ${health.active}, passive ${health.passive}, webhooks ${health.webhooks}`,
    )
    yield* Console.log(
      `  success ${percent(success_rate)}, latency ${latency === null ? "-" : `p50 ${latency.p50} ms, p95 ${latency.p95} ms`}`,
    )
    if (health.reason !== null) yield* Console.log(`  ${health.reason}`)
    if (drain !== null) yield* Console.log(`  drained by ${drain.actor}: ${drain.reason}`)
  }
})

const list = ask((client) => client.providers.list()).pipe(Effect.flatMap(({ data }) => show(data)))

const drain = Command.make(
  "drain",
  {
    name,
    reason,
    expires: Flags.part("expires_in", Flags.whole("expires-in", 60, 2_592_000, "Seconds until it ends by itself")),
    confirm: Flags.part(
      "confirm",
      Flag.Boolean("confirm").pipe(Flag.withDescription("Also when no other provider can be asked")),
    ),
  },
  Effect.fn(function* ({ confirm, expires, name, reason }) {
    const payload = { reason, ...expires, ...confirm }
    const provider = yield* ask((client) => client.providers.drain({ params: { name }, payload }))
    yield* Output.done(Providers.Provider, provider, `${name} is drained: no new checkout is sent there`)
  }),
).pipe(Command.withDescription("Takes a provider out of routing; what is open there goes on"))

const restore = Command.make(
  "restore",
  { name, reason },
  Effect.fn(function* ({ name, reason }) {
    const provider = yield* ask((client) => client.providers.restore({ params: { name }, payload: { reason } }))
    yield* Output.done(Providers.Provider, provider, `${name} is back in routing`)
  }),
).pipe(Command.withDescription("Puts a provider back into routing"))

const providers = Command.make("providers", {}, () => list).pipe(
  Command.withDescription("Every provider and its state, in routing order"),
  Command.withSubcommands([
    Command.make("list", {}, () => list).pipe(Command.withDescription("The same")),
    drain,
    restore,
  ]),
)

const failovers = Command.make(
  "failovers",
  { ...Flags.page(Id.FailoverId), tenant: Flags.tenant },
  Effect.fn(function* ({ after, before, cursor, limit, tenant }) {
    const query = { ...limit, ...cursor, ...after, ...before, ...tenant }
    yield* Output.page(
      Operations.Failover,
      ["at", "from", "to", "reason", "checkout_id", "message"],
      yield* ask((client) => client.operations.failovers({ query })),
    )
  }),
).pipe(Command.withDescription("The failover log, newest first"))

const stats = Command.make(
  "stats",
  {
    tenant: Flags.tenant,
    window: Flags.part("window", Flags.checked("window", Operations.Window, "The last 5m, 24h, 7d, …; else for ever")),
  },
  Effect.fn(function* ({ tenant, window }) {
    yield* Output.one(
      Operations.Stats,
      yield* ask((client) => client.operations.stats({ query: { ...tenant, ...window } })),
    )
  }),
).pipe(Command.withDescription("Requests, failovers and usage by provider"))

const alerts = Command.make(
  "alerts",
  {
    ...Flags.page(Id.AlertId),
    status: Flags.part("status", Flag.Literals("status", ["open", "cleared"])),
  },
  Effect.fn(function* ({ after, before, cursor, limit, status }) {
    const query = { ...limit, ...cursor, ...after, ...before, ...status }
    yield* Output.page(
      Alert.AlertJson,
      ["raised_at", "cleared_at", "severity", "kind", "summary"],
      yield* ask((client) => client.alerts.list({ query })),
    )
  }),
).pipe(Command.withDescription("Alerts, newest first"))

const ofProvider = Flags.part("provider", Flags.checked("provider", ProviderName.ProviderName, "Of this provider"))

const rejected = Command.make(
  "rejected",
  { ...Flags.page(Id.RejectionId), provider: ofProvider },
  Effect.fn(function* ({ after, before, cursor, limit, provider }) {
    const query = { ...limit, ...cursor, ...after, ...before, ...provider }
    yield* Output.page(
      RejectedWebhook.RejectedWebhookJson,
      ["last_at", "provider", "reason", "detail", "count", "address", "delivery_id"],
      yield* ask((client) => client.inbox.rejected({ query })),
    )
  }),
).pipe(Command.withDescription("Those that were refused: why, how many, and from where"))

const inbox = Command.make(
  "inbox",
  {
    ...Flags.page(Id.InboxId),
    provider: ofProvider,
    state: Flags.part("state", Flag.Literals("state", InboxEntry.InboxState.literals)),
    checkout: Flags.part("checkout_id", Flags.checked("checkout", Id.CheckoutId, "About this checkout")),
  },
  Effect.fn(function* ({ after, before, checkout, cursor, limit, provider, state }) {
    const query = { ...limit, ...cursor, ...after, ...before, ...provider, ...state, ...checkout }
    yield* Output.page(
      InboxEntry.InboxEntryJson,
      ["received_at", "provider", "type", "state", "origin", "checkout_id", "match_at"],
      yield* ask((client) => client.inbox.list({ query })),
    )
  }),
).pipe(
  Command.withDescription("Webhooks of providers, and what was made of them, newest first"),
  Command.withSubcommands([rejected]),
)

export const operations = [providers, drain, restore, failovers, stats, alerts, inbox] as const
