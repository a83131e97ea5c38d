/**
 * Whether a merchant's URL may be called at all, as far as the URL itself shows it. A name is resolved when something is
 * sent there, and its addresses are checked then.
 */
import * as PublicAddress from "./PublicAddress.ts"

export interface Policy {
  /** Whether `http:` and private addresses may be called: `PAYMENT_ALLOW_PRIVATE_ENDPOINTS`. */
  readonly allowPrivate: boolean
}

/** Ports from 1024 up that browsers refuse, because what listens there is not HTTP (the Fetch standard's bad ports). */
const badPorts: ReadonlySet<number> = new Set([
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10_080,
])

const privateNames = /^(.*\.)?(localhost|local|internal|home\.arpa)$/

/** The host without the brackets of an IPv6 address and the dot that may end a name. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$|\.$/g, "")

const isPrivateHost = (host: string): boolean =>
  PublicAddress.isAddress(host) ? !PublicAddress.isPublic(host) : privateNames.test(host) || !host.includes(".")

const portFault = ({ port, protocol }: URL, { allowPrivate }: Policy): string | undefined => {
  if (port === "") return undefined
  const number = Number(port)
  const isUsual = number >= 1024 || (allowPrivate && protocol === "http:" && number > 0)
  return isUsual && !badPorts.has(number)
    ? undefined
    : "must have port 443 or one from 1024 up where other services do not listen"
}

/**
 * Why it must not be called; undefined when the URL shows no reason. The WHATWG parser has already turned decimal, octal,
 * hexadecimal and short spellings of an IPv4 address into the usual one.
 */
export const faultOf = (text: string, policy: Policy): string | undefined => {
  const { allowPrivate } = policy
  const scheme = allowPrivate ? "https: or http:" : "https:"
  if (text.length > 2048) return "must have at most 2,048 characters"
  if (!URL.canParse(text)) return `must be an absolute ${scheme} URL`
  const url = new URL(text)
  if (url.protocol !== "https:" && !(allowPrivate && url.protocol === "http:")) return `must be an ${scheme} URL`
  if (url.username !== "" || url.password !== "") return "must not hold a user name or a password"
  if (url.hash !== "") return "must not have a fragment"
  if (!allowPrivate && isPrivateHost(hostOf(url))) return "must lead to a public host, not to a private one"
  return portFault(url, policy)
}
