/** Finds a secret in a text, plain or in the usual disguises. */

/**
 * The parts of a text's Base64 form that are the same wherever the text lies in what was encoded (as in
 * `Basic base64("id:secret")`): one for each of the three alignments.
 */
const base64Cores = (text: string): ReadonlyArray<string> => {
  const bytes = new TextEncoder().encode(text)
  return [0, 1, 2].map((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), bytes])
    const start = Math.ceil((shift * 4) / 3)
    const end = Math.floor((whole.length * 8) / 6)
    return whole.toString("base64").slice(start, end)
  })
}

/** Everything that would give a secret away: itself, URL-encoded, in hexadecimal, in Base64. */
const needles = (secret: string): ReadonlyArray<string> => {
  const base64 = base64Cores(secret)
  return [
    ...new Set([
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString("hex"),
      ...base64,
      ...base64.map((core) => core.replaceAll("+", "-").replaceAll("/", "_")),
    ]),
  ].filter((needle) => needle.length >= 6)
}

/** The secrets that a text gives away; never printed themselves, only by their place in the list. */
export const found = (canaries: ReadonlyArray<string>, text: string): ReadonlyArray<string> =>
  canaries.flatMap((secret, index) =>
    needles(secret).some((needle) => text.includes(needle)) ? [`canary ${index}`] : [],
  )
