/** What happened since a time, from Stripe's own list of events (kept 30 days). */
import { Effect, Option, Stream } from "effect"
import { type PaymentError, PaymentProvider, type Webhook } from "@payment-orchestrator/domain"
import type { Client } from "../StripeClient.ts"
import { provider } from "./errors.ts"
import * as Events from "./Events.ts"
import * as Objects from "./Objects.ts"
import * as Owners from "./Owners.ts"
import * as Payments from "./Payments.ts"

const operation = "missedEvents"
const pageSize = 100

const eventsOf = (client: Client, livemode: boolean) => (event: Objects.Event) =>
  Owners.isOurs(event, livemode)
    ? Option.match(Events.read(event), {
        onNone: () => Payments.senseless(operation, `an event ${event.type} of another shape`),
        onSome: (reading) => Owners.resolve(client, operation, event, reading),
      })
    : Effect.succeed<ReadonlyArray<Webhook.ProviderEvent>>([])

/**
 * Newest first, as Stripe lists them. Whoever keeps a cursor may move it only when the stream has ended: a failure in
 * the middle leaves the older events unread.
 */
export const missedEvents = (
  client: Client,
  livemode: boolean,
  since: number,
): Stream.Stream<Webhook.ProviderEvent, PaymentError.PaymentError> =>
  Stream.paginate(Option.none<string>(), (after) =>
    Effect.gen(function* () {
      const { value } = yield* client.request(
        operation,
        { name: "a list of events", schema: Objects.listOf(Objects.Event) },
        (sdk) =>
          sdk.events.list({
            created: { gte: Math.floor(since / 1000) },
            types: [...Events.types],
            limit: pageSize,
            ...(Option.isSome(after) ? { starting_after: after.value } : {}),
          }),
      )
      const events = yield* Effect.forEach(value.data, eventsOf(client, livemode), { concurrency: 4 })
      const last = value.has_more === true ? Option.fromUndefinedOr(value.data.at(-1)?.id) : Option.none()
      return [events.flat(), Option.map(last, Option.some)] as const
    }).pipe(PaymentProvider.withDeadline(provider, operation)),
  )
