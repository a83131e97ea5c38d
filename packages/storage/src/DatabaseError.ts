/** The database cannot be used at all, so the process should not start. Says why, and never what `DATABASE_URL` holds. */
import { Schema } from "effect"

export class DatabaseError extends Schema.TaggedError<DatabaseError>()("DatabaseError", {
  /** For the person who starts the process. */
  detail: Schema.String,
}) {
  override get message(): string {
    return this.detail
  }
}
