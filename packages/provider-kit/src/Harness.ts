/**
 * What an author of a provider brings to the conformance suite: the provider built through its own real client, and a
 * scripted back end that speaks the provider's own protocol over HTTP.
 */
import type { Effect, Scope } from "effect"
import type { Catalog, Money, PaymentProvider, Webhook } from "@payment-orchestrator/domain"

/**
 * A fault on the route that opens a session (where there is a token endpoint, not on that), as the provider's own back
 * end would show it.
 *
 * `Status`: an answer of that status; `body` is sent as it is, and is the provider's own error body when absent (for 409
 * one that does not say "still running"). `Html`: a page of a proxy.
 * `Hang`: the request is read and never answered. `StallBody`: headers and a part of the body, then silence.
 * `SlowDrip`: the body arrives so slowly that no deadline holds. `CutBody`: the connection ends in the middle of the
 * body, by RST or FIN. `Reset`: the connection is reset after the request was read, before a byte of the answer.
 * `Refuse`: nobody listens on the port (the suite calls no create before it, so no connection is kept alive).
 * `MalformedJson`, `WrongShape`, `EmptyBody`: a 2xx with such a body. `Redirect`: a 302 or 307 elsewhere. `InProgress`: the
 * same idempotency key is still running, in this provider's words.
 *
 * `DnsFailure` cannot be shown by a running back end: the suite asks for `make({ unreachable: "dns" })` instead.
 */
export type ScriptedFault =
  | { readonly _tag: "Status"; readonly status: number; readonly retryAfter?: string; readonly body?: string }
  | { readonly _tag: "Html"; readonly status: number }
  | { readonly _tag: "Hang" }
  | { readonly _tag: "StallBody" }
  | { readonly _tag: "SlowDrip" }
  | { readonly _tag: "CutBody" }
  | { readonly _tag: "Reset" }
  | { readonly _tag: "Refuse" }
  | { readonly _tag: "DnsFailure" }
  | { readonly _tag: "MalformedJson" }
  | { readonly _tag: "WrongShape" }
  | { readonly _tag: "EmptyBody" }
  | { readonly _tag: "Redirect" }
  | { readonly _tag: "InProgress" }

export interface ScriptOptions {
  /** How many create requests meet the fault; all until `heal` when absent. */
  readonly times?: number
  /** The side effect happens (the session exists), only the answer is lost or replaced. False when absent. */
  readonly apply?: boolean
}

/** The provider's back end under the suite's control. Fresh for every `make`. */
export interface Backend {
  /** Replaces the script of the create route. */
  readonly script: (fault: ScriptedFault, options?: ScriptOptions) => Effect.Effect<void>
  /** The same on the token endpoint, for providers that have one (F10); `apply` and `Refuse` are not used there. */
  readonly scriptToken?: (fault: ScriptedFault, options?: { readonly times?: number }) => Effect.Effect<void>
  /**
   * The same on every route but the token endpoint: on those that look, on those that change something, or on all. The
   * suite then shows that no other operation misreads a failure, and that a lost answer moves no money twice (F33, F36).
   */
  readonly scriptEvery?: (
    fault: ScriptedFault,
    options?: ScriptOptions & { readonly only?: "reads" | "writes" },
  ) => Effect.Effect<void>
  /** Ends every script: answers as the provider does on a good day. */
  readonly heal: Effect.Effect<void>
  /** Create requests that reached the back end, those that met a fault too. */
  readonly createCalls: Effect.Effect<number>
  /** Sessions that exist there. */
  readonly sessionCount: Effect.Effect<number>
  /**
   * Every request so far as text: method and path with query on the first line, then the headers (the secret ones as
   * they are), then the body.
   */
  readonly requestTexts: Effect.Effect<ReadonlyArray<string>>
  /** The buyer pays or approves on the hosted page. */
  readonly approve: (sessionId: string) => Effect.Effect<void>
  /**
   * Every webhook the back end has sent so far, oldest first: raw, signed by the provider's real scheme. Each event
   * once; where the back end sends again what was not answered, the harness answers.
   */
  readonly webhooks: Effect.Effect<ReadonlyArray<Webhook.RawWebhook>>
  /** The next period of a subscription begins and is charged. */
  readonly renew?: (subscriptionId: string) => Effect.Effect<void>
  /** The buyer disputes money; answers the id under which the provider knows the dispute. */
  readonly dispute?: (moneyId: string) => Effect.Effect<string>
  /** What the merchant does to a price in the provider's dashboard; each ends once the provider tells it. */
  readonly prices?: {
    /** Another amount is charged from now on, in the same currency. */
    readonly change: (priceId: string, amount: Money.Money) => Effect.Effect<void>
    /** It is no longer sold. */
    readonly archive: (priceId: string) => Effect.Effect<void>
  }
  /**
   * A delivery of a type that nobody needs, signed by the real scheme: `verifyWebhook` must answer with no events.
   * Without it the suite skips that test and says so in its name.
   */
  readonly unknownWebhook?: Effect.Effect<Webhook.RawWebhook>
  /** Requests whose connection the other side closed before the answer was whole; sharpens the interruption test. */
  readonly abortedCalls?: Effect.Effect<number>
}

export interface Made {
  readonly provider: PaymentProvider.Service
  readonly backend: Backend
}

export interface MakeOptions {
  /** `dns`: the provider's base URL is a name that does not resolve (ends in `.invalid`). */
  readonly unreachable?: "dns"
}

/** A different answer of this provider to a status of the error table, where its documentation gives one. */
export interface Exception {
  /** What `createCheckoutSession` does instead. */
  readonly expected: "success" | "transient" | "permanent"
  /** Calls at the back end instead of one. */
  readonly calls?: number
  /** Why, with the source of the fact; becomes part of the test's name. */
  readonly because: string
}

export interface Harness {
  /** The provider's name as people write it, e.g. `PayPal`. */
  readonly name: string
  /**
   * The secrets that were configured (and tokens the back end issues): must never appear in an error, its JSON, its
   * inspection, a log or a span.
   */
  readonly canaries: ReadonlyArray<string>
  /**
   * A fresh provider against a fresh back end; both end with the scope. The provider must work without a warm-up: no
   * call before `make` returns may count as a create.
   */
  readonly make: (options?: MakeOptions) => Effect.Effect<Made, never, Scope.Scope>
  /**
   * A price of the provider that the back end knows, with what a catalog would say of it. Needed where mode
   * `subscription` is offered.
   */
  readonly subscriptionPrice?: Pick<Catalog.CatalogEntry, "amount" | "currency"> & {
    readonly id: string
    readonly interval: "day" | "week" | "month" | "year"
  }
  /** Whether the provider has an answer that says "the same key is still running". */
  readonly hasInProgressAnswer: boolean
  /** Makes the cached token stale: the next request with it is answered 401. For providers that have one. */
  readonly staleToken?: (backend: Backend) => Effect.Effect<void>
  /** Whether a secret goes along with requests (default), or only signs them: then no request may show one. */
  readonly credentials?: "sent" | "sign"
  /** What `verifyWebhook` checks of the body: every byte (default), or only a checksum or a remote answer. */
  readonly webhookCover?: "bytes" | "checksum"
  /** Why the provider's API cannot list past events; absent when `missedEvents` tells them. */
  readonly noBackfill?: string
  /** The provider's own exceptions by status, if really needed. */
  readonly rejects?: (status: number) => Exception | undefined
}
