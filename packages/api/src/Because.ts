/** Why something is done, in the words of who does it: kept in the audit log, and shown where it tells of that. */
import { Text } from "@payment-orchestrator/domain"
import { Schema } from "effect"

/** At most 255 characters, in one line. */
export const reason = Schema.optionalKey(Text.line(255))

/** A body that may be left out: none is read as `null`. */
export const because = [Schema.Struct({ reason }), Schema.Null] as const
