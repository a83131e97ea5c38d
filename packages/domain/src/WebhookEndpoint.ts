/** A merchant's URL that receives events. */
import { Schema } from "effect"
import { EventType, subjectOf, typesOf } from "./Event.ts"
import { EndpointId } from "./Id.ts"
import * as Text from "./Text.ts"
import { Timestamp } from "./Timestamp.ts"

const families: ReadonlySet<string> = new Set(Object.keys(typesOf))
const types: ReadonlySet<string> = new Set(EventType.literals)

/** `payment.captured`, all of `payment.*`, or everything: `*`. */
export const EventPattern = Schema.String.check(
  Schema.makeFilter((text: string) => {
    const isFamily = text.endsWith(".*") && families.has(text.slice(0, -2))
    return text === "*" || isFamily || types.has(text) || "must be a type of event, all of one object (payment.*), or *"
  }),
).annotate({ identifier: "EventPattern" })

/** The patterns that a type matches. */
export const patternsOf = (type: EventType): ReadonlyArray<string> => [type, `${subjectOf(type)}.*`, "*"]

/** `disabled`: nothing is sent there; what happens meanwhile waits as `failed` until it is redelivered. */
export const EndpointStatus = Schema.Literals(["enabled", "disabled"]).annotate({ identifier: "EndpointStatus" })
export type EndpointStatus = typeof EndpointStatus.Type

/** Why it is disabled: by its owner, it answered 410, or it failed for five days without a success. */
export const DisabledReason = Schema.Literals(["requested", "gone", "failing"]).annotate({
  identifier: "DisabledReason",
})
export type DisabledReason = typeof DisabledReason.Type

/** What its owner says of it. */
export const settings = {
  url: Schema.String.annotate({ format: "uri" }),
  /** What it wants to hear. */
  events: Schema.Array(EventPattern).check(
    Schema.isMinLength(1, { message: "must name at least one type of event" }),
    Schema.isMaxLength(50, { message: "must have at most 50 patterns" }),
    Schema.isUnique(),
  ),
  description: Schema.NullOr(Text.line(255)),
}

const fields = {
  id: EndpointId,
  ...settings,
  status: EndpointStatus,
  disabledReason: Schema.NullOr(DisabledReason),
  /** Since when nothing has succeeded; null while it works. */
  failingSince: Schema.NullOr(Timestamp),
  tenantId: Schema.String,
  livemode: Schema.Boolean,
  createdAt: Timestamp,
}

const names = {
  disabledReason: "disabled_reason",
  failingSince: "failing_since",
  tenantId: "tenant_id",
  createdAt: "created_at",
} as const

const Wire = Schema.Struct(fields)

/** An endpoint without its secret, which is shown once. */
export const Endpoint = Schema.toType(Wire)
export type Endpoint = typeof Endpoint.Type

/** An endpoint as the HTTP contract writes it. */
export const EndpointJson = Wire.pipe(Schema.encodeKeys(names)).annotate({ identifier: "WebhookEndpoint" })

/** The same with its secret (`whsec_…`), when it is new. */
export const NewEndpointJson = Schema.Struct({ ...fields, secret: Schema.String })
  .pipe(Schema.encodeKeys(names))
  .annotate({ identifier: "NewWebhookEndpoint" })
