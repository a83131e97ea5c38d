/** The providers' stand-ins in a process of their own, and what they are told to do. */
import type { Fault } from "@payment-orchestrator/emulators"
import { fileURLToPath } from "node:url"
import { ask } from "./Http.ts"
import * as Process from "./Process.ts"

type Provider = "paypal" | "polar"

export interface Emulators {
  readonly pid: number
  /** What both programs are configured with; the secrets open nothing but these stand-ins. */
  readonly environment: Readonly<Record<string, string>>
  readonly fault: (provider: Provider, rule: Fault.Rule) => Promise<void>
  readonly refuse: (provider: Provider, on: boolean) => Promise<void>
  /** No fault is played any more, and nobody is refused. */
  readonly heal: (provider: Provider) => Promise<void>
  /** Forgets everything. */
  readonly reset: () => Promise<void>
  /** Makes something happen, such as a buyer who approves. */
  readonly act: (provider: Provider, action: string, body: unknown) => Promise<void>
  readonly stop: () => Promise<void>
}

export interface Options {
  /** Where webhooks go. */
  readonly webhooks?: { readonly paypal: string }
}

export const start = async ({ webhooks }: Options = {}): Promise<Emulators> => {
  const running = await Process.start({
    args: [
      fileURLToPath(import.meta.resolve("@payment-orchestrator/emulators/bin")),
      ...["control", "paypal", "polar", "stripe"].flatMap((name) => [`--${name}-port`, "0"]),
      ...(webhooks === undefined ? [] : ["--paypal-webhook", webhooks.paypal]),
    ],
    environment: {},
    ready: /(control[\s\S]*Ctrl-C)/,
  })
  const control = /control\s+(http\S+)\//.exec(running.address)?.[1] ?? ""
  const environment = Object.fromEntries(
    Array.from(running.address.matchAll(/^ {2}([A-Z_]+)=(.*)$/gm), ([, name = "", value = ""]) => [name, value]),
  )

  const tell = async (method: string, path: string, body?: unknown) => {
    const answer = await ask(`${control}/${path}`, { method, ...(body === undefined ? {} : { body }) })
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
  }
  const refuse = (provider: Provider, on: boolean) => tell("POST", `${provider}/refuse`, { on })

  return {
    pid: running.pid,
    environment,
    refuse,
    fault: (provider, rule) => tell("POST", `${provider}/faults`, rule),
    heal: async (provider) => {
      await tell("DELETE", `${provider}/faults`)
      await refuse(provider, false)
    },
    reset: async () => {
      for (const provider of ["paypal", "polar"]) await tell("POST", `${provider}/reset`, {})
    },
    act: (provider, action, body) => tell("POST", `${provider}/actions/${action}`, body),
    stop: running.stop,
  }
}
