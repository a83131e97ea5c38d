import { PayPalEmulator } from "@payment-orchestrator/emulators"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { FetchHttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { X509Certificate } from "node:crypto"
import { rootCertificates } from "node:tls"
import * as Certificates from "../src/internal/Certificates.ts"

const url = "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-aecacc47"
const settings = { mode: "live", baseUrl: undefined } as const

/** PayPal's own host, played by a function. */
const serving = (pem: string) => {
  const seen: Array<string> = []
  const fetch: typeof globalThis.fetch = (input) => {
    seen.push(input instanceof Request ? input.url : String(input))
    return Promise.resolve(new Response(pem))
  }
  return { seen, fetch }
}

const get = (pem: string) =>
  Effect.gen(function* () {
    const certificates = yield* Certificates.make(settings)
    return yield* certificates.get(url).pipe(Effect.provideService(FetchHttpClient.Fetch, serving(pem).fetch))
  })

describe("a certificate from PayPal's own host", () => {
  it.effect("is believed as PayPal serves it: the leaf alone, made out for the signer of webhooks", () =>
    Effect.gen(function* () {
      const { pem } = yield* (yield* PayPalEmulator.make()).certificate
      expect((yield* get(pem)).checkHost("messageverificationcerts.paypal.com")).toBeDefined()
    }),
  )

  it.effect("is not believed when made out for another name, however good its authority", () =>
    Effect.gen(function* () {
      expect(yield* Effect.flip(get(rootCertificates[0] ?? ""))).toMatchObject({ detail: "made out for another name" })
    }),
  )

  it.effect("is not believed with a chain that leads to no root", () =>
    Effect.gen(function* () {
      const { authorityPem, pem } = yield* (yield* PayPalEmulator.make()).certificate
      expect(yield* Effect.flip(get(`${pem}\n${authorityPem}`))).toMatchObject({ detail: "a chain that leads nowhere" })
    }),
  )

  it.effect("is not believed when out of date", () =>
    Effect.gen(function* () {
      const { pem } = yield* (yield* PayPalEmulator.make()).certificate
      yield* TestClock.adjust("366 days")
      expect(yield* Effect.flip(get(pem))).toMatchObject({ detail: "out of date" })
    }),
  )

  it.effect.each(["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "<html>"])("is not %j", (body) =>
    Effect.gen(function* () {
      expect(yield* Effect.flip(get(body))).toMatchObject({ detail: "not a certificate" })
    }),
  )

  it.effect("is asked for again after a day, and after ten minutes when it could not be had", () =>
    Effect.gen(function* () {
      const { pem } = yield* (yield* PayPalEmulator.make()).certificate
      const good = serving(pem)
      const bad = serving("nothing")
      const certificates = yield* Certificates.make(settings)
      const ask = (from: typeof good, address: string) =>
        Effect.ignore(Effect.provideService(certificates.get(address), FetchHttpClient.Fetch, from.fetch))
      yield* ask(good, url)
      yield* ask(bad, `${url}-2`)
      yield* TestClock.adjust("9 minutes")
      yield* ask(good, url)
      yield* ask(bad, `${url}-2`)
      expect([good.seen.length, bad.seen.length]).toEqual([1, 1])
      yield* TestClock.adjust("1 minute")
      yield* ask(good, url)
      yield* ask(bad, `${url}-2`)
      expect([good.seen.length, bad.seen.length]).toEqual([1, 2])
      yield* TestClock.adjust("1 day")
      yield* ask(good, url)
      expect(good.seen.length).toBe(2)
    }),
  )
})

describe("a chain", () => {
  it("ends at a root that Node knows, link by link", () => {
    const [one, two] = rootCertificates.map((pem) => new X509Certificate(pem))
    if (one === undefined || two === undefined) throw new Error("Node knows no roots")
    expect(Certificates.chained([one])).toBe(true)
    expect(Certificates.chained([one, two])).toBe(false)
    expect(Certificates.chained([])).toBe(false)
  })
})

const allowed = (mode: "sandbox" | "live", certUrl: string, baseUrl?: string) =>
  Option.map(Certificates.place({ mode, baseUrl }, certUrl), ({ host }) => host)
const at = (host: string) => `https://${host}/v1/notifications/certs/CERT-1`

describe("the address of a certificate", () => {
  it("is on PayPal's live hosts in live mode, and on the sandbox's hosts too in sandbox mode", () => {
    expect(allowed("live", at("api-m.paypal.com"))).toEqual(Option.some("messageverificationcerts.paypal.com"))
    expect(allowed("live", at("api.sandbox.paypal.com"))).toEqual(Option.none())
    expect(allowed("sandbox", at("api.sandbox.paypal.com"))).toEqual(
      Option.some("messageverificationcerts.sandbox.paypal.com"),
    )
    expect(allowed("sandbox", at("api.paypal.com"))).toEqual(Option.some("messageverificationcerts.paypal.com"))
  })

  it("may be under an overridden base URL, with its path, and then no name is asked for", () => {
    const base = "http://127.0.0.1:4010/paypal"
    expect(allowed("sandbox", `${base}/v1/notifications/certs/CERT-1`, base)).toEqual(Option.some(undefined))
    expect(allowed("sandbox", "http://127.0.0.1:4010/v1/notifications/certs/CERT-1", base)).toEqual(Option.none())
    expect(allowed("sandbox", "http://127.0.0.1:4011/paypal/v1/notifications/certs/CERT-1", base)).toEqual(
      Option.none(),
    )
    expect(allowed("sandbox", at("api.paypal.com"), base)).toEqual(Option.some("messageverificationcerts.paypal.com"))
  })
})
