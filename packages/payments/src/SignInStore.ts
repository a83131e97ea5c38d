/** The port to people's sign-ins. A sign-in's token is never stored, only its digest. */
import type { Id } from "@payment-orchestrator/domain"
import { Context, type Effect, type Option } from "effect"
import type { StorageError } from "./StorageError.ts"

export interface SignIn {
  /** Of its token. */
  readonly digest: string
  /** The key that it stands for. */
  readonly keyId: Id.KeyId
  /** Says which secret a key had that is no row; see `SignIns`. */
  readonly proof: string
  /** Epoch milliseconds, like the moments below. */
  readonly createdAt: number
  /** When a person last did something with it. */
  readonly usedAt: number
  readonly expiresAt: number
}

export interface Service {
  readonly add: (signIn: SignIn) => Effect.Effect<void, StorageError>
  readonly find: (digest: string) => Effect.Effect<Option.Option<SignIn>, StorageError>
  readonly used: (digest: string, at: number) => Effect.Effect<void, StorageError>
  readonly remove: (digest: string) => Effect.Effect<void, StorageError>
}

export class SignInStore extends Context.Service<SignInStore, Service>()(
  "@payment-orchestrator/payments/SignInStore",
) {}
