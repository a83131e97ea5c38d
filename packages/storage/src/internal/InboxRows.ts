/** What providers told us, as rows. */
import { Id, InboxEntry, ProviderName } from "@payment-orchestrator/domain"
import { Clue, type InboxStore } from "@payment-orchestrator/payments"
import { Effect, Option, Schema } from "effect"
import { Base64 } from "effect/encoding"
import type { SqlClient } from "effect/sql"
import * as Dialect from "../Dialect.ts"
import * as Encryption from "../Encryption.ts"
import type * as InboxApplied from "./InboxApplied.ts"
import * as Matching from "./Matching.ts"

type Sql = SqlClient.SqlClient

const { InboxOrigin, InboxState, InboxSubject } = InboxEntry

const EntryRow = Schema.Struct({
  id: Id.InboxId,
  provider: ProviderName.ProviderName,
  event_id: Schema.String,
  type: Schema.String,
  subject: InboxSubject,
  origin: InboxOrigin,
  state: InboxState,
  checkout_id: Schema.NullOr(Id.CheckoutId),
  tries: Schema.Int,
  received_at: Schema.Int,
  occurred_at: Schema.NullOr(Schema.Int),
  match_at: Schema.NullOr(Schema.Int),
  applied_at: Schema.NullOr(Schema.Int),
})
const decode = Schema.decodeUnknownEffect(Schema.Array(EntryRow))

/** Everything but the body. */
export const columns =
  "id, provider, event_id, type, subject, origin, state, checkout_id, tries, received_at, occurred_at, match_at, applied_at"

export const read = (rows: ReadonlyArray<unknown>) =>
  Effect.map(decode(rows), (all) =>
    all.map((row): InboxEntry.InboxEntry => ({
      id: row.id,
      provider: row.provider,
      eventId: row.event_id,
      type: row.type,
      subject: row.subject,
      origin: row.origin,
      state: row.state,
      checkoutId: row.checkout_id,
      tries: row.tries,
      receivedAt: row.received_at,
      occurredAt: row.occurred_at,
      matchAt: row.match_at,
      appliedAt: row.applied_at,
    })),
  )

/** When a parked event is matched again, by how often that was in vain; for three days, as long as providers try. */
const waits = [5_000, 10_000, 30_000, 60_000, 120_000, 300_000, 900_000]
const hourMillis = 3_600_000
const mostTries = waits.length + 72

const matchAt = (tries: number, now: number): number => now + (waits[tries] ?? hourMillis)

const Clues = Schema.fromJsonString(Schema.Array(Clue.Clue))
const encodeClues = Schema.encodeEffect(Clues)

/** What its raw body is sealed for. */
export const purposeOf = (provider: string, eventId: string): string => `inbox:${provider}:${eventId}`

/** Sealed where there is a key, else as it is. */
const bodyOf = Effect.fnUntraced(function* ({ body, eventId, provider }: InboxStore.Arrival) {
  if (body.length === 0) return ""
  const encryption = yield* Encryption.Encryption
  return Option.isNone(encryption)
    ? Base64.encode(body)
    : yield* encryption.value.seal(body, purposeOf(provider, eventId))
})

const nothing: InboxStore.Woken = { sessions: [], subscriptions: false, refunds: false, disputes: false }

/** The look that deals with it. */
const awaits = ({ disputes, refunds }: InboxStore.Woken): InboxApplied.Look =>
  disputes ? "dispute" : refunds ? "refund" : "session"

const Kept = Schema.Array(Schema.Struct({ id: Id.InboxId, state: InboxState }))
const decodeKept = Schema.decodeUnknownEffect(Kept)

/** Keeps an event, inside a transaction. */
export const receive = Effect.fnUntraced(function* (
  sql: Sql,
  arrival: InboxStore.Arrival,
  now: number,
  leaseMillis: number,
) {
  const { clues, eventId, occurredAt, origin, provider, subject, type } = arrival
  if (origin === "backfill") {
    const [known] = yield* sql`select id, state from inbox where provider = ${provider} and event_id = ${eventId}`.pipe(
      Effect.flatMap(decodeKept),
    )
    if (known !== undefined) return { ...nothing, fresh: false, state: known.state }
  }
  const found = yield* Matching.match(sql, provider, clues, now, leaseMillis)
  const { checkoutId, ...woken } = found
  const state: InboxEntry.InboxState = Matching.isFound(found) ? "due" : clues.length === 0 ? "ignored" : "parked"
  const id = yield* Id.makeInboxId
  // A delivery that comes again is about what it was about before; one that was only listed before has been delivered now.
  const [row] = yield* sql`
    insert into inbox ${sql.insert({
      id,
      provider,
      event_id: eventId,
      type,
      subject,
      origin,
      state,
      clues: yield* encodeClues(clues),
      awaits: awaits(woken),
      checkout_id: Option.getOrNull(checkoutId),
      tries: 0,
      body: yield* bodyOf(arrival),
      received_at: now,
      occurred_at: Option.getOrNull(occurredAt),
      match_at: state === "parked" ? matchAt(0, now) : null,
    })}
    on conflict (provider, event_id) do update set
      origin = case when excluded.origin = 'webhook' then 'webhook' else inbox.origin end,
      state = case when excluded.state = 'due' then 'due' else inbox.state end,
      awaits = case when excluded.state = 'due' then excluded.awaits else inbox.awaits end,
      checkout_id = coalesce(excluded.checkout_id, inbox.checkout_id),
      match_at = case when excluded.state = 'due' then null else inbox.match_at end,
      body = case when inbox.body = '' then excluded.body else inbox.body end
    returning id, state`.pipe(Effect.flatMap(decodeKept))
  return { ...woken, fresh: row?.id === id, state: row?.state ?? state }
})

const ParkedRow = Schema.Struct({
  id: Id.InboxId,
  provider: ProviderName.ProviderName,
  tries: Schema.Int,
  clues: Clues,
})
const decodeParked = Schema.decodeUnknownEffect(Schema.Array(ParkedRow))

/** Matches parked events whose time has come, inside a transaction. */
export const rematch = Effect.fnUntraced(function* (sql: Sql, limit: number, now: number, leaseMillis: number) {
  const parked = yield* sql`
    select id, provider, tries, clues from inbox where match_at is not null and match_at <= ${now}
    order by match_at limit ${limit} ${Dialect.forUpdateSkipLocked(sql)}`.pipe(Effect.flatMap(decodeParked))
  return yield* Effect.forEach(
    parked,
    Effect.fnUntraced(function* ({ clues, id, provider, tries: before }) {
      const found = yield* Matching.match(sql, provider, clues, now, leaseMillis)
      const { checkoutId, ...woken } = found
      const tries = before + 1
      const state: InboxEntry.InboxState = Matching.isFound(found) ? "due" : tries >= mostTries ? "ignored" : "parked"
      yield* sql`
        update inbox set ${sql.update({
          state,
          tries,
          awaits: awaits(woken),
          checkout_id: Option.getOrNull(checkoutId),
          match_at: state === "parked" ? matchAt(tries, now) : null,
        })} where id = ${id}`
      return woken
    }),
  )
})
