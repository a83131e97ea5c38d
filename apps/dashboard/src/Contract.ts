/** What the server answers, as the HTTP contract writes it. Types only: no schema is loaded in a browser. */
import type {
  Audit,
  Configuration as ConfigurationContract,
  Keys,
  Operations,
  Problem,
  Providers,
  Session as SessionContract,
} from "@payment-orchestrator/api"
import type {
  Alert as AlertDomain,
  Checkout as CheckoutDomain,
  Delivery as DeliveryDomain,
  Dispute as DisputeDomain,
  Drill as DrillDomain,
  Event as EventDomain,
  EventCatalogue,
  Explanation as ExplanationDomain,
  InboxEntry as InboxDomain,
  Payment as PaymentDomain,
  Refund as RefundDomain,
  RejectedWebhook as RejectedDomain,
  Subscription as SubscriptionDomain,
  WebhookEndpoint,
} from "@payment-orchestrator/domain"

export type Session = typeof SessionContract.Session.Encoded
export type Checkout = typeof CheckoutDomain.CheckoutJson.Encoded
export type CheckoutStatus = CheckoutDomain.CheckoutStatus
export type Explanation = typeof ExplanationDomain.Explanation.Encoded
export type Entry = Explanation["data"][number]
export type Payment = typeof PaymentDomain.PaymentJson.Encoded
export type Refund = typeof RefundDomain.RefundJson.Encoded
export type Subscription = typeof SubscriptionDomain.SubscriptionJson.Encoded
export type Event = typeof EventCatalogue.EventJson.Encoded
export type EventType = EventDomain.EventType
export type Delivery = typeof DeliveryDomain.DeliveryJson.Encoded
export type Dispute = typeof DisputeDomain.DisputeJson.Encoded
export type Endpoint = typeof WebhookEndpoint.EndpointJson.Encoded
export type NewEndpoint = typeof WebhookEndpoint.NewEndpointJson.Encoded
export type Alert = typeof AlertDomain.AlertJson.Encoded
export type Drill = typeof DrillDomain.DrillJson.Encoded
export type InboxEntry = typeof InboxDomain.InboxEntryJson.Encoded
export type RejectedWebhook = typeof RejectedDomain.RejectedWebhookJson.Encoded
export type Failover = typeof Operations.Failover.Encoded
export type Series = typeof Operations.Series.Encoded
export type Provider = typeof Providers.Provider.Encoded
export type Key = typeof Keys.Key.Encoded
export type NewKey = typeof Keys.NewKey.Encoded
export type AuditRecord = typeof Audit.AuditRecord.Encoded
export type Configuration = typeof ConfigurationContract.Configuration.Encoded
export type FieldError = typeof Problem.FieldError.Encoded

/** A page of a list. */
export interface Page<Row> {
  readonly data: ReadonlyArray<Row>
  readonly next_cursor: string | null
}
