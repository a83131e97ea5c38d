/** A buyer: a checkout is opened, and its page is fetched. */
import { randomUUID } from "node:crypto"
import { ask } from "./Http.ts"
import type { Program } from "./Programs.ts"

export interface Visit {
  /** From the POST to the whole page, in milliseconds. */
  readonly millis: number
  /** Whether a page came with 200. */
  readonly works: boolean
  /** Whose page; empty when there was none. */
  readonly provider: string
  /** How it went at PayPal: `opened`, or the reason why not. */
  readonly paypal: string
  /** Why it does not work. */
  readonly problem: string
}

interface Opened {
  readonly url?: string
  readonly provider?: string
  readonly attempts?: ReadonlyArray<{ readonly provider: string; readonly result: string; readonly reason?: string }>
}

export interface Wish {
  readonly preferred?: "polar"
}

const since = (begun: number) => performance.now() - begun

/** Opens a checkout without looking at its page. */
export const open = ({ apiKey, url }: Program, { preferred }: Wish = {}) =>
  ask(`${url}/v1/checkouts`, {
    method: "POST",
    headers: { authorization: `Bearer ${apiKey}`, "idempotency-key": randomUUID() },
    body: {
      amount: "99.99",
      currency: "USD",
      success_url: "https://shop.example/thanks",
      cancel_url: "https://shop.example/cart",
      ...(preferred === undefined ? {} : { preferred_provider: preferred }),
    },
  })

export const visit = async (program: Program, wish: Wish = {}): Promise<Visit> => {
  const begun = performance.now()
  const failed = (problem: string, at: Partial<Visit> = {}): Visit => ({
    provider: "",
    paypal: "",
    ...at,
    millis: since(begun),
    works: false,
    problem,
  })
  try {
    const answer = await open(program, wish)
    const opened: Opened = JSON.parse(answer.text)
    const attempt = opened.attempts?.find(({ provider }) => provider === "paypal")
    const paypal = attempt?.reason ?? attempt?.result ?? ""
    if (answer.status !== 201 || opened.url === undefined) {
      return failed(`${answer.status} ${answer.text.slice(0, 200)}`, { paypal })
    }
    const page = await ask(opened.url)
    const provider = opened.provider ?? ""
    if (page.status !== 200) return failed(`page ${page.status}`, { paypal, provider })
    return { millis: since(begun), works: true, provider, paypal, problem: "" }
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error))
  }
}

/** Lets a program get warm. */
export const warm = async (program: Program, times: number): Promise<void> => {
  for (let i = 0; i < times; i++) await visit(program, i % 2 === 0 ? {} : { preferred: "polar" })
}
