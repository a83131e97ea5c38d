/** The pages buyers were shown, as rows. */
import type { Id } from "@payment-orchestrator/domain"
import type { CheckoutStore } from "@payment-orchestrator/payments"
import { Option } from "effect"
import type { SqlClient } from "effect/sql"

/** A page is looked at for the first time so long after it was shown. */
const firstLookMillis = 20_000

/** The pages of a checkout in the order in which they were shown, whatever the clocks said. */
export const inOrder = "nth, created_at, attempt_id"

/** One row per session; answers none when it is there already. A provider's session belongs to one checkout. */
export const insert = (
  sql: SqlClient.SqlClient,
  checkout: { readonly id: Id.CheckoutId; readonly tenantId: string },
  nth: number,
  session: CheckoutStore.ShownSession,
  now: number,
) =>
  sql`
    insert into sessions ${sql.insert({
      attempt_id: session.attemptId,
      checkout_id: checkout.id,
      nth,
      tenant_id: checkout.tenantId,
      provider: session.provider,
      session_id: session.sessionId,
      state: "payable",
      fence: session.fence,
      url: session.url,
      expires_at: Option.getOrNull(session.expiresAt),
      created_at: now,
      look_at: now + firstLookMillis,
    })}
    on conflict (attempt_id) do nothing returning attempt_id`
