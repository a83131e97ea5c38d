/**
 * The key and the certificate webhooks are signed with: made when first needed, under an authority made with them, and
 * never written anywhere. The names are those of PayPal's real certificate.
 */
import { DateTime, Effect } from "effect"
import { createHash, generateKeyPair, type KeyObject, randomBytes, sign } from "node:crypto"
import * as Der from "./Der.ts"

export const hosts = ["messageverificationcerts.paypal.com", "messageverificationcerts.sandbox.paypal.com"] as const

export interface Certificate {
  /** The last part of its address: `CERT-…`. */
  readonly id: string
  /** The leaf only, as PayPal serves it. */
  readonly pem: string
  /** The authority that signed it. */
  readonly authorityPem: string
  readonly key: KeyObject
}

interface Pair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

const rsa = Effect.callback<Pair>((resume) => {
  generateKeyPair("rsa", { modulusLength: 2048 }, (error, publicKey, privateKey) =>
    resume(error === null ? Effect.succeed({ publicKey, privateKey }) : Effect.die(error)),
  )
})

const elliptic = Effect.callback<Pair>((resume) => {
  generateKeyPair("ec", { namedCurve: "prime256v1" }, (error, publicKey, privateKey) =>
    resume(error === null ? Effect.succeed({ publicKey, privateKey }) : Effect.die(error)),
  )
})

const name = (common: string) =>
  Der.sequence(
    Der.set(Der.sequence(Der.oid("2.5.4.10"), Der.utf8("Payment emulators"))),
    Der.set(Der.sequence(Der.oid("2.5.4.3"), Der.utf8(common))),
  )

const ecdsaWithSha256 = Der.sequence(Der.oid("1.2.840.10045.4.3.2"))

const extension = (id: string, critical: boolean, value: Uint8Array) =>
  critical
    ? Der.sequence(Der.oid(id), Der.boolean(true), Der.octets(value))
    : Der.sequence(Der.oid(id), Der.octets(value))

/** Names a key by a hash of it (RFC 5280 4.2.1.2). */
const keyId = (key: KeyObject): Buffer =>
  createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest()
    .subarray(0, 20)

const day = 86_400_000
const iso = (millis: number) => DateTime.formatIso(DateTime.makeUnsafe(millis))

const certify = (options: {
  readonly subject: string
  readonly subjectKey: KeyObject
  readonly issuer: string
  readonly issuerKey: KeyObject
  readonly issuerPublicKey: KeyObject
  readonly from: number
  readonly to: number
  readonly extensions: ReadonlyArray<Uint8Array>
}): Buffer => {
  const serial = randomBytes(16)
  const named = [
    extension("2.5.29.14", false, Der.octets(keyId(options.subjectKey))),
    extension("2.5.29.35", false, Der.sequence(Der.tagged(0x80, keyId(options.issuerPublicKey)))),
  ]
  const body = Der.sequence(
    Der.context(0, Der.integer(Buffer.from([2]))),
    Der.integer(serial),
    ecdsaWithSha256,
    name(options.issuer),
    Der.sequence(Der.time(iso(options.from)), Der.time(iso(options.to))),
    name(options.subject),
    options.subjectKey.export({ type: "spki", format: "der" }),
    Der.context(3, Der.sequence(...options.extensions, ...named)),
  )
  return Der.sequence(body, ecdsaWithSha256, Der.bits(sign("SHA256", body, options.issuerKey)))
}

/** A fresh key with its certificate, valid from a day before `now` for a year. */
export const make = Effect.fnUntraced(function* (now: number): Effect.fn.Return<Certificate> {
  const [authority, leaf] = yield* Effect.all([elliptic, rsa], { concurrency: "unbounded" })
  const issuer = "Payment emulators: not a real authority"
  const authorityDer = certify({
    subject: issuer,
    subjectKey: authority.publicKey,
    issuer,
    issuerKey: authority.privateKey,
    issuerPublicKey: authority.publicKey,
    from: now - day,
    to: now + 3650 * day,
    extensions: [
      extension("2.5.29.19", true, Der.sequence(Der.boolean(true))),
      // keyCertSign, cRLSign
      extension("2.5.29.15", true, Der.bits(Buffer.from([0x06]), 1)),
    ],
  })
  const leafDer = certify({
    subject: hosts[0],
    subjectKey: leaf.publicKey,
    issuer,
    issuerKey: authority.privateKey,
    issuerPublicKey: authority.publicKey,
    from: now - day,
    to: now + 365 * day,
    extensions: [
      extension("2.5.29.19", true, Der.sequence()),
      // digitalSignature
      extension("2.5.29.15", true, Der.bits(Buffer.from([0x80]), 7)),
      extension("2.5.29.17", false, Der.sequence(...hosts.map((host) => Der.ia5(2, host)))),
    ],
  })
  return {
    id: `CERT-${randomBytes(4).toString("hex")}-${randomBytes(4).toString("hex")}`,
    pem: Der.pem("CERTIFICATE", leafDer),
    authorityPem: Der.pem("CERTIFICATE", authorityDer),
    key: leaf.privateKey,
  }
})
