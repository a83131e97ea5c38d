/** What is counted of money and webhooks, under names that stay. */
import { type ProviderName, RejectedWebhook } from "@payment-orchestrator/domain"
import { Effect, Metric } from "effect"

const duplicates = Metric.counter("payment_duplicates_total", {
  description: "Second payments of a checkout that was paid already, by the provider that has the second",
  incremental: true,
})
const webhooks = Metric.counter("payment_webhooks_total", {
  description: "Webhooks that came, by provider and by what became of them",
  incremental: true,
})
const rejections = Metric.counter("payment_webhooks_rejected_total", {
  description:
    "Webhooks that were refused for good or for now, by provider (unknown when nobody has that name) and reason",
  incremental: true,
})

export const duplicateFound = (provider: ProviderName.ProviderName) =>
  Metric.update(Metric.withAttributes(duplicates, { provider }), 1)

/** `rejected`: not genuine. `refused`: could not be checked or kept now; the provider sends it again. */
export type WebhookResult = "received" | "rejected" | "refused"

/** `provider` is one that is known: any other name is anybody's, and no label. */
export const webhookCame = (provider: string, result: WebhookResult) =>
  Metric.update(Metric.withAttributes(webhooks, { provider, result }), 1)

/** Exposes every series from the start, with zeros, so that a rate never begins with a gap. */
export const expose = (providers: ReadonlyArray<ProviderName.ProviderName>): Effect.Effect<void> =>
  Effect.forEach(
    providers,
    (provider) =>
      Effect.andThen(
        Metric.update(Metric.withAttributes(duplicates, { provider }), 0),
        Effect.forEach(["received", "rejected", "refused"], (result) =>
          Metric.update(Metric.withAttributes(webhooks, { provider, result }), 0),
        ),
      ),
    { discard: true },
  )

/** `provider` is null for a name that nobody has. */
export const webhookRejected = (
  provider: ProviderName.ProviderName | null,
  reason: RejectedWebhook.RejectionReason,
  times = 1,
) => Metric.update(Metric.withAttributes(rejections, { provider: provider ?? "unknown", reason }), times)

/** Every reason of every provider, with zeros. */
export const exposeRejections = (providers: ReadonlyArray<ProviderName.ProviderName>): Effect.Effect<void> =>
  Effect.forEach(
    [...providers, null],
    (provider) =>
      Effect.forEach(RejectedWebhook.RejectionReason.literals, (reason) => webhookRejected(provider, reason, 0)),
    { discard: true },
  )
