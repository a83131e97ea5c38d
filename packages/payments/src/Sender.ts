/** The port to the merchants' servers. Whoever implements it must not let a URL lead to a private address. */
import { Context, type Effect, type Option, Schema } from "effect"

export interface Message {
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  readonly body: string
}

/** What came back; its body is nobody's business. */
export interface Answer {
  readonly status: number
  /** What `Retry-After` says, in milliseconds from now. */
  readonly retryAfter: Option.Option<number>
}

/** There was no answer, or the URL must not be called. */
export class NotSent extends Schema.TaggedError<NotSent>()("NotSent", {
  /** `address_refused`: it leads to a private address; `url_refused`: the URL itself shows that. */
  reason: Schema.Literals([
    "address_refused",
    "url_refused",
    "dns",
    "tls",
    "connection_refused",
    "connection_lost",
    "bad_answer",
    "timeout",
  ]),
}) {
  override get message(): string {
    return `nothing was answered: ${this.reason}`
  }
}

export interface Service {
  /** Posts once, follows no redirect, and gives up by itself. */
  readonly send: (message: Message) => Effect.Effect<Answer, NotSent>
}

export class Sender extends Context.Service<Sender, Service>()("@payment-orchestrator/payments/Sender") {}
