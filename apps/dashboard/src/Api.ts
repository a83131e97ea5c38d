/** The server's API, as a page that is signed in speaks to it. */
import type { FieldError } from "./Contract.ts"

export type Query = { readonly [name: string]: string | number | undefined }

export interface Options {
  readonly query?: Query
  readonly body?: unknown
  readonly headers?: { readonly [name: string]: string }
  readonly signal?: AbortSignal
}

/** What the server refused, or why it could not be reached (`status` 0). */
export class Refusal extends Error {
  readonly status: number
  readonly code: string
  readonly fields: ReadonlyArray<FieldError>
  readonly requestId: string | null

  constructor(
    status: number,
    code: string,
    message: string,
    fields: ReadonlyArray<FieldError>,
    requestId: string | null,
  ) {
    super(message)
    this.status = status
    this.code = code
    this.fields = fields
    this.requestId = requestId
  }
}

let csrfToken: string | null = null
/** What every change bears; told by the server when one signs in or comes back. */
export const bearToken = (token: string | null): void => {
  csrfToken = token
}

let touchedAt = Date.now()
for (const type of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"]) {
  addEventListener(type, () => (touchedAt = Date.now()), { passive: true })
}
/** So long after the last touch what the page asks by itself keeps nobody signed in. */
const unattendedAfter = 60_000

const address = (path: string, query: Query = {}): string => {
  const search = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) =>
      value === undefined || value === "" ? [] : [[name, String(value)]],
    ),
  ).toString()
  return search === "" ? path : `${path}?${search}`
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isRecord = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null

const isFields = (value: unknown): value is ReadonlyArray<FieldError> =>
  Array.isArray(value) && value.every((item) => isRecord(item) && typeof item["message"] === "string")

const refusal = (response: Response, body: unknown): Refusal => {
  const problem = isRecord(body) ? body : {}
  const { code, detail, errors, title } = problem
  const message = [detail, title].find((text) => typeof text === "string" && text !== "")
  return new Refusal(
    response.status,
    typeof code === "string" ? code : "unexpected",
    typeof message === "string" ? message : `The server answered ${response.status}.`,
    isFields(errors) ? errors : [],
    response.headers.get("x-request-id"),
  )
}

const send = async (method: string, path: string, { body, headers, query, signal }: Options): Promise<unknown> => {
  const response = await fetch(address(path, query), {
    method,
    credentials: "same-origin",
    headers: {
      accept: "application/json",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(method === "GET" || csrfToken === null ? {} : { "x-csrf-token": csrfToken }),
      ...(Date.now() - touchedAt > unattendedAfter ? { "x-unattended": "true" } : {}),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted === true) throw error
    throw new Refusal(0, "unreachable", "The server cannot be reached. Is it running?", [], null)
  })
  const answer = response.status === 204 ? undefined : parse(await response.text())
  if (!response.ok) throw refusal(response, answer)
  return answer
}

/** Asks; what comes back is what the contract says of this path. */
export const get = <A>(path: string, options: Options = {}): Promise<A> => send("GET", path, options) as Promise<A>

/** Changes something. */
export const post = <A>(path: string, body?: unknown, options: Options = {}): Promise<A> =>
  send("POST", path, { ...options, body }) as Promise<A>
export const patch = <A>(path: string, body: unknown): Promise<A> => send("PATCH", path, { body }) as Promise<A>
export const remove = <A>(path: string): Promise<A> => send("DELETE", path, {}) as Promise<A>
