/** Where a request comes from, as the proxies that are trusted tell it. */
import { Effect, Option, Result, Schema, SchemaGetter, SchemaIssue } from "effect"
import { HttpServerRequest } from "effect/http"
import { IpNetwork, NetAddress } from "effect/net"

/** An IPv4 address that is written as an IPv6 one is the IPv4 address. */
const canonical = (text: string): Result.Result<NetAddress.IpAddress, NetAddress.NetAddressError> =>
  Result.map(NetAddress.ipFromString(text), (ip) => NetAddress.toCanonical(ip))

/** Without the interface of a link-local address (`fe80::1%eth0`). */
const parse = (text: string): Option.Option<NetAddress.IpAddress> =>
  Result.getSuccess(canonical(text.replace(/%.*$/, "")))

const mostKnown = 1_000
const known = new Map<string, string>()

/** The shortest form of an address. It is kept, because a connection's requests all have the same and one takes some 20 µs. */
const shortest = (text: string): Option.Option<string> => {
  const found = known.get(text)
  if (found !== undefined) return Option.some(found)
  return Option.map(parse(text), (ip) => {
    const short = NetAddress.formatIp(ip)
    if (known.size >= mostKnown) known.clear()
    known.set(text, short)
    return short
  })
}

/** The client's address in its shortest form; none when its connection is gone already. */
export const current = Effect.map(HttpServerRequest.HttpServerRequest, ({ remoteAddress }) =>
  Option.flatMap(remoteAddress, shortest),
)

/** What is counted as one client: an IPv4 address, or the /64 of an IPv6 address, since one client has all of that. */
export const groupOf = (address: Option.Option<string>): string =>
  Option.match(Option.flatMap(address, parse), {
    onNone: () => "unknown",
    onSome: (ip) =>
      NetAddress.isIpv6Address(ip)
        ? NetAddress.ipv6ToSegments(ip)
            .slice(0, 4)
            .map((segment) => segment.toString(16))
            .join(":")
        : NetAddress.formatIp(ip),
  })

/** This machine, and not by way of a proxy on it. */
export const isLocal = Effect.map(HttpServerRequest.HttpServerRequest, ({ headers, remoteAddress }) =>
  Option.exists(
    Option.flatMap(remoteAddress, parse),
    (ip) => NetAddress.isLoopback(ip) && headers["x-forwarded-for"] === undefined,
  ),
)

const networkOf = (text: string): Result.Result<IpNetwork.IpNetwork, NetAddress.NetAddressError> =>
  text.includes("/")
    ? IpNetwork.fromString(text)
    : Result.map(canonical(text), (ip) => IpNetwork.makeUnsafe(ip, NetAddress.width(ip)))

/** Addresses and networks in CIDR notation, separated by commas. */
export const Networks = Schema.String.pipe(
  Schema.decodeTo(Schema.Array(Schema.IpNetwork), {
    decode: SchemaGetter.transformEffect((text: string) =>
      Effect.forEach(
        text.split(",").map((part) => part.trim()),
        (part) =>
          Effect.mapError(
            Effect.fromResult(networkOf(part)),
            () =>
              new SchemaIssue.InvalidValue(
                { message: "must be addresses or networks such as 10.0.0.0/8,192.0.2.7,2001:db8::/32" },
                text,
              ),
          ),
      ),
    ),
    encode: SchemaGetter.transform((networks: ReadonlyArray<IpNetwork.IpNetwork>) =>
      networks.map(IpNetwork.format).join(","),
    ),
  }),
)
