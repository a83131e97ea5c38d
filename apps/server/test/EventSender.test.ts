import { assert, describe, it } from "@effect/vitest"
import { EndpointUrl } from "@payment-orchestrator/domain"
import * as Certificate from "@payment-orchestrator/emulators/paypal/Certificate"
import { Sender } from "@payment-orchestrator/payments"
import * as EventSender from "@payment-orchestrator/server/EventSender"
import { Resolve } from "@payment-orchestrator/server/Resolve"
import { Clock, DateTime, Effect, Layer, Option, Result } from "effect"
import { createServer as createTlsServer } from "node:https"
import { createServer } from "node:net"
import * as tls from "node:tls"
import * as Receiver from "./Receiver.ts"

interface Options {
  readonly allowPrivate?: boolean
  /** What the name server says, answer by answer; the last one stays. */
  readonly names?: { readonly [host: string]: ReadonlyArray<ReadonlyArray<string>> }
}

/** Sends to a URL; answers the status, or why nothing was answered. `asked` is what the name server was asked. */
const make = Effect.fnUntraced(function* ({ allowPrivate = false, names = {} }: Options = {}) {
  const asked: Array<string> = []
  const resolve: Resolve = (host) => {
    const answers = names[host] ?? []
    const answer = answers[Math.min(asked.filter((name) => name === host).length, answers.length - 1)]
    asked.push(host)
    return answer === undefined ? Promise.reject(new Error("no such name")) : Promise.resolve(answer)
  }
  const context = yield* Layer.build(
    EventSender.layer({ allowPrivate }).pipe(Layer.provide(Layer.succeed(Resolve, resolve))),
  )
  const answer = (url: string, body = "{}") =>
    Effect.result(
      Effect.flatMap(Sender.Sender, (sender) =>
        sender.send({ url, body, headers: { "content-type": "application/json" } }),
      ),
    ).pipe(Effect.provideContext(context))
  const send = (url: string) =>
    Effect.map(answer(url), (result) => (Result.isSuccess(result) ? result.success.status : result.failure.reason))
  return { asked, answer, send }
})

/** Counts connections to this machine, on the addresses it is known by. */
const trap = Effect.gen(function* () {
  let connections = 0
  const server = () =>
    createServer((socket) => {
      connections += 1
      socket.destroy()
    })
  const port = yield* Receiver.listen(server(), "0.0.0.0")
  yield* Effect.acquireRelease(
    Effect.callback<ReturnType<typeof server>>((resume) => {
      const six = server()
      six.once("error", () => resume(Effect.succeed(six)))
      six.listen(port, "::1", () => resume(Effect.succeed(six)))
    }),
    (six) => Effect.sync(() => six.close()),
  )
  return { port, connections: () => connections }
})

/** URLs that must never be called. `%` is the port of the trap on this machine. */
const hostile: ReadonlyArray<readonly [url: string, shows: "in the URL" | "when it is looked up"]> = [
  ["http://shop.example.com/", "in the URL"],
  ["ftp://127.0.0.1:%/", "in the URL"],
  ["file:///etc/passwd", "in the URL"],
  ["gopher://127.0.0.1:%/_x", "in the URL"],
  ["data:text/plain,x", "in the URL"],
  ["//127.0.0.1:%/", "in the URL"],
  ["https:127.0.0.1:%", "in the URL"],
  ["http://127.0.0.1:%/", "in the URL"],
  ["https://127.0.0.1:%/", "in the URL"],
  ["https://127.1:%/", "in the URL"],
  ["https://127.0.1:%/", "in the URL"],
  ["https://2130706433:%/", "in the URL"],
  ["https://0x7f000001:%/", "in the URL"],
  ["https://0x7f.0.0.1:%/", "in the URL"],
  ["https://0177.0.0.1:%/", "in the URL"],
  ["https://017700000001:%/", "in the URL"],
  ["https://127.0.0.1.:%/", "in the URL"],
  ["https://１２７.０.０.１:%/", "in the URL"],
  ["https://127。0。0。1:%/", "in the URL"],
  ["https://%31%32%37.0.0.1:%/", "in the URL"],
  ["https://0:%/", "in the URL"],
  ["https://0.0.0.0:%/", "in the URL"],
  ["https://10.0.0.1/", "in the URL"],
  ["https://172.16.0.1/", "in the URL"],
  ["https://192.168.0.1/", "in the URL"],
  ["https://100.64.0.1/", "in the URL"],
  ["https://169.254.169.254/latest/meta-data/", "in the URL"],
  ["https://2852039166/latest/meta-data/", "in the URL"],
  ["https://0xa9fea9fe/", "in the URL"],
  ["https://168.63.129.16/", "in the URL"],
  ["https://192.0.0.192/", "in the URL"],
  ["https://224.0.0.1/", "in the URL"],
  ["https://255.255.255.255/", "in the URL"],
  ["https://[::1]:%/", "in the URL"],
  ["https://[0:0:0:0:0:0:0:1]:%/", "in the URL"],
  ["https://[::]:%/", "in the URL"],
  ["https://[::ffff:127.0.0.1]:%/", "in the URL"],
  ["https://[::ffff:7f00:1]:%/", "in the URL"],
  ["https://[::127.0.0.1]:%/", "in the URL"],
  ["https://[64:ff9b::127.0.0.1]:%/", "in the URL"],
  ["https://[2002:7f00:1::]:%/", "in the URL"],
  ["https://[2001:0:7f00:1::]:%/", "in the URL"],
  ["https://[fd00:ec2::254]/", "in the URL"],
  ["https://[fe80::1]/", "in the URL"],
  ["https://[ff02::1]/", "in the URL"],
  ["https://localhost:%/", "in the URL"],
  ["https://LOCALHOST.:%/", "in the URL"],
  ["https://shop.localhost:%/", "in the URL"],
  ["https://metadata.google.internal/", "in the URL"],
  ["https://printer.local/", "in the URL"],
  ["https://redis:%/", "in the URL"],
  ["https://user:secret@shop.example.com:%/", "in the URL"],
  ["https://shop.example.com@127.0.0.1:%/", "in the URL"],
  ["https://shop.example.com:22/", "in the URL"],
  ["https://shop.example.com:25/", "in the URL"],
  ["https://shop.example.com:0/", "in the URL"],
  ["https://shop.example.com:6000/", "in the URL"],
  ["https://loopback.example.com:%/", "when it is looked up"],
  ["https://loopback6.example.com:%/", "when it is looked up"],
  ["https://mapped.example.com:%/", "when it is looked up"],
  ["https://private.example.com:%/", "when it is looked up"],
  ["https://metadata.example.com/", "when it is looked up"],
  ["https://metadata6.example.com/", "when it is looked up"],
  ["https://half.example.com:%/", "when it is looked up"],
  ["https://nothing.example.com:%/", "when it is looked up"],
  ["https://unspecified.example.com:%/", "when it is looked up"],
]

const names = {
  "loopback.example.com": [["127.0.0.1"]],
  "loopback6.example.com": [["::1"]],
  "mapped.example.com": [["::ffff:127.0.0.1"]],
  "private.example.com": [["192.168.1.10"]],
  "metadata.example.com": [["169.254.169.254"]],
  "metadata6.example.com": [["fd00:ec2::254"]],
  "half.example.com": [["8.8.8.8", "127.0.0.1"]],
  "nothing.example.com": [[]],
  "unspecified.example.com": [["0.0.0.0"]],
}

describe("F53: a merchant's URL", () => {
  it.live(
    "is not called when it leads to this machine, a private network or a metadata service, in whatever disguise",
    () =>
      Effect.gen(function* () {
        const { connections, port } = yield* trap
        const { send } = yield* make({ names })
        assert.isAtLeast(hostile.length, 40)
        for (const [pattern, shows] of hostile) {
          const url = pattern.replace("%/", `${port}/`).replace(/%$/, String(port))
          const refused = EndpointUrl.faultOf(url, { allowPrivate: false })
          assert.strictEqual(refused !== undefined, shows === "in the URL", `${url} at creation: ${refused}`)
          const reason = yield* send(url)
          const expected: ReadonlyArray<unknown> = shows === "in the URL" ? ["url_refused"] : ["address_refused", "dns"]
          assert.include(expected, reason, url)
        }
        assert.strictEqual(connections(), 0)
      }),
  )

  it.live("leads to the address that was checked, though the name server says another the next moment", () =>
    Effect.gen(function* () {
      const { connections, port } = yield* trap
      const shop = yield* Receiver.make()
      // Allowed here, so that a connection is made at all: to the first answer and to no other.
      const { asked, send } = yield* make({
        allowPrivate: true,
        names: { "rebind.example.com": [["127.0.0.1"], ["127.0.0.2"]] },
      })
      assert.strictEqual(yield* send(`http://rebind.example.com:${shop.port}/`), 204)
      assert.deepStrictEqual(asked, ["rebind.example.com"])
      // As it is in production: public when it was made, private now.
      const strict = yield* make({ names: { "rebind.example.com": [["127.0.0.1"], ["8.8.8.8"]] } })
      assert.strictEqual(yield* strict.send(`https://rebind.example.com:${port}/`), "address_refused")
      assert.deepStrictEqual(strict.asked, ["rebind.example.com"])
      assert.strictEqual(connections(), 0)
    }),
  )

  it.live("is not left for where it redirects to", () =>
    Effect.gen(function* () {
      const { connections, port } = yield* trap
      const shop = yield* Receiver.make()
      const { send } = yield* make({ allowPrivate: true })
      for (const status of [301, 302, 303, 307, 308]) {
        for (const location of [`http://127.0.0.1:${port}/`, "http://169.254.169.254/latest/meta-data/"]) {
          shop.answer(status, { location })
          assert.strictEqual(yield* send(shop.url), status)
        }
      }
      assert.lengthOf(shop.all, 10)
      assert.strictEqual(connections(), 0)
    }),
  )
})

const httpDate = (millis: number) => DateTime.toDateUtc(DateTime.makeUnsafe(millis)).toUTCString()

describe("sending", () => {
  it.live("tells the status and what Retry-After says, in seconds or as a date", () =>
    Effect.gen(function* () {
      const shop = yield* Receiver.make()
      const { answer } = yield* make({ allowPrivate: true })
      const after = Effect.fnUntraced(function* (text: string | undefined) {
        shop.answer(503, text === undefined ? {} : { "retry-after": text })
        const { retryAfter, status } = Option.getOrThrow(Result.getSuccess(yield* answer(shop.url)))
        assert.strictEqual(status, 503)
        return Option.getOrUndefined(retryAfter)
      })
      assert.strictEqual(yield* after("120"), 120_000)
      assert.isUndefined(yield* after(undefined))
      assert.isUndefined(yield* after("soon"))
      const now = yield* Clock.currentTimeMillis
      const date = yield* after(httpDate(now + 60_000))
      assert.isAtLeast(date ?? 0, 55_000)
      assert.isAtMost(date ?? 0, 60_000)
      assert.strictEqual(yield* after(httpDate(now - 60_000)), 0)
    }),
  )

  it.live("reads little of an answer, however much comes, and does not wait for its end", () =>
    Effect.gen(function* () {
      const shop = yield* Receiver.make()
      const { send } = yield* make({ allowPrivate: true })
      let written = 0
      shop.behave((_received, response) => {
        response.writeHead(200)
        const more = () => {
          while (!response.destroyed && written < 50_000_000) {
            written += 65_536
            if (!response.write(Buffer.alloc(65_536))) return void response.once("drain", more)
          }
        }
        more()
      })
      assert.strictEqual(yield* send(shop.url), 200)
      yield* Effect.sleep("100 millis")
      assert.isBelow(written, 20_000_000)
      shop.behave((_received, response) => {
        response.writeHead(200)
        response.write("x")
      })
      assert.deepStrictEqual(yield* Effect.timeoutOption(send(shop.url), "8 seconds"), Option.some(200))
    }),
  )

  it.live("says why nothing was answered", () =>
    Effect.gen(function* () {
      const shop = yield* Receiver.make()
      const { send } = yield* make({ allowPrivate: true, names: { "gone.example.com": [["127.0.0.1"]] } })
      shop.behave((_received, response) => void response.socket?.destroy())
      assert.strictEqual(yield* send(shop.url), "connection_lost")
      shop.behave((_received, response) => void response.socket?.end("this is no HTTP\r\n\r\n"))
      assert.strictEqual(yield* send(shop.url), "bad_answer")
      shop.answer(200, { "x-large": "y".repeat(20_000) })
      assert.strictEqual(yield* send(shop.url), "bad_answer")
      assert.strictEqual(yield* send("http://unknown.example.com/"), "dns")
      const closed = yield* Effect.scoped(Receiver.listen(createServer()))
      assert.strictEqual(yield* send(`http://gone.example.com:${closed}/`), "connection_refused")
    }),
  )

  it.live("sends once more when a kept connection was closed meanwhile, and only then", () =>
    Effect.gen(function* () {
      const shop = yield* Receiver.make()
      const { send } = yield* make({ allowPrivate: true })
      assert.strictEqual(yield* send(shop.url), 204)
      let cut = 0
      shop.behave((_received, response) => {
        cut += 1
        if (cut === 1) return void response.socket?.destroy()
        response.writeHead(200).end()
      })
      assert.strictEqual(yield* send(shop.url), 200)
      assert.strictEqual(cut, 2)
    }),
  )

  it.live("is stopped with who waits for it", () =>
    Effect.gen(function* () {
      const shop = yield* Receiver.make()
      const { send } = yield* make({ allowPrivate: true })
      let closed = false
      shop.behave((_received, response) => void response.on("close", () => (closed = true)))
      assert.isTrue(Option.isNone(yield* Effect.timeoutOption(send(shop.url), "200 millis")))
      yield* Effect.sleep("100 millis")
      assert.isTrue(closed)
    }),
  )

  it.live("believes a certificate of a known authority for this host, and no other", () =>
    Effect.gen(function* () {
      const certificate = yield* Certificate.make(yield* Clock.currentTimeMillis)
      const server = createTlsServer({
        key: certificate.key.export({ type: "pkcs8", format: "pem" }),
        cert: certificate.pem,
      })
      server.on("request", (_request, response) => response.writeHead(200).end())
      const port = yield* Receiver.listen(server)
      const [host] = Certificate.hosts
      const known = tls.getCACertificates("default")
      const local = { allowPrivate: true, names: { [host]: [["127.0.0.1"]], "other.example.com": [["127.0.0.1"]] } }
      const before = yield* make(local)
      assert.strictEqual(yield* before.send(`https://${host}:${port}/`), "tls")
      yield* Effect.acquireRelease(
        Effect.sync(() => tls.setDefaultCACertificates([...known, certificate.authorityPem])),
        () => Effect.sync(() => tls.setDefaultCACertificates(known)),
      )
      const after = yield* make(local)
      assert.strictEqual(yield* after.send(`https://${host}:${port}/`), 200)
      assert.strictEqual(yield* after.send(`https://other.example.com:${port}/`), "tls")
    }),
  )
})
