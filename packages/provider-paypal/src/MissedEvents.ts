/** What happened while nobody listened: PayPal's own list of events, newest first. */
import { type PaymentError, PaymentProvider, type Webhook } from "@payment-orchestrator/domain"
import { DateTime, Effect, Option, Result, Stream } from "effect"
import * as Events from "./internal/Events.ts"
import { name } from "./internal/Name.ts"
import * as Requests from "./internal/Requests.ts"
import * as Wire from "./internal/Wire.ts"
import type { PayPalClient } from "./PayPalClient.ts"

const path = "/v1/notifications/webhooks-events"
/** The most PayPal gives at once (OpenAPI of Webhooks v1, `page_size`). */
const pageSize = "300"
/** A list that never ends is not one. */
const mostPages = 1000

/** Each page has a deadline of its own. */
const onePage = PaymentProvider.withDeadline(name, "missedEvents")

interface Cursor {
  readonly query: { readonly [name: string]: string }
  readonly page: number
}

/** Only the query of the next page's address is taken: where to ask is ours to know. */
const nextOf = (page: typeof Wire.Events.Type, cursor: Cursor): Option.Option<Cursor> => {
  const href = Wire.linkOf(page.links, "next")
  const url = href === undefined ? null : URL.parse(href, "https://api-m.paypal.com")
  if (url === null || url.search === "" || cursor.page + 1 >= mostPages) return Option.none()
  const query = Object.fromEntries(url.searchParams)
  return JSON.stringify(query) === JSON.stringify(cursor.query)
    ? Option.none()
    : Option.some({ query, page: cursor.page + 1 })
}

/** An entry that is no event of PayPal's is told to the log and left out: the others matter. */
const eventsOf = (entries: ReadonlyArray<unknown>): Effect.Effect<ReadonlyArray<Webhook.ProviderEvent>> =>
  Effect.map(
    Effect.forEach(entries, (entry) =>
      Result.match(Events.read(entry), {
        onFailure: (detail) => Effect.as(Effect.logWarning(`PayPal's list of events holds ${detail}`), []),
        onSuccess: (events) => Effect.succeed(events),
      }),
    ),
    (events) => events.flat(),
  )

/** Events since a time in epoch milliseconds. They come over TLS from PayPal itself and bear no signature. */
export const since = (
  client: PayPalClient,
  start: number,
): Stream.Stream<Webhook.ProviderEvent, PaymentError.PaymentError> =>
  Stream.paginate<Cursor, Webhook.ProviderEvent, PaymentError.PaymentError>(
    { page: 0, query: { start_time: DateTime.formatIso(DateTime.makeUnsafe(start)), page_size: pageSize } },
    Effect.fnUntraced(function* (cursor) {
      const { value } = yield* onePage(
        client.call(
          { operation: "missedEvents", request: Requests.get(path + Requests.query(cursor.query)) },
          Wire.Events,
        ),
      )
      return [yield* eventsOf(value.events ?? []), nextOf(value, cursor)] as const
    }),
  )
