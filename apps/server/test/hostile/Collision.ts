/**
 * Another body with the same CRC32. A CRC is linear: flipping a bit of the body flips a set of bits of the checksum that
 * depends only on the place. So 32 places that may be flipped are enough to reach any checksum, by solving for it.
 */
import { crc32 } from "node:zlib"

/** Enough for the places to be independent. */
const room = 64

/** Filler that is text whichever of its bits are flipped: `@` and `A`. */
export const filler = "@".repeat(room)

/** Changes the filler in a text, and nothing else, until its CRC32 is `wanted`. */
export const collide = (text: string, wanted: number): string => {
  const start = text.indexOf(filler)
  const base = crc32(text) >>> 0
  const flip = (at: number) => text.slice(0, start + at) + "A" + text.slice(start + at + 1)
  const rows = Array.from({ length: room }, (_, at) => ({
    effect: (crc32(flip(at)) ^ base) >>> 0,
    places: 1n << BigInt(at),
  }))
  let [rest, chosen] = [(base ^ wanted) >>> 0, 0n]
  for (let bit = 31; bit >= 0; bit--) {
    const mask = 2 ** bit
    const has = (n: number) => Math.floor(n / mask) % 2 === 1
    const pivot = rows.findIndex(({ effect }) => has(effect))
    const [row] = pivot < 0 ? [undefined] : rows.splice(pivot, 1)
    if (row === undefined) {
      if (has(rest)) throw new Error("the places are not independent")
      continue
    }
    for (const other of rows) {
      if (!has(other.effect)) continue
      other.effect = (other.effect ^ row.effect) >>> 0
      other.places ^= row.places
    }
    if (has(rest)) {
      rest = (rest ^ row.effect) >>> 0
      chosen ^= row.places
    }
  }
  const changed = Array.from(filler, (_, at) => ((chosen >> BigInt(at)) & 1n ? "A" : "@")).join("")
  return text.slice(0, start) + changed + text.slice(start + room)
}
