/** Texts on their way to Polar: well-formed, without control characters, cut by whole code points. */

/** The longest prefix of whole code points within `limit` UTF-16 units. */
export const cut = (text: string, limit: number): string => {
  if (text.length <= limit) return text
  const last = text.charCodeAt(limit - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? limit - 1 : limit)
}

/**
 * Safe for JSON and for a Postgres text column: lone surrogates are replaced, control characters (NUL above all, which
 * Postgres refuses) become spaces, the ends are trimmed.
 */
export const clean = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(/\p{Cc}+/gu, " ")
    .trim()

/** Polar's limit for the URLs of a checkout (OpenAPI, `success_url.maxLength`). */
export const urlLimit = 2083

/**
 * The URL in ASCII, with braces escaped: pydantic and stricter validators call a raw brace no URI, and Polar would
 * otherwise put the checkout's id in its place. Undefined when it cannot be sent at all.
 */
export const asciiUrl = (text: string): string | undefined => {
  const url = URL.parse(text)?.href.replaceAll("{", "%7B").replaceAll("}", "%7D")
  return url !== undefined && url.length <= urlLimit ? url : undefined
}

/** The address with its domain in ASCII (`büro.example` → `xn--bro-hoa.example`), or as it is when that fails. */
export const asciiEmail = (address: string): string => {
  const at = address.lastIndexOf("@")
  const host = URL.parse(`http://${address.slice(at + 1)}`)?.hostname
  return at > 0 && host !== undefined && host !== "" ? `${address.slice(0, at)}@${host}` : address
}
