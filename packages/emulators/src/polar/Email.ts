/**
 * The check Polar makes on a buyer's e-mail address: its form, and whether its domain takes mail at all.
 *
 * Source: `server/polar/kit/email.py` of Polar's open-source server (email-validator with deliverability). The stand-in
 * does not ask DNS: the domains that take no mail are a setting.
 */

const form = /^[^\s@]+@([A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+)$/

/** Why the address is refused, or null when it is accepted. */
export const refusal = (address: string, undeliverable: ReadonlyArray<string>): string | null => {
  const match = form.exec(address)
  if (match === null) return "An email address must have an @-sign and a domain with a period."
  const domain = (match[1] ?? "").toLowerCase()
  const bad = undeliverable.some((entry) => domain === entry || domain.endsWith(`.${entry}`))
  return bad ? `The domain name ${domain} does not exist.` : null
}
