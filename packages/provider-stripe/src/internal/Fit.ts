/** Making texts fit Stripe's limits, by whole code points, so that no text of a buyer or merchant ends in a 4xx. */
import { domainToASCII } from "node:url"
import { Text } from "@payment-orchestrator/domain"
import { Option } from "effect"

/** {@link Text.fit}, and whether anything was changed. */
export const fit = (text: string, maximum: number): { readonly text: string; readonly changed: boolean } => {
  const clean = Text.fit(text, maximum)
  return { text: clean, changed: clean !== text }
}

/** Stripe's limits for metadata. Source: Stripe API reference, "Metadata". */
const metadataLimits = { keys: 50, key: 40, value: 500 }

/**
 * The merchant's pairs within Stripe's limits, ours added and never displaced. Keys may not contain square brackets;
 * an empty value would mean "remove", so the pair is left out.
 */
export const metadata = (
  theirs: { readonly [key: string]: string },
  ours: { readonly [key: string]: string },
): { readonly pairs: { readonly [key: string]: string }; readonly changed: boolean } => {
  const pairs = new Map(Object.entries(ours))
  let changed = false
  for (const [rawKey, rawValue] of Object.entries(theirs)) {
    const key = fit(rawKey.replaceAll("[", "(").replaceAll("]", ")"), metadataLimits.key).text
    const value = fit(rawValue, metadataLimits.value).text
    const fits = key !== "" && value !== "" && !pairs.has(key) && pairs.size < metadataLimits.keys
    if (fits) pairs.set(key, value)
    changed ||= !fits || key !== rawKey || value !== rawValue
  }
  return { pairs: Object.fromEntries(pairs), changed }
}

const localPart = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/
const hostName = /^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]$/

/**
 * An address that any mail system takes: an ASCII local part and the domain in its ASCII form. None for the rest: the
 * buyer then types the address on Stripe's page.
 */
export const email = (address: string): Option.Option<string> => {
  const at = address.lastIndexOf("@")
  const local = address.slice(0, at)
  const host = address.slice(at + 1)
  const domain = hostName.test(host) ? host : domainToASCII(host)
  return localPart.test(local) && local.length <= 64 && hostName.test(domain) && domain.length <= 253
    ? Option.some(`${local}@${domain}`)
    : Option.none()
}
