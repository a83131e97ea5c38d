/**
 * Acme's books: payment requests, transfers and returns, and what is told of them. It shares no code with the adapter,
 * so that it cannot share a mistake with it.
 */
import { randomUUID } from "node:crypto"

export interface Amount {
  readonly amount: string
  readonly currency: string
}

export interface Order {
  readonly reference: string
  readonly amount: Amount
  readonly note: string
  readonly return_url: string
  readonly expires_at: number
}

interface Transfer {
  readonly id: string
  readonly returned: number
}

interface PaymentRequest {
  readonly id: string
  readonly order: Order
  readonly status: "AWAITING_PAYER" | "CONFIRMING" | "SETTLED" | "LAPSED" | "WITHDRAWN"
  readonly transfer: Transfer | null
}

interface Return {
  readonly id: string
  readonly reference: string
  readonly transfer_id: string
  readonly status: "DONE"
  readonly amount: Amount
}

export interface Reply {
  readonly status: number
  readonly body: object
}

const ok = (body: object, status = 200): Reply => ({ status, body })
export const problem = (status: number, code: string, text: string): Reply => ({
  status,
  body: { error: { code, text } },
})
const notHere = problem(404, "NOT_HERE", "There is no such object.")

const decimals: { readonly [currency: string]: number | undefined } = { BRL: 2, USD: 2, CLP: 0 }

/** Whole units of an amount; undefined for a currency that is not served, and for text that is no amount of it. */
const unitsOf = ({ amount, currency }: Amount): number | undefined => {
  const digits = decimals[currency]
  if (digits === undefined) return undefined
  const form = new RegExp(digits === 0 ? "^[0-9]{1,8}$" : `^[0-9]{1,${8 - digits}}\\.[0-9]{${digits}}$`)
  return form.test(amount) ? Number(amount.replace(".", "")) : undefined
}

const textOf = (units: number, currency: string): Amount => {
  const digits = decimals[currency] ?? 0
  const text = String(units).padStart(digits + 1, "0")
  return { amount: digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`, currency }
}

export interface Notice {
  readonly id: string
  readonly kind: string
  readonly at: number
}

export const make = (url: string) => {
  const requests = new Map<string, PaymentRequest>()
  const returns: Array<Return> = []
  const notices: Array<Notice> = []

  const view = ({ id, order, status, transfer }: PaymentRequest) => {
    const { amount, expires_at, reference } = order
    const money = (units: number) => textOf(units, amount.currency)
    const moved =
      transfer === null ? null : { id: transfer.id, amount, fee: money(35), returned: money(transfer.returned) }
    return { id, reference, status, amount, pay_url: `${url}/pay/${id}`, expires_at, transfer: moved }
  }

  const tell = (kind: string, now: number, about: object): void => {
    notices.push({ id: `ntc_${randomUUID()}`, kind, at: now, ...about })
  }

  const put = (request: PaymentRequest, now: number): PaymentRequest => {
    requests.set(request.id, request)
    tell(`payment_request.${request.status.toLowerCase()}`, now, { payment_request: view(request) })
    return request
  }

  /** As it is now: one that nobody paid in time has lapsed. */
  const current = (id: string, now: number): PaymentRequest | undefined => {
    const request = requests.get(id)
    return request?.status === "AWAITING_PAYER" && now >= request.order.expires_at
      ? put({ ...request, status: "LAPSED" }, now)
      : request
  }

  const byTransfer = (id: string) => [...requests.values()].find(({ transfer }) => transfer?.id === id)

  return {
    notices,
    count: () => requests.size,
    returnUrl: (id: string) => requests.get(id)?.order.return_url,
    tell,
    create: (order: Order, now: number): Reply => {
      if ((unitsOf(order.amount) ?? 0) === 0) return problem(422, "INVALID", "The amount is none of ours.")
      if (order.expires_at <= now) return problem(422, "INVALID", "It would have lapsed already.")
      const request: PaymentRequest = { id: `prq_${randomUUID()}`, order, status: "AWAITING_PAYER", transfer: null }
      requests.set(request.id, request)
      return ok(view(request), 201)
    },
    find: (id: string, now: number): Reply => {
      const request = current(id, now)
      return request === undefined ? notHere : ok(view(request))
    },
    byReference: (reference: string): Reply =>
      ok({ payment_requests: [...requests.values()].filter(({ order }) => order.reference === reference).map(view) }),
    withdraw: (id: string, now: number): Reply => {
      const request = current(id, now)
      if (request === undefined) return notHere
      if (request.transfer !== null || request.status === "CONFIRMING") {
        return problem(409, "BEING_PAID", "The payer's bank has it in hand.")
      }
      return ok(view(request.status === "AWAITING_PAYER" ? put({ ...request, status: "WITHDRAWN" }, now) : request))
    },
    /** The payer orders the transfer; the answer is whether that was possible. */
    pay: (id: string, now: number): boolean => {
      const request = current(id, now)
      if (request?.status !== "AWAITING_PAYER") return false
      put({ ...request, status: "CONFIRMING" }, now)
      return true
    },
    /** The payer's bank confirms it. */
    settle: (id: string, now: number): boolean => {
      const request = requests.get(id)
      if (request?.status !== "CONFIRMING") return false
      put({ ...request, status: "SETTLED", transfer: { id: `trf_${randomUUID()}`, returned: 0 } }, now)
      return true
    },
    returnsOf: (transferId: string): Reply =>
      byTransfer(transferId) === undefined
        ? notHere
        : ok({ returns: returns.filter((one) => one.transfer_id === transferId) }),
    giveBack: (transferId: string, reference: string, amount: Amount | undefined, now: number): Reply => {
      const request = byTransfer(transferId)
      if (request?.transfer == null) return notHere
      const left = (unitsOf(request.order.amount) ?? 0) - request.transfer.returned
      const units = amount === undefined ? left : unitsOf(amount)
      if (
        units === undefined ||
        (amount?.currency ?? request.order.amount.currency) !== request.order.amount.currency
      ) {
        return problem(422, "INVALID", "The amount is none of this transfer's.")
      }
      if (units === 0 || units > left) return problem(422, "TOO_MUCH", "That is more than is left of the transfer.")
      const given: Return = {
        id: `rtn_${randomUUID()}`,
        reference,
        transfer_id: transferId,
        status: "DONE",
        amount: textOf(units, request.order.amount.currency),
      }
      returns.push(given)
      const transfer = { ...request.transfer, returned: request.transfer.returned + units }
      requests.set(request.id, { ...request, transfer })
      tell("return.done", now, { return: given })
      return ok(given, 201)
    },
  }
}
