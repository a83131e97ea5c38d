/** The few words the tests need to talk HTTP, without any client of ours in between. */
import { Effect } from "effect"

export type Json = ReturnType<typeof JSON.parse>

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The parsed body, or undefined when it is not JSON. */
  readonly json: Json
}

const parse = (text: string): Json => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export interface Ask {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: unknown
  readonly timeout?: number
}

const ask = async (url: string, options: Ask): Promise<Answered> => {
  const response = await fetch(url, {
    method: options.method ?? (options.body === undefined ? "GET" : "POST"),
    redirect: "manual",
    signal: AbortSignal.timeout(options.timeout ?? 5_000),
    headers: {
      ...(options.body === undefined ? {} : { "content-type": "application/json" }),
      ...options.headers,
    },
    ...(options.body === undefined
      ? {}
      : { body: typeof options.body === "string" ? options.body : JSON.stringify(options.body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: parse(text) }
}

export const request = (url: string, options: Ask = {}): Effect.Effect<Answered> =>
  Effect.promise(() => ask(url, options))

/** The code of the failure (`ECONNREFUSED`, `TimeoutError` …), or `none` when there was an answer. */
export const failure = (url: string, options: Ask = {}): Effect.Effect<string> =>
  Effect.promise(() =>
    ask(url, options).then(
      () => "none",
      (error: unknown) => codeOf(error),
    ),
  )

const codeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  if (error.cause instanceof Error && "code" in error.cause) return String(error.cause.code)
  return error.name
}
