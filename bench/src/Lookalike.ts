/** Ids that look like a given one: as long, of the same characters, and in time order where the given one is. */

/** A whole number from 0, below the limit. */
export type Random = (limit: number) => number

/** The same numbers for the same seed (xorshift). */
export const random = (seed: number): Random => {
  let state = (seed ^ 0x9e3779b9) | 1
  return (limit) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % limit
  }
}

/** How another one is made, by how many milliseconds it is later. */
export type Other = (shift: number, by: Random) => string

const base32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
const pairs = Array.from(base32, (a) => Array.from(base32, (b) => a + b)).flat()
const own = /^([a-z]+_)([0-9A-HJKMNP-TV-Z]{10})[0-9A-HJKMNP-TV-Z]{16}$/
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

const timeOf = (digits: string): number =>
  Array.from(digits).reduce((sum, digit) => sum * 32 + base32.indexOf(digit), 0)

const digitsOf = (time: number): string => {
  let text = ""
  for (let rest = time, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) text = (base32[rest % 32] ?? "") + text
  return text
}

const kinds: ReadonlyArray<readonly [has: RegExp, characters: string]> = [
  [/[0-9]/, "0123456789"],
  [/[A-Z]/, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"],
]

/** Each digit becomes another digit, each capital another capital; in a UUID, each hexadecimal digit another one. */
const scrambled = (text: string): Other => {
  const choices = Array.from(text, (character) =>
    uuid.test(text) && character !== "-"
      ? "0123456789abcdef"
      : (kinds.find(([has]) => has.test(character))?.[1] ?? character),
  )
  return (_, by) => {
    let made = ""
    for (const choice of choices) made += choice.length === 1 ? choice : (choice[by(choice.length)] ?? "")
    return made
  }
}

export const of = (text: string): Other => {
  const [, prefix = "", digits = ""] = own.exec(text) ?? []
  if (digits === "") return scrambled(text)
  const time = timeOf(digits)
  return (shift, by) => {
    let made = prefix + digitsOf(time + shift)
    for (let i = 0; i < 8; i++) made += pairs[by(1024)] ?? ""
    return made
  }
}
