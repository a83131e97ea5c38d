/**
 * Checkout Sessions: opening them, and ending those that nobody paid.
 */
import { Result } from "effect"
import * as Form from "./Form.ts"
import type { Session } from "./Model.ts"
import * as Problem from "./Problem.ts"
import * as SessionInput from "./SessionInput.ts"
import { emit, type Turn } from "./State.ts"
import * as View from "./View.ts"

type Outcome<A> = Result.Result<A, Problem.Problem>

/** Opens a session. */
export const create = (turn: Turn, params: Form.Tree): Outcome<Session> =>
  Result.map(SessionInput.read(turn, params), (input) => {
    const session: Session = {
      ...input,
      id: turn.ids.token("cs_test_", 43),
      created: turn.now,
      status: "open",
      payment_status: input.mode === "payment" && input.amount_total === 0 ? "no_payment_required" : "unpaid",
      buyer_email: null,
      payment_intent: null,
      subscription: null,
      invoice: null,
    }
    turn.state.sessions.set(session.id, session)
    return session
  })

/** `POST …/{id}`: only the metadata can be changed. */
export const update = (session: Session, params: Form.Tree): Outcome<Session> =>
  Result.gen(function* () {
    yield* Form.only(params, new Set(["metadata", "expand"]))
    const change = yield* Form.metadata(params["metadata"], "metadata")
    session.metadata = mergeMetadata(session.metadata, params["metadata"], change)
    return session
  })

/** New values over the old ones; a key sent with an empty value is removed, an empty `metadata` removes all. */
export const mergeMetadata = (
  old: Readonly<Record<string, string>>,
  sent: Form.Node | undefined,
  change: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => {
  if (sent === "") return {}
  const removed = new Set(Object.entries(Form.tree(sent)).flatMap(([key, value]) => (value === "" ? [key] : [])))
  return { ...Object.fromEntries(Object.entries(old).filter(([key]) => !removed.has(key))), ...change }
}

const end = (turn: Turn, session: Session): void => {
  session.status = "expired"
  emit(turn, "checkout.session.expired", View.session(session, turn.url))
}

/** `POST …/{id}/expire`: only while open. */
export const expire = (turn: Turn, session: Session): Outcome<Session> => {
  if (session.status !== "open") {
    return Result.fail(
      Problem.refused(
        `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of ${session.status}.`,
      ),
    )
  }
  end(turn, session)
  return Result.succeed(session)
}

/** Expires what nobody paid in time. */
export const expireDue = (turn: Turn): void => {
  for (const session of turn.state.sessions.values()) {
    if (session.status === "open" && session.expires_at <= turn.now) end(turn, session)
  }
}
