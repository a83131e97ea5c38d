/** All ports over one migrated database. */
import type {
  CircuitStore as CircuitStorePort,
  OrchestratorLog as OrchestratorLogPort,
} from "@payment-orchestrator/core"
import type {
  AlertStore as AlertStorePort,
  AuditLog as AuditLogPort,
  BackfillStore as BackfillStorePort,
  CheckoutStore as CheckoutStorePort,
  ConfigurationStore as ConfigurationStorePort,
  DisputeStore as DisputeStorePort,
  DeliveryStore as DeliveryStorePort,
  EndpointStore as EndpointStorePort,
  EventLog as EventLogPort,
  DrainStore as DrainStorePort,
  DrillStore as DrillStorePort,
  ExplanationStore as ExplanationStorePort,
  Idempotency as IdempotencyPort,
  InboxStore as InboxStorePort,
  KeyStore as KeyStorePort,
  LedgerStore as LedgerStorePort,
  MoveStore as MoveStorePort,
  RefundStore as RefundStorePort,
  RejectionStore as RejectionStorePort,
  SignInStore as SignInStorePort,
  StatsStore as StatsStorePort,
  StorageError,
  SubscriptionStore as SubscriptionStorePort,
} from "@payment-orchestrator/payments"
import { type Config, Layer } from "effect"
import type { SqlClient } from "effect/sql"
import * as AlertStore from "./AlertStore.ts"
import * as AuditLog from "./AuditLog.ts"
import * as BackfillStore from "./BackfillStore.ts"
import * as CheckoutStore from "./CheckoutStore.ts"
import * as ConfigurationStore from "./ConfigurationStore.ts"
import * as CircuitStore from "./CircuitStore.ts"
import * as Database from "./Database.ts"
import type { DatabaseError } from "./DatabaseError.ts"
import * as DisputeStore from "./DisputeStore.ts"
import * as DeliveryStore from "./DeliveryStore.ts"
import * as EndpointStore from "./EndpointStore.ts"
import * as EventLog from "./EventLog.ts"
import * as DrainStore from "./DrainStore.ts"
import * as DrillStore from "./DrillStore.ts"
import * as ExplanationStore from "./ExplanationStore.ts"
import * as Idempotency from "./Idempotency.ts"
import * as InboxStore from "./InboxStore.ts"
import * as KeyStore from "./KeyStore.ts"
import * as LedgerStore from "./LedgerStore.ts"
import * as Migrations from "./Migrations.ts"
import * as MoveStore from "./MoveStore.ts"
import * as OrchestratorLog from "./OrchestratorLog.ts"
import * as RefundStore from "./RefundStore.ts"
import * as RejectionStore from "./RejectionStore.ts"
import * as SignInStore from "./SignInStore.ts"
import * as StatsStore from "./StatsStore.ts"
import * as TraceStore from "./TraceStore.ts"
import * as SubscriptionStore from "./SubscriptionStore.ts"

/** The ports that are kept here, and the database itself, for readiness and for transactions of one's own. */
export type Storage =
  | AlertStorePort.AlertStore
  | AuditLogPort.AuditLog
  | BackfillStorePort.BackfillStore
  | CheckoutStorePort.CheckoutStore
  | CircuitStorePort.CircuitStore
  | ConfigurationStorePort.ConfigurationStore
  | DisputeStorePort.DisputeStore
  | DeliveryStorePort.DeliveryStore
  | EndpointStorePort.EndpointStore
  | EventLogPort.EventLog
  | DrainStorePort.DrainStore
  | DrillStorePort.DrillStore
  | ExplanationStorePort.ExplanationStore
  | IdempotencyPort.Idempotency
  | InboxStorePort.InboxStore
  | KeyStorePort.KeyStore
  | LedgerStorePort.LedgerStore
  | MoveStorePort.MoveStore
  | OrchestratorLogPort.OrchestratorLog
  | RefundStorePort.RefundStore
  | RejectionStorePort.RejectionStore
  | SignInStorePort.SignInStore
  | StatsStorePort.StatsStore
  | SubscriptionStorePort.SubscriptionStore
  | SqlClient.SqlClient

const ports = Layer.mergeAll(
  AlertStore.layer,
  AuditLog.layer,
  BackfillStore.layer,
  CheckoutStore.layer,
  CircuitStore.layer,
  ConfigurationStore.layer,
  DisputeStore.layer,
  DeliveryStore.layer,
  EndpointStore.layer,
  EventLog.layer,
  DrainStore.layer,
  DrillStore.layer,
  ExplanationStore.layer,
  Idempotency.layer,
  InboxStore.layer,
  KeyStore.layer,
  LedgerStore.layer,
  MoveStore.layer,
  OrchestratorLog.layer,
  RefundStore.layer,
  RejectionStore.layer,
  SignInStore.layer,
  StatsStore.layer,
  SubscriptionStore.layer,
  TraceStore.layer,
)

/** The ports over a database that is given. It is migrated first. */
export const layerOver = <E, R>(
  database: Layer.Layer<SqlClient.SqlClient, E, R>,
): Layer.Layer<Storage, E | DatabaseError | StorageError, R> =>
  ports.pipe(Layer.provideMerge(Migrations.layer), Layer.provideMerge(database))

/** The ports over the database of `DATABASE_URL`. */
export const layer = (
  options?: Database.Options,
): Layer.Layer<Storage, Config.ConfigError | DatabaseError | StorageError> => layerOver(Database.layer(options))

/** The ports over SQLite in memory: empty each time it is built, and lost with the scope. */
export const layerMemory: Layer.Layer<Storage, DatabaseError | StorageError> = Layer.fresh(
  layerOver(Database.layerSqlite(":memory:")),
)
