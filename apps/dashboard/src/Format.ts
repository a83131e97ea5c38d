/** How numbers, times and money look. Times are in the viewer's zone. */

const stampFormat = new Intl.DateTimeFormat(undefined, {
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hour12: false,
})
const clockFormat = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hour12: false,
})
const dayFormat = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "short", day: "numeric" })

export const stamp = (iso: string): string => stampFormat.format(new Date(iso))
export const clock = (iso: string): string => clockFormat.format(new Date(iso))
export const day = (iso: string): string => dayFormat.format(new Date(iso))

/** For a `title`. */
export const utc = (iso: string): string => new Date(iso).toISOString().replace("T", " ").replace("Z", " UTC")

const units: ReadonlyArray<readonly [Intl.RelativeTimeFormatUnit, number]> = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
]
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "narrow" })

/** `3 min. ago`. */
export const ago = (iso: string, now: number): string => {
  const millis = new Date(iso).getTime() - now
  for (const [unit, size] of units) {
    if (Math.abs(millis) >= size) return relative.format(Math.trunc(millis / size), unit)
  }
  return "just now"
}

/** `0 ms`, `340 ms`, `2.1 s`, `3 min`. */
export const duration = (millis: number): string => {
  if (millis < 1_000) return `${Math.round(millis)} ms`
  if (millis < 60_000) return `${(millis / 1_000).toFixed(millis < 10_000 ? 1 : 0)} s`
  return `${Math.round(millis / 60_000)} min`
}

export const percent = (share: number): string => `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`

export const count = (n: number): string => n.toLocaleString("en")

/** The contract's decimal text with its currency. */
export const money = (amount: string | number | null, currency: string): string => {
  if (amount === null) return "–"
  const text = String(amount)
  const digits = text.includes(".") ? text.length - text.indexOf(".") - 1 : 0
  const value = Number(text)
  return new Intl.NumberFormat("en", {
    style: "currency",
    currency,
    currencyDisplay: "narrowSymbol",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value)
}

/** `http_503` → `HTTP 503`, `circuit_open` → `circuit open`. */
export const words = (code: string): string => code.replace(/^http_/, "HTTP ").replaceAll("_", " ")

/** The same as the beginning of a line. */
export const title = (code: string): string => {
  const text = words(code)
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** A number or a text behind a sentence. */
export const detail = (value: string | number): string =>
  typeof value === "number" ? String(Math.round(value * 1_000) / 1_000) : value

const names: { readonly [provider: string]: string } = { paypal: "PayPal", polar: "Polar", stripe: "Stripe" }
export const provider = (name: string): string => names[name] ?? name

/** Ids are long: their end tells them apart. */
export const shortId = (id: string): string =>
  id.length > 18 ? `${id.slice(0, id.indexOf("_") + 1)}…${id.slice(-8)}` : id
