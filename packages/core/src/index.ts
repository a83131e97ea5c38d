export * as Circuits from "./Circuits.ts"
export * as Deadline from "./Deadline.ts"
export * as Failover from "./Failover.ts"
export * as FieldErrors from "./FieldErrors.ts"
export * as OrchestratorError from "./OrchestratorError.ts"
export * as OrchestratorLog from "./OrchestratorLog.ts"
export {
  type At,
  type OpenedCheckout,
  type Options,
  PaymentOrchestrator,
  type Plan,
  type PlanOptions,
  type ProviderStatus,
} from "./PaymentOrchestrator.ts"
export * as Router from "./Router.ts"
export * as Settings from "./Settings.ts"
