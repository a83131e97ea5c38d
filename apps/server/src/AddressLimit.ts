/** How often one address may do something in a minute. Counted in the memory of this process, which is bounded. */
import { Clock, Effect, Option } from "effect"

export interface AddressLimit {
  /** None when the address may still do it; else in how many milliseconds it may again. */
  readonly wait: (address: string) => Effect.Effect<Option.Option<number>>
  /** The same, and counts that it does it. */
  readonly spend: (address: string) => Effect.Effect<Option.Option<number>>
}

const windowMillis = 60_000

/** `perMinute` 0 means no limit. Of more than `addresses` in one minute those that came first are forgotten. */
export const make = ({
  addresses = 100_000,
  perMinute,
}: {
  readonly perMinute: number
  readonly addresses?: number
}): AddressLimit => {
  const counts = new Map<string, number>()
  let window = 0

  const count = (address: string, n: number) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const current = Math.floor(now / windowMillis)
      if (current !== window) counts.clear()
      window = current
      const spent = counts.get(address) ?? 0
      if (perMinute > 0 && spent >= perMinute) return Option.some((current + 1) * windowMillis - now)
      if (n > 0) counts.set(address, spent + n)
      for (const oldest of counts.keys()) {
        if (counts.size <= addresses) break
        counts.delete(oldest)
      }
      return Option.none<number>()
    })

  return { wait: (address) => count(address, 0), spend: (address) => count(address, 1) }
}
