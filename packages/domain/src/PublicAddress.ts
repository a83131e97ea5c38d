/**
 * Which IP addresses belong to the public internet. Everything else (this machine, private networks, a cloud's metadata
 * service, addresses that hide another one) must not be called on somebody else's word.
 */

type Range = readonly [first: number, bits: number]

const ipv4 = (text: string): number | undefined => {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (match === null) return undefined
  const bytes = match.slice(1).map(Number)
  return bytes.every((byte) => byte <= 255) ? bytes.reduce((sum, byte) => sum * 256 + byte, 0) : undefined
}

const range = (cidr: string): Range => {
  const [address = "", bits] = cidr.split("/")
  return [ipv4(address) ?? 0, Number(bits)]
}

/** IANA's special-purpose registry, multicast, and the one public address behind which a cloud keeps its metadata. */
const specialIpv4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "168.63.129.16/32",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
].map(range)

const isPublicIpv4 = (address: number): boolean =>
  !specialIpv4.some(([first, bits]) => Math.floor(address / 2 ** (32 - bits)) === Math.floor(first / 2 ** (32 - bits)))

const group = /^[0-9a-f]{1,4}$/i

/** The eight groups of an IPv6 address, whose last two may be written as an IPv4 address; undefined when it is none. */
const groupsOf = (text: string): ReadonlyArray<number> | undefined => {
  const tail = /(?<=:)\d+\.\d+\.\d+\.\d+$/.exec(text)?.[0]
  const embedded = tail === undefined ? undefined : ipv4(tail)
  if (tail !== undefined && embedded === undefined) return undefined
  const spelt =
    tail === undefined || embedded === undefined
      ? text
      : `${text.slice(0, -tail.length)}${Math.floor(embedded / 65_536).toString(16)}:${(embedded % 65_536).toString(16)}`
  const halves = spelt.split("::")
  if (halves.length > 2) return undefined
  const [before = [], after = []] = halves.map((half) => (half === "" ? [] : half.split(":")))
  if (![...before, ...after].every((part) => group.test(part))) return undefined
  const missing = 8 - before.length - after.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  return [...before, ...Array.from({ length: missing }, () => "0"), ...after].map((part) => Number.parseInt(part, 16))
}

/** Global unicast (2000::/3) without what IANA set aside in it; of NAT64 addresses those that lead to a public one. */
const isPublicIpv6 = (groups: ReadonlyArray<number>): boolean => {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = groups
  if (a === 0x64 && b === 0xff9b && [c, d, e, f].every((zero) => zero === 0)) return isPublicIpv4(g * 65_536 + h)
  const isGlobal = a >= 0x2000 && a <= 0x3fff
  const isProtocol = a === 0x2001 && b < 0x200
  const isExample = (a === 0x2001 && b === 0xdb8) || (a === 0x3fff && b < 0x1000)
  const hidesIpv4 = a === 0x2002
  return isGlobal && !isProtocol && !isExample && !hidesIpv4
}

/** Whether it is an IP address at all, in its usual spelling. */
export const isAddress = (text: string): boolean => ipv4(text) !== undefined || groupsOf(text) !== undefined

/** Whether it is an IP address of the public internet; what cannot be read is not. */
export const isPublic = (text: string): boolean => {
  const address = ipv4(text)
  if (address !== undefined) return isPublicIpv4(address)
  const groups = groupsOf(text)
  return groups !== undefined && isPublicIpv6(groups)
}
