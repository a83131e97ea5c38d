/** How often one address may do something in a minute. Counted in the memory of this process, which is bounded. */
import { Clock, Effect, Option } from "effect"

export interface AddressLimit {
  /** None when the address may still do it; else in how many milliseconds it may again. */
  readonly wait: (address: string) => Effect.Effect<Option.Option<number>>
  /** The same, and counts that it does it. */
  readonly spend: (address: string) => Effect.Effect<Option.Option<number>>
}

const minuteMillis = 60_000

/**
 * A minute begins with an address's first time. `perMinute` 0 means no limit. Of more than `addresses` in one minute
 * those that came first are forgotten.
 */
export const make = ({
  addresses = 100_000,
  perMinute,
}: {
  readonly perMinute: number
  readonly addresses?: number
}): AddressLimit => {
  /** In the order in which their minutes end. */
  const minutes = new Map<string, { readonly endsAt: number; spent: number }>()

  const forget = (now: number) => {
    for (const [address, { endsAt }] of minutes) {
      if (endsAt > now && minutes.size <= addresses) return
      minutes.delete(address)
    }
  }

  const look = (address: string, spends: boolean) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      if (perMinute === 0) return Option.none<number>()
      forget(now)
      const minute = minutes.get(address)
      if (minute === undefined) {
        if (spends) minutes.set(address, { endsAt: now + minuteMillis, spent: 1 })
        forget(now)
        return Option.none<number>()
      }
      if (minute.spent >= perMinute) return Option.some(minute.endsAt - now)
      if (spends) minute.spent += 1
      return Option.none<number>()
    })

  return { wait: (address) => look(address, false), spend: (address) => look(address, true) }
}
