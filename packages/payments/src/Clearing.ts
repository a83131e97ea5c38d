/**
 * What must be out of the way before approved money is taken on one page of a checkout (F61): its other pages are looked
 * at once more and withdrawn. One that is being paid is waited for. Where a provider cannot be reached, the approval is
 * not let lapse for it: a second payment can be given back, a lapsed approval cannot be charged.
 */
import { type Ledger, ProviderName, type Session, Timestamp } from "@payment-orchestrator/domain"
import { Effect, Option } from "effect"
import type { DueSession } from "./LedgerStore.ts"
import * as Rhythm from "./Rhythm.ts"
import type { Trouble } from "./internal/SessionLooks.ts"

/** `blocked`: for now, nothing is taken. */
export type Way = "clear" | "blocked"

export interface Means {
  /** The page whose money is to be taken. */
  readonly session: DueSession
  /** The other pages that may be paid, or are being paid. */
  readonly siblings: ReadonlyArray<DueSession>
  readonly look: (session: DueSession) => Effect.Effect<Option.Option<Ledger.Step>, Trouble>
  readonly withdraw: (session: DueSession) => Effect.Effect<Session.WithdrawResult, Trouble>
}

/** So long before an approval ends its money is taken even though another page's provider cannot be reached. */
const marginMillis = 1_800_000

const isLate = (session: DueSession) =>
  Effect.map(Timestamp.now, (now) => now >= Rhythm.approvalEnds(session) - marginMillis)

/** One that cannot be withdrawn was unpaid a moment ago: the first approval wins. */
const pass = ({ look, session, withdraw }: Means, sibling: DueSession) =>
  Effect.gen(function* (): Effect.fn.Return<Way, Trouble> {
    const step = yield* look(sibling)
    const status = Option.flatMap(step, ({ state }) => Rhythm.statusOf(state, sibling))
    if (Option.contains(status, "completing")) return "blocked"
    if (!Option.contains(status, "payable")) return "clear"
    return (yield* withdraw(sibling)) === "being_paid" ? "blocked" : "clear"
  }).pipe(
    Effect.catchIf(
      (error) => error._tag !== "StorageError",
      (error) =>
        Effect.gen(function* (): Effect.fn.Return<Way> {
          if (!(yield* isLate(session))) return "blocked"
          yield* Effect.logWarning(
            `${ProviderName.label(sibling.provider)} cannot be asked (${error.message}), and the approval of ` +
              `${session.checkoutId} ends soon: its money is taken now`,
          )
          return "clear"
        }),
    ),
  )

/** Every other page is dealt with, also when one of them blocks. */
export const clear = (means: Means): Effect.Effect<Way, Trouble> =>
  Effect.map(
    Effect.forEach(means.siblings, (sibling) => pass(means, sibling)),
    (ways) => (ways.includes("blocked") ? "blocked" : "clear"),
  )
