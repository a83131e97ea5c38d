/**
 * As much of DER (ITU-T X.690) as a certificate needs.
 */

const length = (size: number): Buffer => {
  if (size < 0x80) return Buffer.from([size])
  const bytes: Array<number> = []
  for (let rest = size; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return Buffer.from([0x80 + bytes.length, ...bytes])
}

export const tagged = (tag: number, content: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([tag]), length(content.byteLength), content])

export const sequence = (...items: ReadonlyArray<Uint8Array>): Buffer => tagged(0x30, Buffer.concat(items))

export const set = (...items: ReadonlyArray<Uint8Array>): Buffer => tagged(0x31, Buffer.concat(items))

/** A positive integer from its big-endian bytes. */
export const integer = (bytes: Uint8Array): Buffer => {
  let start = 0
  while (start < bytes.byteLength - 1 && bytes[start] === 0) start += 1
  const digits = bytes.subarray(start)
  return tagged(0x02, (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), digits]) : digits)
}

/** `1.2.840.113549` and so on. */
export const oid = (dotted: string): Buffer => {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number)
  const bytes = [first * 40 + second]
  for (const arc of rest) {
    const groups = [arc % 128]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) groups.unshift((left % 128) + 128)
    bytes.push(...groups)
  }
  return tagged(0x06, Buffer.from(bytes))
}

export const boolean = (value: boolean): Buffer => tagged(0x01, Buffer.from([value ? 0xff : 0]))

export const octets = (content: Uint8Array): Buffer => tagged(0x04, content)

/** A bit string; `unused` bits of the last byte do not count. */
export const bits = (content: Uint8Array, unused = 0): Buffer =>
  tagged(0x03, Buffer.concat([Buffer.from([unused]), content]))

export const utf8 = (text: string): Buffer => tagged(0x0c, Buffer.from(text, "utf8"))

/** A time as `YYYYMMDDHHMMSSZ`, from ISO 8601 in UTC; RFC 5280 wants UTCTime before 2050. */
export const time = (iso: string): Buffer => {
  const digits = iso.replace(/\.\d+/, "").replaceAll(/[-:TZ]/g, "")
  return Number(digits.slice(0, 4)) < 2050
    ? tagged(0x17, Buffer.from(`${digits.slice(2)}Z`, "ascii"))
    : tagged(0x18, Buffer.from(`${digits}Z`, "ascii"))
}

/** `[n]`, constructed. */
export const context = (n: number, content: Uint8Array): Buffer => tagged(0xa0 + n, content)

/** `[n] IMPLICIT IA5String`. */
export const ia5 = (n: number, text: string): Buffer => tagged(0x80 + n, Buffer.from(text, "ascii"))

export const pem = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${(
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? []
  ).join("\n")}\n-----END ${label}-----\n`
