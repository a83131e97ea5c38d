/** URLs and e-mail addresses in ASCII, as Polar takes them. */

/** Polar's limit for the URLs of a checkout (OpenAPI, `success_url.maxLength`). */
const urlLimit = 2083

/**
 * The URL in ASCII, with braces escaped: pydantic and stricter validators call a raw brace no URI, and Polar would
 * otherwise put the checkout's id in its place. Undefined when it cannot be sent at all.
 */
export const url = (text: string): string | undefined => {
  const ascii = URL.parse(text)?.href.replaceAll("{", "%7B").replaceAll("}", "%7D")
  return ascii !== undefined && ascii.length <= urlLimit ? ascii : undefined
}

/** The address with its domain in ASCII (`büro.example` → `xn--bro-hoa.example`), or as it is when that fails. */
export const email = (address: string): string => {
  const at = address.lastIndexOf("@")
  const host = URL.parse(`http://${address.slice(at + 1)}`)?.hostname
  return at > 0 && host !== undefined && host !== "" ? `${address.slice(0, at)}@${host}` : address
}
