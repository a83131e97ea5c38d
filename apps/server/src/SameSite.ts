/**
 * Whether a form was sent by our own page. Browsers say so: newer ones in `Sec-Fetch-Site`, older ones in `Origin`. What
 * says neither is no browser that another site could make send it.
 */
import type { Headers } from "effect/http"

export const isOurs = (headers: Headers.Headers, publicUrl: string): boolean => {
  const site = headers["sec-fetch-site"]
  if (site !== undefined) return site === "same-origin" || site === "none"
  const { origin } = headers
  return origin === undefined || origin === new URL(publicUrl).origin
}
