export * as Checkouts from "./Checkouts.ts"
export { CheckoutStore, type StoredCheckout } from "./CheckoutStore.ts"
export * as Idempotency from "./Idempotency.ts"
