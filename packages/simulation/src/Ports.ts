/** The ports to the database, each step of which passes a guard: the one place to die at, to fail at, and to watch. */
import { CircuitStore } from "@payment-orchestrator/core"
import {
  BackfillStore,
  CheckoutStore,
  DisputeStore,
  Idempotency,
  InboxStore,
  LedgerStore,
  MoveStore,
  RefundStore,
  type StorageError,
  SubscriptionStore,
} from "@payment-orchestrator/payments"
import type { Storage } from "@payment-orchestrator/storage"
import { Context, Effect } from "effect"

/** Runs a step of a port, named `LedgerStore.transact`, with whatever is to happen before and after it. */
export type Guard = <A, E, R>(step: string, effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | StorageError, R>

/** What is seen of the database's answers, and what goes wrong with them. */
export type Watcher = Guard

const isEffect = (member: unknown): member is Effect.Effect<unknown> => Effect.isEffect(member)

/** What is put around an effect of a port. */
type Wrap = (step: string, effect: Effect.Effect<unknown>) => Effect.Effect<unknown, StorageError | Unreachable>
type Unreachable = CircuitStore.StoreUnreachable

/** The same service, each of its effects behind the guard. */
const behind = <S extends object>(name: string, service: S, guard: Wrap): S =>
  new Proxy(service, {
    get: (target, key, receiver) => {
      const member: unknown = Reflect.get(target, key, receiver)
      const step = `${name}.${String(key)}`
      if (isEffect(member)) return guard(step, member)
      if (typeof member !== "function") return member
      return (...args: ReadonlyArray<unknown>) => {
        const answer: unknown = Reflect.apply(member, target, args)
        return isEffect(answer) ? guard(step, answer) : answer
      }
    },
  })

/** Every port that money and its pages go through. */
export const guarded = (storage: Context.Context<Storage.Storage>, guard: Guard): Context.Context<Storage.Storage> => {
  const of =
    <I, S extends object>(key: Context.Service<I, S>, name: string, wrap: Wrap = guard) =>
    <R extends Storage.Storage>(context: Context.Context<R | I>) =>
      Context.add(context, key, behind(name, Context.get(context, key), wrap))
  /** This port has an error of its own, after which circuits go on in memory. */
  const ofCircuits: Wrap = (step, effect) =>
    Effect.catchTag(guard(step, effect), "StorageError", () => Effect.fail(new CircuitStore.StoreUnreachable()))
  return storage.pipe(
    of(CheckoutStore.CheckoutStore, "CheckoutStore"),
    of(LedgerStore.LedgerStore, "LedgerStore"),
    of(MoveStore.MoveStore, "MoveStore"),
    of(RefundStore.RefundStore, "RefundStore"),
    of(SubscriptionStore.SubscriptionStore, "SubscriptionStore"),
    of(DisputeStore.DisputeStore, "DisputeStore"),
    of(InboxStore.InboxStore, "InboxStore"),
    of(BackfillStore.BackfillStore, "BackfillStore"),
    of(Idempotency.Idempotency, "Idempotency"),
    of(CircuitStore.CircuitStore, "CircuitStore", ofCircuits),
  )
}
