/** What the helpers of a stand-in, which play buyers and banks, refuse with. */
import { Schema } from "effect"

/** A helper was asked for something the state does not allow. */
export class NotPossible extends Schema.TaggedError<NotPossible>()("NotPossible", {
  /** What the provider would have answered. */
  status: Schema.Int,
  detail: Schema.String,
}) {
  override get message() {
    return `${this.status} ${this.detail}`
  }
}
