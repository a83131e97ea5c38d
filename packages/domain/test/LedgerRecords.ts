/** One checkout, its pages and what is seen of them, written shortly. */
import { Option } from "effect"
import { Id, Ledger, type Money, ProviderName, type Session } from "@payment-orchestrator/domain"
import { asked } from "./LedgerWorld.ts"

export const paypal = ProviderName.ProviderName.make("paypal")
export const polar = ProviderName.ProviderName.make("polar")
export const stripe = ProviderName.ProviderName.make("stripe")
const fences = { paypal: "local", polar: "none", stripe: "remote" } as const

export const record = (name: keyof typeof fences, sessionId: string): Ledger.SessionRecord => ({
  attemptId: Id.AttemptId.make("att_00000000000000000000000000"),
  provider: { paypal, polar, stripe }[name],
  sessionId,
  status: "payable",
  fence: fences[name],
  approvals: 0,
  seenAt: 0,
  hintedAt: 0,
  refused: false,
})

export const fresh = (...sessions: ReadonlyArray<Ledger.SessionRecord>): Ledger.State => ({
  mode: "payment",
  status: "open",
  asked: Option.some(asked),
  late: false,
  sessions,
  payments: [],
  paidBy: Option.none(),
  reported: [],
})

export const seen = (
  { provider, sessionId }: Ledger.SessionRecord,
  state: Session.SessionState,
  fetchStartedAt: number,
  money: ReadonlyArray<Session.MoneyState> = [],
  gross: Money.Money = asked,
): Session.SessionSnapshot => ({
  provider,
  sessionId,
  mode: "payment",
  state,
  url: Option.none(),
  attemptId: Option.none(),
  payments: money.map((of, index) => ({
    moneyId: `${sessionId}-${index}`,
    state: of,
    gross,
    fee: Option.none(),
    tax: Option.none(),
    net: Option.none(),
  })),
  subscriptionId: Option.none(),
  expiresAt: Option.none(),
  fetchStartedAt,
  requestId: Option.none(),
  rawState: state,
})

export const statuses = (state: Ledger.State) => state.sessions.map(({ sessionId, status }) => `${sessionId} ${status}`)
export const commands = (step: Ledger.Step) => step.commands.map(({ _tag, sessionId }) => `${_tag} ${sessionId}`)
export const currentOf = (state: Ledger.State) =>
  Option.getOrNull(Option.map(Ledger.current(state), (of) => of.sessionId))

export const A = record("paypal", "A")
export const B = record("polar", "B")
export const C = record("stripe", "C")
