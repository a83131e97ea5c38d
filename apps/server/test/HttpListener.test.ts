import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as HttpListener from "../src/HttpListener.ts"
import { listen } from "./Receiver.ts"

describe("the listener", () => {
  it.live("answers a request that comes before the routes are there, and leaves the later ones to them", () =>
    Effect.gen(function* () {
      const server = HttpListener.make()
      const port = yield* listen(server)
      const ask = Effect.promise((signal) => fetch(`http://127.0.0.1:${port}/healthz`, { signal })).pipe(
        Effect.timeout("5 seconds"),
      )
      const early = yield* ask
      assert.strictEqual(early.status, 503)
      assert.strictEqual(early.headers.get("retry-after"), "1")
      server.on("request", (_request, response) => void response.writeHead(200).end())
      assert.strictEqual((yield* ask).status, 200)
    }),
  )
})
