/** A stand-in of an OTLP collector: takes traces as JSON and keeps them. */
import { Effect, Schema, type Scope } from "effect"
import { createServer } from "node:http"
import { listen } from "./Receiver.ts"

const Link = Schema.Struct({ traceId: Schema.String, spanId: Schema.String })
const Span = Schema.Struct({
  traceId: Schema.String,
  spanId: Schema.String,
  parentSpanId: Schema.optional(Schema.String),
  name: Schema.String,
  kind: Schema.Int,
  attributes: Schema.Array(Schema.Struct({ key: Schema.String, value: Schema.Unknown })),
  status: Schema.Struct({ code: Schema.Int }),
  links: Schema.Array(Link),
})
export type Span = typeof Span.Type

const Export = Schema.Struct({
  resourceSpans: Schema.Array(
    Schema.Struct({ scopeSpans: Schema.Array(Schema.Struct({ spans: Schema.Array(Span) })) }),
  ),
})
const decode = Schema.decodeSync(Schema.fromJsonString(Export))

export const make: Effect.Effect<
  {
    readonly url: string
    /** What came, as it came. */
    readonly bodies: ReadonlyArray<string>
    readonly headers: ReadonlyArray<{ readonly [name: string]: unknown }>
    readonly spans: () => ReadonlyArray<Span>
  },
  never,
  Scope.Scope
> = Effect.gen(function* () {
  const bodies: Array<string> = []
  const headers: Array<{ readonly [name: string]: unknown }> = []
  const port = yield* listen(
    createServer((request, response) => {
      let body = ""
      request.on("data", (chunk: Buffer) => (body += chunk.toString()))
      request.on("end", () => {
        bodies.push(body)
        headers.push({ ...request.headers, url: request.url })
        response.writeHead(200, { "content-type": "application/json" }).end("{}")
      })
    }),
  )
  return {
    url: `http://127.0.0.1:${port}`,
    bodies,
    headers,
    spans: () =>
      bodies.flatMap((body) =>
        decode(body).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
      ),
  }
})
