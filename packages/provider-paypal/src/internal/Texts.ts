/** What we say, cut to what PayPal takes. */
import { Option } from "effect"

const encoder = new TextEncoder()

/** One line of well-formed text: control characters and line breaks become blanks. */
const oneLine = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " ")
    .trim()

/**
 * At most `bytes` of UTF-8, by whole code points; none when nothing is left. Bytes, because PayPal states its lengths
 * "assuming a US ASCII character" (SDK 2.5.0, `PurchaseUnitRequest.description`).
 */
export const cut = (text: string, bytes: number): Option.Option<string> => {
  let kept = ""
  let size = 0
  for (const point of oneLine(text)) {
    size += encoder.encode(point).length
    if (size > bytes) break
    kept += point
  }
  const trimmed = kept.trim()
  return trimmed === "" ? Option.none() : Option.some(trimmed)
}

/** An address that PayPal surely takes: ASCII, at most 254 characters, no quotes. Others are left out: it only prefills. */
export const email = (text: string): Option.Option<string> =>
  text.length <= 254 && /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9][A-Za-z0-9-]*(\.[A-Za-z0-9-]+)+$/.test(text)
    ? Option.some(text)
    : Option.none()

/** An address on the web in ASCII: IDN as punycode, the rest percent-encoded. */
export const url = (text: string): string => URL.parse(text)?.href ?? text

/** Ids of PayPal's objects. Anything else cannot exist there and is not put into a path. */
export const isId = (text: string): boolean => /^[A-Za-z0-9-]{1,64}$/.test(text)
