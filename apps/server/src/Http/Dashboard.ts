/**
 * The dashboard: files that were built beforehand, under a policy that lets nothing in from elsewhere and no script that
 * is not one of them. Whoever has no key sees the door and nothing else: what is behind it comes from the API.
 */
import { Effect, FileSystem, Layer, Option, Path } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { fileURLToPath } from "node:url"
import * as Pages from "../Pages.ts"

/** Where `apps/dashboard` puts what it builds. */
const folder = fileURLToPath(new URL("../../static/", import.meta.url))

const contentTypes: { readonly [extension: string]: string } = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
}

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ")

const protective = {
  "content-security-policy": policy,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
  "x-frame-options": "DENY",
  // With `no-referrer` older browsers would not say where a change comes from.
  "referrer-policy": "same-origin",
}

interface File {
  readonly contentType: string
  readonly plain: Uint8Array
  readonly gzip: Option.Option<Uint8Array>
}

const notBuilt = Pages.page({
  status: 503,
  heading: "The dashboard has not been built",
  sentences: ["Run `pnpm build` in apps/dashboard, or start the server by `pnpm start`, which does so by itself."],
})

/** Names of built files hold a digest of their contents, so that they may be kept for ever. */
const isHashed = (name: string): boolean => name.startsWith("assets/")

const answer = (name: string, { contentType, gzip, plain }: File, accepts: string) => {
  const packed = /\bgzip\b/.test(accepts) ? Option.getOrUndefined(gzip) : undefined
  return HttpServerResponse.uint8Array(packed ?? plain, {
    contentType,
    headers: {
      ...protective,
      vary: "accept-encoding",
      "cache-control": isHashed(name) ? "public, max-age=31536000, immutable" : "no-cache",
      ...(packed === undefined ? {} : { "content-encoding": "gzip" }),
    },
  })
}

/** Every file that was built, by its name below `/dashboard/`; nothing else can be asked for. */
const files = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const names = (yield* fs.readDirectory(folder, { recursive: true })).map((name) => name.replaceAll("\\", "/"))
  const known = new Map<string, File>()
  for (const name of names) {
    const contentType = contentTypes[path.extname(name)]
    if (contentType === undefined) continue
    const plain = yield* fs.readFile(path.join(folder, name))
    const gzip = names.includes(`${name}.gz`)
      ? Option.some(yield* fs.readFile(path.join(folder, `${name}.gz`)))
      : Option.none()
    known.set(name, { contentType, plain, gzip })
  }
  return known
}).pipe(Effect.orElseSucceed((): ReadonlyMap<string, File> => new Map()))

const serve = Effect.gen(function* () {
  const context = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
  const built = yield* Effect.cached(Effect.provide(files, context))
  return Effect.gen(function* () {
    const { headers, url } = yield* HttpServerRequest.HttpServerRequest
    const name = (url.split("?")[0] ?? "").replace(/^\/dashboard\/?/, "")
    const all = yield* built
    // Every page of it is one document, which looks at its own address.
    const found = all.get(name) ?? (isHashed(name) ? undefined : all.get("index.html"))
    if (found !== undefined) return answer(name, found, headers["accept-encoding"] ?? "")
    return all.size === 0 ? yield* notBuilt : HttpServerResponse.empty({ status: 404 })
  })
})

export const layer = Layer.unwrap(
  Effect.map(serve, (handler) =>
    Layer.mergeAll(
      HttpRouter.add("GET", "/dashboard/*", handler),
      HttpRouter.add("GET", "/", HttpServerResponse.redirect("/dashboard", { status: 302 })),
      // Asked for by browsers on the pages that name no icon.
      HttpRouter.add("GET", "/favicon.ico", HttpServerResponse.redirect("/dashboard/icon.svg", { status: 302 })),
    ),
  ),
)
