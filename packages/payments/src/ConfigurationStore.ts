/** The port to the environment that the server was last started with. */
import { Context, type Effect, type Option } from "effect"
import type { Entry } from "./AuditLog.ts"
import type { StorageError } from "./StorageError.ts"

export interface Variable {
  readonly name: string
  /** What it held; null for a secret. */
  readonly value: string | null
  /** Of a secret: a salted digest. */
  readonly digest: string | null
}

export interface Recorded {
  /** Goes up with every change. */
  readonly version: number
  readonly variables: ReadonlyArray<Variable>
}

export interface Change {
  /** What this was compared with; none when nothing was recorded yet. */
  readonly since: Option.Option<number>
  /** Those that were added or hold something else. */
  readonly put: ReadonlyArray<Variable>
  readonly removed: ReadonlyArray<string>
  readonly entry: Option.Option<Entry>
}

export interface Service {
  /** Of these names; none when no start was recorded yet. */
  readonly read: (names: ReadonlyArray<string>) => Effect.Effect<Option.Option<Recorded>, StorageError>
  /** Writes what has changed, with its row of the audit log, in one transaction. False: another start has written since. */
  readonly write: (change: Change) => Effect.Effect<boolean, StorageError>
}

export class ConfigurationStore extends Context.Service<ConfigurationStore, Service>()(
  "@payment-orchestrator/payments/ConfigurationStore",
) {}
