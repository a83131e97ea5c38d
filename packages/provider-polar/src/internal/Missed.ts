/**
 * Back-fill: the deliveries Polar tried to make, and the orders it has.
 *
 * Polar switches an endpoint off after ten events in a row failed, and makes no events for it from then on, so that the
 * deliveries alone would miss what was paid meanwhile, renewals above all.
 */
import { type PaymentError, PaymentProvider, type Webhook } from "@payment-orchestrator/domain"
import { listOrders } from "@polar-sh/sdk/2026-10/services/orders"
import { listWebhookDeliveriesWebhooks } from "@polar-sh/sdk/2026-10/services/webhooks"
import { Clock, DateTime, Effect, Option, Result, Stream } from "effect"
import type { Client } from "../PolarClient.ts"
import { provider } from "./errors.ts"
import * as Events from "./Events.ts"
import * as Wire from "./Wire.ts"

const operation = "missedEvents"
const Deliveries = Wire.page(Wire.Delivery)
const Orders = Wire.page(Wire.Order)
const pageSize = 100

const isoOf = (millis: number) => DateTime.formatIso(DateTime.makeUnsafe(millis))

interface Page {
  readonly events: ReadonlyArray<Webhook.ProviderEvent>
  readonly lastPage: number
}

/** All pages of a list, from the first to the last one Polar counts. */
const pages = (
  read: (page: number) => Effect.Effect<Page, PaymentError.PaymentError>,
): Stream.Stream<Webhook.ProviderEvent, PaymentError.PaymentError> =>
  Stream.paginate(1, (page) =>
    Effect.map(PaymentProvider.withDeadline(provider, operation)(read(page)), ({ events, lastPage }) => [
      events,
      page < lastPage ? Option.some(page + 1) : Option.none(),
    ]),
  )

/** Each event once, however often Polar tried to deliver it. */
const deliveries = (client: Client, since: number, until: number) => {
  const seen = new Set<string>()
  const fresh = ({ webhook_event: event }: typeof Wire.Delivery.Type) => {
    if (seen.has(event.id) || typeof event.payload !== "string") return []
    seen.add(event.id)
    // Payloads of Discord and Slack endpoints are of another form and say the same.
    return Result.getOrElse(Events.fromBody(event.payload, event.id), () => [])
  }
  return pages((page) =>
    client
      .call(operation, Deliveries, "a list of deliveries", (core) =>
        listWebhookDeliveriesWebhooks(core)({
          start_timestamp: isoOf(since),
          end_timestamp: isoOf(until),
          page,
          limit: pageSize,
        }),
      )
      .pipe(Effect.map(({ value }) => ({ events: value.items.flatMap(fresh), lastPage: value.pagination.max_page }))),
  )
}

const orders = (client: Client, since: number) =>
  pages((page) =>
    client
      .call(operation, Orders, "a list of orders", (core) =>
        listOrders(core)({ created_after: isoOf(since), sorting: ["created_at"], page, limit: pageSize }),
      )
      .pipe(
        Effect.map(({ value }) => ({
          events: value.items.flatMap(Events.fromOrder),
          lastPage: value.pagination.max_page,
        })),
      ),
  )

/** What happened since then (epoch milliseconds). */
export const make =
  (client: Client) =>
  (since: number): Stream.Stream<Webhook.ProviderEvent, PaymentError.PaymentError> =>
    Stream.unwrap(
      Effect.map(Clock.currentTimeMillis, (now) =>
        Stream.concat(deliveries(client, since, now), orders(client, since)),
      ),
    )
