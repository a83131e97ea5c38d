/**
 * The certificates that PayPal signs webhooks with: fetched from PayPal's own hosts only, checked, and kept.
 *
 * No certificate or authority is pinned: PayPal replaces the leaf every year and may change the authority. PayPal serves
 * the leaf alone and Node does not know the intermediate, so a chain can only be followed to a root when one is
 * delivered; otherwise it is the TLS connection to PayPal's own host, verified by Node, that vouches for the leaf.
 */
import { X509Certificate } from "node:crypto"
import { rootCertificates } from "node:tls"
import { Cache, Clock, Duration, Effect, Exit, Option, Schema, Stream } from "effect"
import { FetchHttpClient, HttpClient } from "effect/http"

/** The certificate could not be had, or is not one to believe. `limited`: too many were asked for lately. */
export class CertificateUnavailable extends Schema.TaggedError<CertificateUnavailable>()("CertificateUnavailable", {
  limited: Schema.Boolean,
  detail: Schema.String,
}) {}

export interface Settings {
  readonly mode: "sandbox" | "live"
  readonly baseUrl: string | undefined
}

/** Where a certificate comes from, and the name it must be made out for (none under an overridden base URL). */
interface Place {
  readonly url: string
  readonly host: string | undefined
}

const live = "messageverificationcerts.paypal.com"
const sandbox = "messageverificationcerts.sandbox.paypal.com"

/** The simulator signs sandbox events with the live certificate; never the other way round. */
const hosts = (mode: Settings["mode"]): ReadonlyMap<string, string> =>
  new Map([
    ["api.paypal.com", live],
    ["api-m.paypal.com", live],
    ...(mode === "sandbox"
      ? [["api.sandbox.paypal.com", sandbox] as const, ["api-m.sandbox.paypal.com", sandbox] as const]
      : []),
  ])

const path = /^\/v1\/notifications\/certs\/CERT-[A-Za-z0-9-]+$/

/** The allow-list of hosts and paths (F49); none for any other address. */
export const place = (settings: Settings, certUrl: string): Option.Option<Place> => {
  const url = certUrl.length <= 500 ? URL.parse(certUrl) : null
  if (url === null || url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    return Option.none()
  }
  const base = settings.baseUrl === undefined ? null : URL.parse(settings.baseUrl)
  if (base !== null && url.origin === base.origin) {
    const prefix = base.pathname.replace(/\/+$/, "")
    if (url.pathname.startsWith(`${prefix}/`) && path.test(url.pathname.slice(prefix.length))) {
      return Option.some({ url: url.href, host: undefined })
    }
  }
  const host = url.protocol === "https:" && url.port === "" ? hosts(settings.mode).get(url.hostname) : undefined
  return host === undefined || !path.test(url.pathname) ? Option.none() : Option.some({ url: url.href, host })
}

const largest = 65_536
const within: Duration.Duration = Duration.seconds(10)

/** Not followed: a redirect would leave the allow-list. */
const noRedirect: RequestInit = { redirect: "manual" }

const unavailable = (detail: string) => new CertificateUnavailable({ limited: false, detail })

const download = (url: string): Effect.Effect<string, CertificateUnavailable> =>
  Effect.gen(function* () {
    const response = yield* HttpClient.get(url)
    if (response.status !== 200) return yield* unavailable(`HTTP ${response.status}`)
    const bytes = yield* response.stream.pipe(
      Stream.runFoldEffect(
        () => new Uint8Array(),
        (held, chunk) =>
          held.length + chunk.length > largest
            ? Effect.fail(unavailable("larger than a certificate is"))
            : Effect.succeed(Uint8Array.from([...held, ...chunk])),
      ),
    )
    return new TextDecoder().decode(bytes)
  }).pipe(
    Effect.timeoutOrElse({ duration: within, orElse: () => Effect.fail(unavailable("no answer in time")) }),
    Effect.catchTag("HttpClientError", () => Effect.fail(unavailable("no answer"))),
    Effect.provideService(FetchHttpClient.RequestInit, noRedirect),
    Effect.provideService(HttpClient.TracerPropagationEnabled, false),
    Effect.provide(FetchHttpClient.layer),
  )

const pem = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g

const parse = (text: string): Effect.Effect<ReadonlyArray<X509Certificate>, CertificateUnavailable> =>
  Effect.try({
    try: () => (text.match(pem) ?? []).slice(0, 5).map((one) => new X509Certificate(one)),
    catch: () => unavailable("not a certificate"),
  })

/** Whether a certificate is valid at a time (epoch milliseconds). */
export const validAt = (certificate: X509Certificate, now: number): boolean =>
  certificate.validFromDate.getTime() <= now && now <= certificate.validToDate.getTime()

const issued = (child: X509Certificate, parent: X509Certificate): boolean =>
  parent.ca && child.checkIssued(parent) && child.verify(parent.publicKey)

/** Whether each certificate is issued by the next one, and the last by a root that Node knows. */
export const chained = (certificates: ReadonlyArray<X509Certificate>): boolean => {
  const last = certificates.at(-1)
  return (
    last !== undefined &&
    certificates.slice(1).every((parent, index) => {
      const child = certificates[index]
      return child !== undefined && issued(child, parent)
    }) &&
    rootCertificates.some((root) => issued(last, new X509Certificate(root)))
  )
}

export interface Certificates {
  /** The certificate behind an address that `place` allows; its dates are the caller's to check at each use. */
  readonly get: (certUrl: string) => Effect.Effect<X509Certificate, CertificateUnavailable>
}

const perMinute = 10

/**
 * At most ten fetches a minute, whatever is asked for; one that failed is not tried again for ten minutes; one that
 * succeeded is kept for a day, as PayPal's own `cache-control` says.
 */
export const make = (settings: Settings): Effect.Effect<Certificates> =>
  Effect.gen(function* () {
    let fetches: ReadonlyArray<number> = []

    const lookup = Effect.fnUntraced(function* (certUrl: string) {
      const from = place(settings, certUrl)
      if (Option.isNone(from)) return yield* unavailable("not an address of PayPal's")
      const now = yield* Clock.currentTimeMillis
      fetches = fetches.filter((at) => at > now - 60_000)
      if (fetches.length >= perMinute) {
        return yield* new CertificateUnavailable({ limited: true, detail: "too many certificates were asked for" })
      }
      fetches = [...fetches, now]
      const certificates = yield* parse(yield* download(from.value.url))
      const [leaf] = certificates
      if (leaf === undefined) return yield* unavailable("not a certificate")
      const { host } = from.value
      if (host !== undefined) {
        if (leaf.checkHost(host) === undefined) return yield* unavailable("made out for another name")
        if (!certificates.every((one) => validAt(one, now))) return yield* unavailable("out of date")
        if (certificates.length > 1 && !chained(certificates)) return yield* unavailable("a chain that leads nowhere")
      }
      return leaf
    })

    const cache = yield* Cache.makeWith(lookup, {
      capacity: 32,
      timeToLive: (exit) => {
        if (Exit.isSuccess(exit)) return Duration.days(1)
        const error = Exit.findErrorOption(exit)
        return Option.exists(error, ({ limited }) => limited) ? Duration.zero : Duration.minutes(10)
      },
    })
    return { get: (certUrl) => Cache.get(cache, certUrl) }
  })
