/** What can become of one call to Polar's API, as plain data. No secret, no SDK error, no stack. */

/** No answer: refused, DNS, TLS, reset. `sent` is false only when the connection was never ready for the request. */
export interface Network {
  readonly _tag: "Network"
  readonly sent: boolean
  /** The network's own code (`ECONNREFUSED`), where there is one. */
  readonly code: string | undefined
}

/** An answer that is not what Polar sends: cut, no JSON, empty, a redirect. `why` is in our own words. */
export interface Unreadable {
  readonly _tag: "Unreadable"
  readonly why: string
  /** Where a status line was read. */
  readonly status: number | undefined
  readonly requestId: string | undefined
}

/** An answer with a status of 400 or more. `body` is the parsed JSON, or the text when it is none. */
export interface Http {
  readonly _tag: "Http"
  readonly status: number
  readonly body: unknown
  readonly retryAfter: string | undefined
  readonly requestId: string | undefined
}

/** The request could not be built; nothing was sent. */
export interface NotBuilt {
  readonly _tag: "NotBuilt"
}

export type Failure = Network | Unreadable | Http | NotBuilt
