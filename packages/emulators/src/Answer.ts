/**
 * What an emulator answers: a status, headers and a body, before it goes on the wire.
 */

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/** A JSON answer. `value` must be serialisable; `headers` are added to `content-type: application/json`. */
export const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(value),
})

/** An HTML page, never cached and never framed. */
export const html = (status: number, page: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers: {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "x-frame-options": "DENY",
    ...headers,
  },
  body: page,
})

/** A plain text answer. */
export const text = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers: { "content-type": "text/plain; charset=utf-8", ...headers },
  body,
})

/** A redirect; 303 unless told, which is right after a form was sent. */
export const redirect = (location: string, status = 303): Answer => ({ status, headers: { location }, body: "" })

/** A status with no body, 204 unless told. */
export const empty = (status = 204, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers,
  body: "",
})

/** The same answer with more headers; the new ones win. */
export const withHeaders = (answer: Answer, headers: Readonly<Record<string, string>>): Answer => ({
  ...answer,
  headers: { ...answer.headers, ...headers },
})

/** The bytes of the body as they go on the wire. */
export const bytes = (answer: Answer): Uint8Array =>
  typeof answer.body === "string" ? new TextEncoder().encode(answer.body) : answer.body
