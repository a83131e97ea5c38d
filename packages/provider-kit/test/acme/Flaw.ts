/**
 * The mistakes that an adapter of Acme can be made to have, so that the suite can show that it sees them. The limits
 * are mistakes only where the capabilities do not own up to them.
 */
export type Limit =
  | "uses a new key each time"
  | "finds nothing by attempt"
  | "cannot withdraw"
  | "refuses partial refunds"
  | "cancels at once instead of later"

export type Flaw =
  | "asks twice"
  | "takes a 503 for a session"
  | "takes 429 for permanent"
  | "takes 409 for transient"
  | "calls a 500 refused"
  | "waits a day"
  | "shows its secret in an error"
  | "logs its token"
  | "remembers a failed token"
  | "cannot be interrupted"
  | "leaves its request running"
  | "names the wrong operation"
  | "sends a lost refund under another key"
  | "takes a lost answer for a refusal"
  | "has its own deadline"
  | "follows redirects"
  | Limit
  | "counts every currency in cents"
  | "skips the constructor"
  | "takes a refund of too much for done"
  | "takes an unknown session for an error"
  | "takes a second cancellation for an error"
  | "forgets the renewals"
  | "verifies the JSON instead of the bytes"
  | "takes the first of two headers"
  | "ignores the age of a delivery"
  | "fails on unknown types"
  | "sells what is archived"
  | "cuts characters in half"
  | "lets the merchant rename the attempt"
  | "calls a withdrawn session withdrawn without asking"
  | "takes a page that charges by itself for one that waits for us"
