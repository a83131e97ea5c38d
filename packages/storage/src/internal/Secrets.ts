/** Secrets of endpoints, sealed for the endpoint they belong to. */
import type { Id } from "@payment-orchestrator/domain"
import { DeliveryStore, EndpointStore } from "@payment-orchestrator/payments"
import { Effect, Option, Redacted } from "effect"
import * as Encryption from "../Encryption.ts"

const purpose = (id: Id.EndpointId) => `endpoint:${id}`

export interface Service {
  readonly seal: (id: Id.EndpointId, secret: Redacted.Redacted) => Effect.Effect<string, EndpointStore.NoEncryptionKey>
  readonly open: (id: Id.EndpointId, sealed: string) => Effect.Effect<Redacted.Redacted, DeliveryStore.SecretUnreadable>
}

export const make: Effect.Effect<Service> = Effect.map(Encryption.Encryption, (encryption) => ({
  seal: (id, secret) =>
    Option.match(encryption, {
      onNone: () => Effect.fail(new EndpointStore.NoEncryptionKey()),
      onSome: ({ seal }) => seal(new TextEncoder().encode(Redacted.value(secret)), purpose(id)),
    }),
  open: (id, sealed) =>
    Option.match(encryption, {
      onNone: () =>
        Effect.fail(new DeliveryStore.SecretUnreadable({ detail: new EndpointStore.NoEncryptionKey().message })),
      onSome: ({ open }) =>
        open(sealed, purpose(id)).pipe(
          Effect.map((bytes) => Redacted.make(new TextDecoder().decode(bytes), { label: "endpoint secret" })),
          Effect.mapError(({ message }) => new DeliveryStore.SecretUnreadable({ detail: message })),
        ),
    }),
}))
