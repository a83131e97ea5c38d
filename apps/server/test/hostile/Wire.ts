/** A delivery as bytes on the wire, and every way to change it that needs no key. */
import { Effect } from "effect"
import { request } from "node:http"

export interface Delivery {
  /** A header with several values is sent several times. */
  readonly headers: { readonly [name: string]: string | ReadonlyArray<string> }
  readonly body: Buffer
}

export interface Forgery extends Delivery {
  readonly name: string
}

/** Sends it exactly as it is; the status of the answer. */
export const post = (url: string, { body, headers }: Delivery): Effect.Effect<number> =>
  Effect.callback((resume) => {
    const sent = request(url, { method: "POST", headers: { ...headers, "content-length": body.length } }, (answer) => {
      answer.resume()
      answer.on("end", () => resume(Effect.succeed(answer.statusCode ?? 0)))
    })
    sent.on("error", (error) => resume(Effect.die(error)))
    sent.end(body)
  })

const flipped = (body: Buffer, at: number, bit: number): Buffer => {
  const changed = Buffer.from(body)
  changed[at] = (changed[at] ?? 0) ^ bit
  return changed
}

const without = (headers: Delivery["headers"], name: string) =>
  Object.fromEntries(Object.entries(headers).filter(([other]) => other !== name))

/** One letter or digit in the middle of a text becomes another. */
const altered = (text: string, at: number): string => {
  const old = text[at] ?? ""
  return (
    text.slice(0, at) +
    (old === "A" ? "B" : /[0-9a-f]/.test(old) ? (old === "0" ? "1" : "0") : "A") +
    text.slice(at + 1)
  )
}

/** What can be done to any signed delivery. `signed` are its headers that matter, `signature` the one that proves it. */
export const forgeries = (
  { body, headers }: Delivery,
  { signature, signed }: { readonly signature: string; readonly signed: ReadonlyArray<string> },
): ReadonlyArray<Forgery> => {
  const proof = String(headers[signature])
  const withProof = (value: string | ReadonlyArray<string>) => ({ body, headers: { ...headers, [signature]: value } })
  const places = [0, 1, Math.floor(body.length / 2), body.length - 1]
  return [
    ...places.flatMap((at) =>
      [1, 32, 128].map((bit) => ({ name: `bit ${bit} of byte ${at} flipped`, headers, body: flipped(body, at, bit) })),
    ),
    { name: "last byte cut off", headers, body: body.subarray(0, -1) },
    { name: "a space appended", headers, body: Buffer.concat([body, Buffer.from(" ")]) },
    { name: "a byte order mark before it", headers, body: Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body]) },
    { name: "no body", headers, body: Buffer.alloc(0) },
    { name: "another body", headers, body: Buffer.from('{"id":"evt_1","type":"order.paid"}') },
    { name: "signature altered at its end", ...withProof(altered(proof, proof.length - 8)) },
    { name: "signature altered in its middle", ...withProof(altered(proof, Math.floor(proof.length / 2) + 6)) },
    { name: "signature cut in half", ...withProof(proof.slice(0, Math.floor(proof.length / 2))) },
    { name: "signature empty", ...withProof("") },
    { name: "signature of nothing", ...withProof("v1,") },
    { name: "signature twice", ...withProof([proof, proof]) },
    { name: "signature after a wrong one in a header of its own", ...withProof([altered(proof, 20), proof]) },
    ...signed.map((name) => ({ name: `without ${name}`, body, headers: without(headers, name) })),
    ...signed.map((name) => ({
      name: `${name} twice`,
      body,
      headers: { ...headers, [name]: [String(headers[name]), String(headers[name])] },
    })),
  ]
}
