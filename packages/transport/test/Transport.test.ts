import { make as certify } from "@payment-orchestrator/emulators/paypal/Certificate"
import { describe, expect, it } from "@effect/vitest"
import { Clock, Effect, Fiber } from "effect"
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import * as Host from "./Host.ts"

const post = (more: { readonly path?: string; readonly headers?: { readonly [name: string]: string } } = {}) => ({
  method: "POST",
  path: "/things",
  headers: {},
  body: '{"a":"é"}',
  ...more,
})

/** Until it is so; the test's own time-out ends a wait in vain. */
const until = (isSo: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => (isSo() ? Effect.void : Effect.andThen(Effect.sleep("5 millis"), until(isSo))))

describe("a request", () => {
  it.live("arrives once, as it was given, with the length of its body", () =>
    Effect.gen(function* () {
      const host = yield* Host.http((response) => response.end("{}"))
      yield* Host.callTo(host.url, post({ path: "/things?x=%20", headers: { authorization: "Bearer t", key: "1" } }))
      yield* Host.callTo(host.url)
      const name = host.url.replace("http://", "")
      expect(host.arrived).toEqual([
        {
          method: "POST",
          url: "/things?x=%20",
          headers: {
            authorization: "Bearer t",
            key: "1",
            host: name,
            connection: "keep-alive",
            "content-length": "10",
          },
          body: '{"a":"é"}',
        },
        { method: "GET", url: "/", headers: { host: name, connection: "keep-alive" }, body: "" },
      ])
    }),
  )

  it.live("that cannot be written as HTTP is told, and nothing is sent", () =>
    Effect.gen(function* () {
      const host = yield* Host.http((response) => response.end())
      for (const request of [
        post({ headers: { key: "a\r\nb: c" } }),
        post({ headers: { "a b": "c" } }),
        post({ headers: { key: "€" } }),
        post({ path: "/a b" }),
        post({ path: "/€" }),
      ]) {
        expect(yield* Host.callTo(host.url, request)).toEqual({ _tag: "NotBuilt" })
      }
      expect(host.connections.opened).toBe(0)
    }),
  )
})

describe("an answer", () => {
  it.live.each([200, 204, 301, 307, 404, 503])("of status %d is a whole one, and leads nowhere else", (status) =>
    Effect.gen(function* () {
      const elsewhere = yield* Host.http((response) => response.end("elsewhere"))
      const host = yield* Host.http((response) =>
        response.writeHead(status, { location: elsewhere.url, "X-Id": "7" }).end(status === 204 ? "" : "text"),
      )
      expect(yield* Host.callTo(host.url, post())).toMatchObject({
        _tag: "Reply",
        status,
        headers: { "x-id": "7" },
        body: status === 204 ? "" : "text",
      })
      expect(host.arrived).toHaveLength(1)
      expect(elsewhere.connections.opened).toBe(0)
    }),
  )

  it.live("is put together from its pieces, also where a character is torn apart", () =>
    Effect.gen(function* () {
      const text = Buffer.from('{"name":"Zoë 😀"}')
      const host = yield* Host.http((response, socket) => {
        socket.setNoDelay(true)
        response.writeHead(200)
        let sent = 0
        const more = () => {
          response.write(text.subarray(sent, sent + 1))
          sent += 1
          if (sent < text.length) setImmediate(more)
          else response.end()
        }
        more()
      })
      expect(yield* Host.callTo(host.url)).toMatchObject({ body: '{"name":"Zoë 😀"}' })
    }),
  )

  it.live("that is larger than any that is expected is not read to its end", () =>
    Effect.gen(function* () {
      const host = yield* Host.http((response) => {
        response.writeHead(200, { "x-id": "7" })
        const more = () => {
          if (!response.destroyed) response.write(" ".repeat(10_000), more)
        }
        more()
      })
      const transport = yield* Host.open(host.url, 1_000_000)
      expect(yield* Host.call(transport)).toMatchObject({
        _tag: "Unreadable",
        why: "an answer that is too large",
        head: { status: 200, headers: { "x-id": "7" } },
      })
      yield* until(() => host.connections.closed === 1)
    }),
  )

  it.live("of exactly the largest size is one", () =>
    Effect.gen(function* () {
      const host = yield* Host.http((response) => response.end("x".repeat(1_000)))
      expect(yield* Host.call(yield* Host.open(host.url, 1_000))).toMatchObject({ _tag: "Reply" })
      expect(yield* Host.call(yield* Host.open(host.url, 999))).toMatchObject({ _tag: "Unreadable" })
    }),
  )

  it.live.each(["SSH-2.0-OpenSSH_9.9\r\n", "HTTP/1.1 OK\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n"])(
    "that is not HTTP cannot be read: %j",
    (text) =>
      Effect.gen(function* () {
        const host = yield* Host.raw((socket) => socket.end(text))
        expect(yield* Host.callTo(host.url)).toMatchObject({
          _tag: "Unreadable",
          why: "an answer that is not HTTP",
        })
      }),
  )
})

describe("F1: a request surely did not leave", () => {
  it.live("when nobody listens, and when the name is unknown", () =>
    Effect.gen(function* () {
      expect(yield* Host.callTo(yield* Host.nobody)).toEqual({ _tag: "Network", sent: false, code: "ECONNREFUSED" })
      const unknown = yield* Host.callTo("http://host.invalid")
      expect(unknown).toMatchObject({ _tag: "Network", sent: false })
      expect(["ENOTFOUND", "EAI_AGAIN"]).toContain("code" in unknown ? unknown.code : undefined)
    }),
  )

  it.live("when there is no TLS at the other end, or none that both know", () =>
    Effect.gen(function* () {
      const plain = yield* Host.http(() => undefined)
      const another = yield* Host.tls({})
      for (const url of [plain.url.replace("http:", "https:"), another.url]) {
        expect(yield* Host.callTo(url, post())).toMatchObject({ _tag: "Network", sent: false })
      }
      expect(plain.arrived).toEqual([])
    }),
  )

  it.live("when the certificate is one of an authority that is not known", () =>
    Effect.gen(function* () {
      const { key, pem } = yield* certify(yield* Clock.currentTimeMillis)
      const host = yield* Host.tls({ key: key.export({ type: "pkcs8", format: "pem" }), cert: pem })
      expect(yield* Host.callTo(host.url, post())).toEqual({
        _tag: "Network",
        sent: false,
        code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      })
    }),
  )
})

describe("F4: a request may have been carried out", () => {
  it.live("when the connection is lost before any answer, and it is not sent again", () =>
    Effect.gen(function* () {
      const ended = yield* Host.http((_, socket) => socket.end())
      const reset = yield* Host.http((_, socket) => socket.resetAndDestroy())
      for (const host of [ended, reset]) {
        expect(yield* Host.callTo(host.url, post())).toEqual({ _tag: "Network", sent: true, code: "ECONNRESET" })
        expect(host.arrived).toHaveLength(1)
      }
    }),
  )

  it.live("when a connection that was kept turns out to be lost, and it is not sent again", () =>
    Effect.gen(function* () {
      let asked = 0
      const host = yield* Host.http((response, socket) => {
        asked += 1
        if (asked === 1) response.end()
        else socket.resetAndDestroy()
      })
      const transport = yield* Host.open(host.url)
      yield* Host.call(transport)
      expect(yield* Host.call(transport)).toEqual({ _tag: "Network", sent: true, code: "ECONNRESET" })
      expect(host.connections.opened).toBe(1)
      expect(asked).toBe(2)
    }),
  )

  it.live("when its answer is cut: with a length, in pieces, in the middle of a piece, by an end or a reset", () =>
    Effect.gen(function* () {
      const length = "HTTP/1.1 200 OK\r\nx-id: 7\r\ncontent-length: 100\r\n\r\n{"
      const pieces = "HTTP/1.1 200 OK\r\nx-id: 7\r\ntransfer-encoding: chunked\r\n\r\n"
      for (const text of [length, `${pieces}1\r\n{\r\n`, `${pieces}9\r\n{`]) {
        for (const end of ["end", "resetAndDestroy"] as const) {
          const host = yield* Host.raw((socket) => {
            socket.once("data", () => socket.write(text))
            setTimeout(() => socket[end](), 50)
          })
          expect(yield* Host.callTo(host.url, post())).toEqual({
            _tag: "Cut",
            head: { status: 200, headers: expect.objectContaining({ "x-id": "7" }) },
            code: "ECONNRESET",
          })
        }
      }
    }),
  )
})

describe("a connection", () => {
  it.live("serves one call after the other, and is replaced when the host has closed it meanwhile", () =>
    Effect.gen(function* () {
      let socket: import("node:net").Socket | undefined
      const host = yield* Host.http((response, its) => {
        socket = its
        response.end()
      })
      const transport = yield* Host.open(host.url)
      for (let i = 0; i < 5; i++) yield* Host.call(transport)
      expect(host.connections).toEqual({ opened: 1, closed: 0 })
      socket?.end()
      yield* until(() => host.connections.closed === 1)
      expect(yield* Host.call(transport)).toMatchObject({ _tag: "Reply" })
      expect(host.connections.opened).toBe(2)
    }),
  )

  it.live("is closed, busy or not, when the transport is", () =>
    Effect.gen(function* () {
      const host = yield* Host.http((response) => {
        if (host.arrived.length === 1) response.end()
      })
      const transport = yield* Host.open(host.url)
      yield* Host.call(transport)
      const calls = yield* Effect.forkChild(
        Effect.all([Host.call(transport), Host.call(transport)], { concurrency: "unbounded" }),
      )
      yield* until(() => host.arrived.length === 3)
      transport.close()
      for (const outcome of yield* Fiber.join(calls)) expect(outcome).toMatchObject({ _tag: "Network", sent: true })
      yield* until(() => host.connections.closed === host.connections.opened)
    }),
  )
})

describe("a call that is cancelled", () => {
  const part = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"

  it.live.each([
    ["waits for an answer", () => undefined],
    ["has half an answer", (socket: import("node:net").Socket) => void socket.write(part)],
  ] as const)("closes its connection, when it %s", ([, play]) =>
    Effect.gen(function* () {
      const host = yield* Host.raw((socket) => socket.once("data", () => play(socket)))
      const transport = yield* Host.open(host.url)
      const fiber = yield* Effect.forkChild(Host.call(transport, post()))
      yield* Effect.sleep("50 millis")
      expect(host.connections).toEqual({ opened: 1, closed: 0 })
      yield* Fiber.interrupt(fiber)
      yield* until(() => host.connections.closed === 1)
    }),
  )

  it.live("before it has a connection never arrives", () =>
    Effect.gen(function* () {
      const host = yield* Host.http((response) => response.end())
      const transport = yield* Host.open(host.url)
      transport.send(post(), () => undefined)()
      expect(yield* Host.call(transport)).toMatchObject({ _tag: "Reply" })
      expect(host.arrived.map(({ method }) => method)).toEqual(["GET"])
    }),
  )
})

describe("the environment", () => {
  it.live("has no say: a proxy that Node itself would obey is not asked", () =>
    Effect.gen(function* () {
      const host = yield* Host.http((response) => response.end("direct"))
      const said = yield* Effect.callback<string>((resume) => {
        execFile(
          process.execPath,
          [fileURLToPath(new URL("proxied.ts", import.meta.url)), host.url],
          { env: { NODE_USE_ENV_PROXY: "1", HTTP_PROXY: "http://127.0.0.1:1", http_proxy: "http://127.0.0.1:1" } },
          (_, stdout) => resume(Effect.succeed(stdout)),
        )
      })
      expect(said).toBe("fetch: no answer; transport: direct")
    }),
  )
})
