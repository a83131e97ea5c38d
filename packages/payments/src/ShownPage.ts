/** What is recorded of a plan: its candidates before anybody is asked, and the page it came to before a buyer sees it. */
import type { Failover } from "@payment-orchestrator/core"
import { Option } from "effect"
import type { ShownSession } from "./CheckoutStore.ts"

const of = (
  { turns }: Failover.Plan,
  { attemptId, session }: Extract<Failover.Verdict, { readonly _tag: "Opened" }>,
): ShownSession => {
  const turn = turns.find((candidate) => candidate._tag === "Candidate" && candidate.request.attemptId === attemptId)
  const { expiresAt, provider, sessionId, url } = session
  return {
    attemptId,
    provider,
    sessionId,
    url,
    expiresAt,
    fence: turn?._tag === "Candidate" ? turn.provider.capabilities.fence[turn.request.mode] : "none",
  }
}

/** The candidates of a plan, as they are written before anybody is asked. */
export const planned = ({ turns }: Failover.Plan) =>
  turns.flatMap((turn, position) =>
    turn._tag === "Skip" ? [] : [{ attemptId: turn.request.attemptId, provider: turn.provider.name, position }],
  )

/** The page of a verdict, if there is one. */
export const opened = (plan: Failover.Plan, verdict: Failover.Verdict): Option.Option<ShownSession> =>
  verdict._tag === "Opened" ? Option.some(of(plan, verdict)) : Option.none()
