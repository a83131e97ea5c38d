/** Deliveries and listed events as what is kept of them. */
import { Id, ProviderName, type Webhook } from "@payment-orchestrator/domain"
import { Array, Option, Schema } from "effect"
import { createHash } from "node:crypto"
import * as Clue from "./Clue.ts"
import type { Arrival } from "./InboxStore.ts"

const text = (body: Uint8Array): string => new TextDecoder().decode(body)

/** Where providers write the type of an event; only a label for people. */
const Labelled = Schema.fromJsonString(
  Schema.Struct({ type: Schema.optionalKey(Schema.String), event_type: Schema.optionalKey(Schema.String) }),
)
const labels = Schema.decodeUnknownOption(Labelled)
const label = /^[\w.:-]{1,100}$/

/** A delivery of a type that is not needed is told apart by its bytes. */
const unneeded = (provider: string, body: Uint8Array): Arrival => {
  const type = Option.flatMapNullishOr(labels(text(body)), ({ event_type, type }) => event_type ?? type)
  return {
    provider: ProviderName.ProviderName.make(provider),
    eventId: `sha256:${createHash("sha256").update(body).digest("hex")}`,
    type: Option.getOrElse(
      Option.filter(type, (name) => label.test(name)),
      () => "unknown",
    ),
    subject: "unknown",
    origin: "webhook",
    occurredAt: Option.none(),
    body,
    clues: [],
  }
}

/** One for each event id; a delivery may tell several things of one event. */
export const of = (
  { body, provider }: Webhook.RawWebhook & { readonly provider: string },
  events: ReadonlyArray<Webhook.ProviderEvent>,
): ReadonlyArray<Arrival> => {
  const byId = Object.values(Array.groupBy(events, ({ eventId }) => eventId))
  return byId.length === 0
    ? [unneeded(provider, body)]
    : byId.map(([first, ...others]) => ({
        ...listed(first),
        origin: "webhook",
        body,
        clues: [first, ...others].map(Clue.of),
      }))
}

/** An event that a provider's own list holds. */
export const listed = (event: Webhook.ProviderEvent): Arrival => {
  const { eventId, occurredAt, provider, type } = event
  return {
    provider,
    eventId,
    type,
    occurredAt,
    subject: Clue.subjectOf(event),
    origin: "backfill",
    body: new Uint8Array(),
    clues: [Clue.of(event)],
  }
}

/** What could not be verified is believed in nothing, but the attempts it names may be looked at: so many at most. */
const mostNamed = 3

/** Our attempt ids in the bytes of a delivery. */
export const attemptsNamed = (body: Uint8Array): ReadonlyArray<Id.AttemptId> =>
  Array.dedupe(text(body).match(/att_[0-9A-HJKMNP-TV-Z]{26}/g) ?? [])
    .slice(0, mostNamed)
    .map((id) => Id.AttemptId.make(id))
