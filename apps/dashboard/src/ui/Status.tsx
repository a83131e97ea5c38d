/** The states of things, each always in the same colour. */
import type { Alert, CheckoutStatus, Delivery, Drill, Payment, Refund, Subscription } from "../Contract.ts"
import * as Format from "../Format.ts"
import { Pill, type Tone } from "./Parts.tsx"

type State =
  | CheckoutStatus
  | Payment["status"]
  | Refund["status"]
  | Subscription["status"]
  | Delivery["status"]
  | Drill["status"]
  | Alert["severity"]
  | "enabled"
  | "disabled"

const tones: { readonly [state in State]: Tone } = {
  open: "info",
  processing: "warn",
  paid: "good",
  expired: "quiet",
  failed: "bad",
  pending: "warn",
  declined: "bad",
  completed: "good",
  partially_refunded: "info",
  refunded: "quiet",
  succeeded: "good",
  unresolved: "bad",
  incomplete: "quiet",
  trialing: "info",
  active: "good",
  past_due: "bad",
  paused: "warn",
  canceled: "quiet",
  running: "info",
  done: "good",
  interrupted: "warn",
  warning: "warn",
  critical: "bad",
  enabled: "good",
  disabled: "warn",
}

export const Status = ({ of }: { readonly of: State }) => <Pill tone={tones[of]}>{Format.title(of)}</Pill>
