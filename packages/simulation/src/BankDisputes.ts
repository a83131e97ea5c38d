/** What is true of the disputes at one simulated provider: which money each is about, how it stands, what it took back. */
import { type Dispute, Money } from "@payment-orchestrator/domain"
import type { BankPayment } from "./Bank.ts"

export interface BankDispute {
  readonly disputeId: string
  readonly payment: BankPayment
  readonly amount: Money.Money
  state: Dispute.DisputeState
  respondBy: number
  /** While it is open, and for good once it is lost, nothing of the money is to be given back: from when and until when. */
  readonly blocks: Array<{ readonly from: number; until: number }>
  /** How often it was closed: one that was won may be opened again. */
  closings: number
  /** How often anything of it changed. */
  changes: number
}

export interface BankDisputes {
  readonly all: ReadonlyMap<string, BankDispute>
  readonly of: (payment: BankPayment) => ReadonlyArray<BankDispute>
  /** About what is left of the money; undefined where nothing is, or it is disputed already. */
  readonly open: (payment: BankPayment, respondBy: number, now: number) => BankDispute | undefined
  /** The merchant is given more time. */
  readonly extend: (dispute: BankDispute, respondBy: number, now: number) => void
  /** One that is lost takes its money back, so far as it is still there. */
  readonly close: (dispute: BankDispute, verdict: "won" | "lost" | "closed", now: number) => void
  /** The buyer does not accept the verdict. */
  readonly reopen: (dispute: BankDispute, now: number) => void
}

export interface Options {
  readonly id: () => string
  readonly announce: (dispute: BankDispute, now: number) => void
  /** The provider takes money back by itself. */
  readonly takeBack: (payment: BankPayment, amount: Money.Money, now: number) => void
}

export const make = ({ announce, id, takeBack }: Options): BankDisputes => {
  const all = new Map<string, BankDispute>()
  const of = (payment: BankPayment) => Array.from(all.values()).filter((dispute) => dispute.payment === payment)
  const left = ({ gross, refunded, reversed }: BankPayment) => gross.amount - refunded - reversed

  return {
    all,
    of,
    open: (payment, respondBy, now) => {
      if (payment.state !== "completed" || left(payment) <= 0 || of(payment).length > 0) return undefined
      const dispute: BankDispute = {
        disputeId: id(),
        payment,
        amount: Money.make(left(payment), payment.gross.currency),
        state: "open",
        respondBy,
        blocks: [{ from: now, until: Infinity }],
        closings: 0,
        changes: 0,
      }
      all.set(dispute.disputeId, dispute)
      announce(dispute, now)
      return dispute
    },
    extend: (dispute, respondBy, now) => {
      if (dispute.state !== "open") return
      dispute.respondBy = respondBy
      dispute.changes += 1
      announce(dispute, now)
    },
    close: (dispute, verdict, now) => {
      if (dispute.state !== "open") return
      dispute.state = verdict
      dispute.closings += 1
      dispute.changes += 1
      const block = dispute.blocks.at(-1)
      if (block !== undefined && verdict !== "lost") block.until = now
      if (verdict === "lost") {
        const amount = Math.min(dispute.amount.amount, left(dispute.payment))
        if (amount > 0) takeBack(dispute.payment, Money.make(amount, dispute.amount.currency), now)
      }
      announce(dispute, now)
    },
    reopen: (dispute, now) => {
      if (dispute.state !== "won") return
      dispute.state = "open"
      dispute.blocks.push({ from: now, until: Infinity })
      dispute.changes += 1
      announce(dispute, now)
    },
  }
}
