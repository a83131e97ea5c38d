/** Bodies are bounded in bytes and in depth before anybody parses them. */
import { Problem } from "@payment-orchestrator/api"
import { ByteSize, Effect } from "effect"
import { HttpIncomingMessage, HttpServerError, type HttpServerRequest } from "effect/http"

const maxBytes = 1024 * 1024
/** The deepest body of the contract has four levels. */
const maxDepth = 64

const tooLarge = (detail: string) => new Problem.TooLarge({ detail })

const [openBrace = 0, openBracket = 0, closeBrace = 0, closeBracket = 0] = new TextEncoder().encode("{[}]")

/** Whether brackets nest deeper than allowed; those in strings count too, which only errs on the strict side. */
const isDeep = (bytes: Uint8Array): boolean => {
  let depth = 0
  for (const byte of bytes) {
    if (byte === openBrace || byte === openBracket) {
      depth += 1
      if (depth > maxDepth) return true
    } else if (byte === closeBrace || byte === closeBracket) depth -= 1
  }
  return false
}

/** Reads the body once, so that what handles the request finds it read; refuses what is too large. */
export const guard = Effect.fnUntraced(function* (
  request: HttpServerRequest.HttpServerRequest,
): Effect.fn.Return<void, Problem.TooLarge | Problem.InvalidRequest> {
  if (request.method === "GET" || request.method === "HEAD") return
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) return yield* tooLarge("at most 1 MiB is read")
  const encoding = request.headers["content-encoding"]
  if (encoding !== undefined && encoding !== "identity") {
    return yield* new Problem.InvalidRequest({
      code: "invalid_request",
      errors: [{ path: "content-encoding", message: "must be left out: compressed bodies are not read" }],
      detail: "compressed bodies are not read",
    })
  }
  const body = yield* request.arrayBuffer.pipe(
    Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.bytes(maxBytes)),
    Effect.catchIf(isTooLarge, () => Effect.fail(tooLarge("at most 1 MiB is read"))),
    Effect.catchTag("HttpServerError", () =>
      Effect.fail(
        new Problem.InvalidRequest({
          code: "invalid_request",
          errors: [{ path: "", message: "the body could not be read to its end" }],
          detail: "the body could not be read to its end",
        }),
      ),
    ),
  )
  if (isDeep(new Uint8Array(body))) return yield* tooLarge(`at most ${maxDepth} levels of nesting are read`)
})

const isTooLarge = (error: HttpServerError.HttpServerError): boolean =>
  error.reason._tag === "RequestParseError" && error.reason.reason === "BodyTooLarge"
