import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as HttpListener from "../src/HttpListener.ts"
import * as Receiver from "./Receiver.ts"

describe("the listener", () => {
  it.live("answers a request that came before anybody served, once somebody does, and those after it", () =>
    Effect.gen(function* () {
      const server = HttpListener.make()
      const port = yield* Receiver.listen(server)
      const ask = Effect.promise(async () => (await fetch(`http://127.0.0.1:${port}/`)).text())
      const answers = Effect.all([ask, ask], { concurrency: 2 })
      const serve = Effect.sync(() => {
        let served = 0
        server.on("request", (_request, response) => {
          served += 1
          response.end(String(served))
        })
      })
      const [early] = yield* Effect.all([answers, Effect.delay(serve, "150 millis")], { concurrency: 2 })
      assert.sameMembers(early, ["1", "2"])
      assert.strictEqual(yield* ask, "3")
    }),
  )
})
