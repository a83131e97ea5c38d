/**
 * The exact text of one member of a JSON object: signatures are over bytes, and `JSON.parse` forgets them.
 */

const skipString = (text: string, from: number): number => {
  let at = from + 1
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1
  return at + 1
}

const isSpace = (character: string | undefined): boolean =>
  character === " " || character === "\n" || character === "\r" || character === "\t"

const skipSpace = (text: string, from: number): number => {
  let at = from
  while (isSpace(text[at])) at += 1
  return at
}

/** The first position behind the value that starts at `from`. */
const skipValue = (text: string, from: number): number => {
  let depth = 0
  let at = from
  while (at < text.length) {
    const character = text[at]
    if (character === '"') {
      at = skipString(text, at)
      if (depth === 0) return at
      continue
    }
    if (character === "{" || character === "[") depth += 1
    else if (character === "}" || character === "]") {
      if (depth === 0) return at
      depth -= 1
      if (depth === 0) return at + 1
    } else if (depth === 0 && (character === "," || isSpace(character))) return at
    at += 1
  }
  return at
}

/**
 * The text of the member `name` of the object `text` is, or undefined. Of several members of one name the last one
 * counts, as for `JSON.parse`. The text must be valid JSON.
 */
export const of = (text: string, name: string): string | undefined => {
  let found: string | undefined
  let at = skipSpace(text, 0)
  if (text[at] !== "{") return undefined
  at = skipSpace(text, at + 1)
  while (text[at] === '"') {
    const keyEnd = skipString(text, at)
    const key = text.slice(at + 1, keyEnd - 1)
    const start = skipSpace(text, skipSpace(text, keyEnd) + 1)
    const end = skipValue(text, start)
    if (key === name) found = text.slice(start, end)
    at = skipSpace(text, end)
    if (text[at] !== ",") break
    at = skipSpace(text, at + 1)
  }
  return found
}
