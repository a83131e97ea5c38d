/** The database cannot be reached, or did not do what was asked in time. Nothing was promised to anybody. */
import { Schema } from "effect"

export class StorageError extends Schema.TaggedError<StorageError>()("StorageError", {
  /** What was being done, e.g. `claim`. */
  during: Schema.String,
}) {
  override get message(): string {
    return `the database could not be reached (${this.during})`
  }
}
