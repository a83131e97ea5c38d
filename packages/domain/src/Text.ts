/** Texts as the outside may send them, and cut to what the outside takes: well-formed Unicode, no control characters, bounded. */
import { Schema } from "effect"

/** Text of 1 to `maximum` UTF-16 units that is well-formed Unicode and passes a test of its characters. */
const bounded = (maximum: number, allowed: (text: string) => boolean, rule: string) => {
  const message = `must be 1 to ${maximum} characters of well-formed text ${rule}`
  return Schema.String.check(
    Schema.isMinLength(1, { message }),
    Schema.isMaxLength(maximum, { message }),
    Schema.makeFilter((text: string) => (text.isWellFormed() && allowed(text)) || message),
  )
}

/** Well-formed text of 1 to `maximum` UTF-16 units without control characters (line breaks and tabs included). */
export const line = (maximum: number) => bounded(maximum, (text) => !/\p{Cc}/u.test(text), "without control characters")

/** Like `line`, but line breaks and tabs are allowed. */
export const paragraph = (maximum: number) =>
  bounded(
    maximum,
    (text) => !/[^\P{Cc}\n\r\t]/u.test(text),
    "without control characters other than line breaks and tabs",
  )

/** An absolute `https:` or `http:` URL without user information, at most 2,048 characters. */
export const WebUrl = Schema.String.check(
  Schema.makeFilter((text: string) => {
    const url = text.length <= 2048 && URL.canParse(text) ? new URL(text) : undefined
    return (
      (url !== undefined &&
        (url.protocol === "https:" || url.protocol === "http:") &&
        url.username === "" &&
        url.password === "") ||
      "must be an absolute https: (or http:) URL without user information, at most 2,048 characters"
    )
  }),
).annotate({ format: "uri" })

/** The longest prefix of whole code points within `limit` UTF-16 units (which is never more code points). */
export const cut = (text: string, limit: number): string => {
  const last = text.charCodeAt(limit - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? limit - 1 : limit)
}

/**
 * A text as a provider with a limit takes it: lone surrogates are replaced, control characters become spaces, the ends
 * are trimmed, and what is longer is cut by whole code points. May be empty. Whoever gets another text than was given
 * names the field in `adjusted`.
 */
export const fit = (text: string, limit: number): string =>
  cut(
    text
      .toWellFormed()
      .replaceAll(/\p{Cc}+/gu, " ")
      .trim(),
    limit,
  ).trimEnd()
