/**
 * How far our clock is ahead of the providers', by the `Date` header of their answers. The median of the last five
 * counts, so that one answer that was long on its way says nothing.
 */
import { type ProviderClock, type ProviderName, Timestamp } from "@payment-orchestrator/domain"
import { Context, DateTime, Effect, Option } from "effect"

export interface Service {
  /** To be told every `Date` header. */
  readonly heard: ProviderClock.Listener
  /** Milliseconds by which our clock is ahead, of providers that were heard at least three times. */
  readonly skews: Effect.Effect<ReadonlyMap<ProviderName.ProviderName, number>>
}

export class ClockSkew extends Context.Service<ClockSkew, Service>()("@payment-orchestrator/core/ClockSkew") {}

const kept = 5
const least = 3

/** The header has whole seconds, of which half has passed on average. */
const halfSecond = 500

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

export const make: Effect.Effect<Service> = Effect.sync(() => {
  const samples = new Map<ProviderName.ProviderName, ReadonlyArray<number>>()
  return {
    heard: (provider, date) =>
      Effect.map(Timestamp.now, (now) => {
        const said = Option.fromUndefinedOr(date).pipe(Option.flatMap(DateTime.make))
        if (Option.isNone(said)) return
        const ahead = now - (said.value.epochMilliseconds + halfSecond)
        samples.set(provider, [...(samples.get(provider) ?? []), ahead].slice(-kept))
      }),
    skews: Effect.sync(
      () =>
        new Map(
          Array.from(samples).flatMap(([provider, heard]) =>
            heard.length < least ? [] : [[provider, median(heard)] as const],
          ),
        ),
    ),
  }
})
