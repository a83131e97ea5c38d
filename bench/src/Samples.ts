/** Real checkouts of every kind, so that a database can be filled with their like. */
import { randomInt, randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import type { Emulators } from "./Emulators.ts"
import { ask } from "./Http.ts"
import type { Program } from "./Programs.ts"

interface Checkout {
  readonly id: string
  readonly status: string
  readonly provider_session_id: string
  readonly payment_id: string | null
}

/** Asks our API for JSON; what it refuses is an error, unless the status was to be expected. */
const tell = async <A>(program: Program, method: string, path: string, body?: unknown, wanted?: number): Promise<A> => {
  const answer = await ask(`${program.url}/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${program.apiKey}`, "idempotency-key": randomUUID() },
    ...(body === undefined ? {} : { body }),
  })
  if (wanted === undefined ? answer.status >= 300 : answer.status !== wanted) {
    throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
  }
  return JSON.parse(answer.text)
}

const digits = (length: number) => Array.from({ length }, () => randomInt(10)).join("")

const request = () => ({
  amount: "99.99",
  currency: "USD",
  description: "A pair of shoes",
  order_id: `order-${digits(16)}`,
  reference: `cart-${digits(16)}`,
  customer_id: `user-${digits(16)}`,
  customer_email: `buyer-${digits(16)}@example.com`,
  metadata: { campaign: "autumn" },
  success_url: "https://shop.example/thanks",
  cancel_url: "https://shop.example/cart",
})

const open = (program: Program, rest: object = {}, wanted?: number): Promise<Checkout> =>
  tell(program, "POST", "/checkouts", { ...request(), ...rest }, wanted)

const until = async <A>(what: string, look: () => Promise<A>, isThere: (value: A) => boolean): Promise<A> => {
  const end = performance.now() + 30_000
  for (;;) {
    const value = await look()
    if (isThere(value)) return value
    if (performance.now() > end) throw new Error(`${what} did not come: ${JSON.stringify(value)}`)
    await sleep(100)
  }
}

/** The buyer approves, PayPal tells us by webhook, and the money is taken. */
const paid = async (program: Program, emulators: Emulators, rest: object = {}): Promise<Checkout> => {
  const { id, provider_session_id } = await open(program, rest)
  await emulators.act("paypal", "approve", { id: provider_session_id })
  return until(
    "the money",
    () => tell<Checkout>(program, "GET", `/checkouts/${id}`),
    ({ status }) => status === "paid",
  )
}

const http503 = { fault: { kind: "Status", status: 503 } } as const

/** Of twenty: twelve paid (one of them refunded), two subscriptions, four given up, one failed over, one without a page. */
const kinds: ReadonlyArray<
  readonly [times: number, make: (program: Program, emulators: Emulators) => Promise<unknown>]
> = [
  [11, paid],
  [
    1,
    async (program, emulators) => {
      const { payment_id } = await paid(program, emulators)
      await tell(program, "POST", `/payments/${payment_id}/refunds`, { reason: "Customer request" })
    },
  ],
  [
    2,
    (program, emulators) =>
      paid(program, emulators, {
        mode: "subscription",
        price_id: "P-EMULATOR00000000000MONTHLY",
        amount: "10.00",
        currency: "EUR",
      }),
  ],
  [
    4,
    async (program) => {
      const { id } = await open(program)
      await tell(program, "POST", `/checkouts/${id}/expire`)
    },
  ],
  [
    1,
    async (program, emulators) => {
      await emulators.fault("paypal", { route: "POST /v2/checkout/orders", ...http503 })
      const { id } = await open(program)
      await emulators.heal("paypal")
      await tell(program, "POST", `/checkouts/${id}/expire`)
    },
  ],
  [
    1,
    async (program, emulators) => {
      await emulators.fault("paypal", { route: "POST /v2/checkout/orders", ...http503 })
      await emulators.fault("polar", { route: "POST /v1/checkouts/", ...http503 })
      await open(program, {}, 503)
      await emulators.heal("paypal")
      await emulators.heal("polar")
    },
  ],
]

const total = kinds.reduce((sum, [times]) => sum + times, 0)
const day = 86_400_000

interface Page {
  readonly data: ReadonlyArray<{ readonly status?: string; readonly state?: string }>
}

const isUnderWay = ({ state, status }: Page["data"][number]) =>
  status === "pending" || state === "due" || state === "parked"

/** What only time would do to copies of them: nobody looks at what nobody can pay any more, and what was counted adds up. */
export const aged = (copies: number, now: number): string => `
  update sessions set state = 'withdrawn', look_at = null where state in ('payable', 'withdrawn');
  update subscriptions set look_at = ${now + 20 * day};
  update stats set n = n * ${copies / total};`

/** Makes twenty; answers when nothing of them is under way any more. */
export const make = async (program: Program, emulators: Emulators, endpoint: string): Promise<void> => {
  await tell(program, "POST", "/webhook_endpoints", { url: endpoint, events: ["*"] })
  for (const [times, one] of kinds) for (let i = 0; i < times; i++) await one(program, emulators)
  for (const list of ["deliveries", "inbox", "refunds"]) {
    await until(
      `an end of all ${list}`,
      () => tell<Page>(program, "GET", `/${list}?limit=100`),
      ({ data }) => data.length > 0 && !data.some(isUnderWay),
    )
  }
}
