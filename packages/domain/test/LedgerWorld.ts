/**
 * Buyers, providers and us around one ledger, as data: what is true of each page, snapshots that are fetched now and
 * arrive later, and what `Settlement` does with commands. For properties over every order of facts.
 */
import { Option } from "effect"
import { type Capabilities, Id, Ledger, type Money, ProviderName, type Session } from "@payment-orchestrator/domain"

export const asked: Money.Money = { amount: 9_999, currency: "USD" }

/** What is true of a page at its provider. */
type Truth = "open" | "approved" | "processing" | "paid" | "dead"

export interface Page {
  readonly sessionId: string
  readonly fence: Capabilities.Fence
  truth: Truth
  /** How often money came of it. */
  charges: number
}

type Deed =
  | "buyer acts"
  | "buyer pays slowly"
  | "provider confirms"
  | "provider fails it"
  | "we fetch"
  | "an answer arrives"
  | "a webhook hints"
  | "a look fails"
  | "we capture"
  | "a capture is declined"
  | "we withdraw"
  | "we move on"
  | "we expire"

/** What is done often stands here often. */
const deeds = [
  "buyer acts",
  "buyer acts",
  "buyer acts",
  "buyer pays slowly",
  "provider confirms",
  "provider fails it",
  "we fetch",
  "we fetch",
  "we fetch",
  "an answer arrives",
  "an answer arrives",
  "an answer arrives",
  "a webhook hints",
  "a look fails",
  "we capture",
  "we capture",
  "a capture is declined",
  "we withdraw",
  "we withdraw",
  "we move on",
  "we move on",
  "we move on",
  "we expire",
] as const satisfies ReadonlyArray<Deed>

const providerOf = (fence: Capabilities.Fence) => ProviderName.ProviderName.make(`p-${fence}`)
const attempt = Id.AttemptId.make("att_00000000000000000000000000")

const states: { readonly [truth in Truth]: Session.SessionState } = {
  open: "open",
  approved: "approved",
  processing: "processing",
  paid: "completed",
  dead: "expired",
}

const recordOf = ({ fence, sessionId }: Page): Ledger.SessionRecord => ({
  attemptId: attempt,
  provider: providerOf(fence),
  sessionId,
  status: "payable",
  fence,
  approvals: 0,
  seenAt: 0,
  hintedAt: 0,
  refused: false,
})

export const make = (fences: ReadonlyArray<Capabilities.Fence>, secondPage: Ledger.SecondPage) => {
  const page = (index: number): Page => ({
    sessionId: `S${index}`,
    fence: fences[index % fences.length] ?? "local",
    truth: "open",
    charges: 0,
  })
  const pages = [page(0)]
  const inFlight: Array<Session.SessionSnapshot> = []
  const events: Array<Ledger.Event> = []
  const completes = new Set<string>()
  let now = 1
  let state: Ledger.State = {
    mode: "payment",
    status: "open",
    asked: Option.some(asked),
    late: false,
    sessions: pages.map(recordOf),
    payments: [],
    paidBy: Option.none(),
    reported: [],
  }

  const never = (what: string, wrong: boolean) => {
    if (wrong) throw new Error(`must never happen: ${what}`)
  }

  const step = (next: Ledger.Step) => {
    const before = state
    state = next.state
    events.push(...next.events)
    for (const command of next.commands) {
      if (command._tag !== "Complete") continue
      const key = `${command.sessionId}:${command.approval}`
      never("one approval is charged twice", completes.has(key))
      never("a paid checkout is charged", Option.isSome(before.paidBy))
      never(
        "two pages are charged at once",
        state.sessions.some(({ sessionId, status }) => status === "completing" && sessionId !== command.sessionId),
      )
      completes.add(key)
    }
  }

  const snapshot = (of: Page): Session.SessionSnapshot => ({
    provider: providerOf(of.fence),
    sessionId: of.sessionId,
    mode: "payment",
    state: states[of.truth],
    url: Option.none(),
    attemptId: Option.none(),
    payments: Array.from({ length: of.charges }, (_, index) => ({
      moneyId: `${of.sessionId}-${index}`,
      state: "completed",
      gross: asked,
      fee: Option.none(),
      tax: Option.none(),
      net: Option.none(),
    })),
    subscriptionId: Option.none(),
    expiresAt: Option.none(),
    fetchStartedAt: now,
    requestId: Option.none(),
    rawState: of.truth,
  })

  const recordFor = (of: Page) => state.sessions.find(({ sessionId }) => sessionId === of.sessionId)
  const look = (of: Page) => step(Ledger.apply(state, snapshot(of)))

  const pay = (of: Page) => {
    of.truth = "paid"
    of.charges += 1
  }

  const withdraw = (of: Page) => {
    if (recordFor(of)?.status !== "payable" || of.fence === "none") return
    if (of.fence === "remote" && of.truth !== "open" && of.truth !== "dead") return
    if (of.fence === "remote") of.truth = "dead"
    step(Ledger.withdrawn(state, of.sessionId, of.fence === "remote" ? now : 0))
  }

  /** As `Settlement` does: nobody else may have been paid or be being paid, and other pages are withdrawn first. */
  const capture = (of: Page, declined: boolean) => {
    if (recordFor(of)?.status !== "completing" || of.truth !== "approved") return
    for (const other of pages) {
      const status = recordFor(other)?.status
      if (other === of || (status !== "payable" && status !== "completing")) continue
      look(other)
      withdraw(other)
    }
    step(Ledger.taking(state, of.sessionId, now))
    step(Ledger.spared(state, of.sessionId))
    if (recordFor(of)?.status !== "completing") return
    if (state.sessions.some(({ sessionId, status }) => sessionId !== of.sessionId && status === "completing")) return
    if (declined) of.truth = "open"
    else pay(of)
  }

  const act = (does: Deed, of: Page, index: number): void => {
    switch (does) {
      case "buyer acts":
        if (of.truth !== "open") return
        if (of.fence === "local") of.truth = "approved"
        else pay(of)
        return
      case "buyer pays slowly":
        if (of.truth === "open" && of.fence !== "local") of.truth = "processing"
        return
      case "provider confirms":
        if (of.truth === "processing") pay(of)
        return
      case "provider fails it":
        if (of.truth === "processing") of.truth = "open"
        return
      case "we fetch":
        inFlight.push(snapshot(of))
        return
      case "an answer arrives": {
        const [arrived] = inFlight.splice(index % Math.max(1, inFlight.length), 1)
        // Three roads report the same.
        if (arrived !== undefined) for (let road = 0; road < 3; road += 1) step(Ledger.apply(state, arrived))
        return
      }
      case "a webhook hints":
        state = {
          ...state,
          sessions: state.sessions.map((session) =>
            session.sessionId === of.sessionId ? { ...session, hintedAt: now } : session,
          ),
        }
        return
      case "a look fails":
        return step(Ledger.unseen(state, of.sessionId))
      case "we capture":
        return capture(of, false)
      case "a capture is declined":
        return capture(of, true)
      case "we withdraw":
        return withdraw(of)
      case "we move on": {
        const next = page(pages.length)
        const before = state
        const { attemptId, fence, provider, sessionId } = recordOf(next)
        step(Ledger.moved(state, { attemptId, fence, provider, sessionId }, secondPage))
        if (state === before) return
        never(
          "a page is shown while another is being paid, or may have been",
          before.status !== "open" ||
            before.sessions.some(({ hintedAt, seenAt, status }) => status === "completing" || hintedAt > seenAt),
        )
        pages.push(next)
        return
      }
      case "we expire":
        return step(Ledger.expire(state))
    }
  }

  return {
    pages,
    events,
    state: () => state,
    /** `deed` and `page` are counted round. */
    does: ({ deed, page: index }: { readonly deed: number; readonly page: number }) => {
      now += 1
      const of = pages[index % pages.length]
      const does = deeds[deed % deeds.length]
      if (of !== undefined && does !== undefined) act(does, of, index)
    },
    /** Every page is looked at once more. */
    lookEverywhere: () => {
      now += 1
      pages.forEach(look)
    },
  }
}
