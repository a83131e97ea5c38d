/**
 * Stateful stand-ins of payment providers on real HTTP, and the kit they are made of.
 */
export * as Action from "./Action.ts"
export * as Answer from "./Answer.ts"
export * as Control from "./Control.ts"
export * as Emulator from "./Emulator.ts"
export * as EmulatorClock from "./EmulatorClock.ts"
export * as Fault from "./Fault.ts"
export * as Faults from "./Faults.ts"
export * as Journal from "./Journal.ts"
export * as PayPalEmulator from "./PayPalEmulator.ts"
export * as PolarEmulator from "./PolarEmulator.ts"
export * as StripeEmulator from "./StripeEmulator.ts"
export * as WebhookSender from "./WebhookSender.ts"
