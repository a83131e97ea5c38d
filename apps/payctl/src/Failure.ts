/** Why a command did not do what was asked for, in a sentence, and the process's exit code for it. */
import { Problem } from "@payment-orchestrator/api"
import { Predicate, Runtime, Schema } from "effect"
import { HttpClientError } from "effect/http"

/** The exit codes, by what happened; the command line's help lists them. */
export const exitCodes = {
  /** What was asked for was refused, or a check failed. */
  failed: 1,
  /** The command itself is wrong: a flag, an argument, a variable. */
  usage: 2,
  unreachable: 3,
  /** The key is missing, wrong, or may not do this. */
  denied: 4,
  notFound: 5,
  /** Not possible right now; the same command may succeed later. */
  later: 6,
} as const

export type Why = keyof typeof exitCodes

export class Failure extends Schema.TaggedError<Failure>()("Failure", {
  why: Schema.Literals(["failed", "usage", "unreachable", "denied", "notFound", "later"]),
  detail: Schema.String,
  /** The problem's stable code, where the server gave one. */
  code: Schema.optionalKey(Schema.String),
}) {
  override get message(): string {
    return this.detail
  }
  override get [Runtime.errorExitCode](): number {
    return exitCodes[this.why]
  }
}

const whyOf = (status: number): Why => {
  switch (status) {
    case 401:
    case 403:
      return "denied"
    case 404:
      return "notFound"
    case 429:
      return "later"
    default:
      return status >= 500 ? "later" : "failed"
  }
}

interface ProblemDocument {
  readonly status: number
  readonly title: string
  readonly code: string
  readonly detail?: string | undefined
}

const isProblem = (error: unknown): error is ProblemDocument =>
  Predicate.hasProperty(error, "status") &&
  typeof error.status === "number" &&
  Predicate.hasProperty(error, "code") &&
  typeof error.code === "string"

const fieldsOf = (error: unknown): string =>
  error instanceof Problem.InvalidRequest
    ? error.errors.map(({ message, path }) => `\n  ${path} ${message}`).join("")
    : ""

/** What the server answered, as a failure. */
const fromProblem = (problem: ProblemDocument): Failure =>
  new Failure({
    why: whyOf(problem.status),
    code: problem.code,
    detail: `${problem.detail ?? problem.title}${fieldsOf(problem)} (${problem.status} ${problem.code})`,
  })

const causeOf = (error: HttpClientError.HttpClientError): string => {
  const { cause } = error.reason
  const inner = Predicate.hasProperty(cause, "cause") ? cause.cause : cause
  if (Predicate.hasProperty(inner, "code")) return String(inner.code)
  return Predicate.hasProperty(inner, "message") ? String(inner.message) : "no answer"
}

/** Any error of the typed client, in words that name the address and the variable it came from. */
export const from =
  (server: { readonly url: string; readonly origin: string }) =>
  (error: unknown): Failure => {
    if (error instanceof Failure) return error
    if (isProblem(error)) return fromProblem(error)
    if (HttpClientError.isHttpClientError(error) && error.reason._tag === "TransportError") {
      return unreachable(server, causeOf(error))
    }
    return new Failure({
      why: "unreachable",
      detail: `what answers at ${server.url} does not speak this version's contract: is ${server.origin} right, and is payctl as new as the server?`,
    })
  }

export const unreachable = ({ origin, url }: { readonly url: string; readonly origin: string }, cause: string) =>
  new Failure({
    why: "unreachable",
    detail: `the server cannot be reached at ${url} (${cause}). The address comes from ${origin}: is it right, and does the server run?`,
  })
