/**
 * The one organisation the access token belongs to.
 */
import type { Settings } from "./State.ts"
import { iso } from "./View.ts"

/** `Organization`, as far as a checkout depends on it. */
export const view = (settings: Settings) => ({
  id: settings.organizationId,
  created_at: iso(0),
  modified_at: null,
  name: settings.organizationName,
  slug: settings.organizationName.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-"),
  avatar_url: null,
  proration_behavior: "prorate",
  allow_customer_updates: true,
  email: null,
  website: null,
  socials: [],
  status: "active",
  details_submitted_at: null,
  onboarding_resubmission_requested_at: null,
  sso_enforced: false,
  default_presentment_currency: settings.defaultCurrency,
  default_tax_behavior: settings.defaultTaxBehavior,
  feature_settings: null,
  embed_hosts: [],
  country: null,
  account_id: null,
  payout_account_id: null,
})
