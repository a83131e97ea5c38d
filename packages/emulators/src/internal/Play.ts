/**
 * Plays one fault on one request.
 */
import { Effect } from "effect"
import * as Answer from "../Answer.ts"
import type { Fault } from "../Fault.ts"
import type { Wire } from "./Listener.ts"

/** What a body fault is played on when the request is not carried out. */
const filler = Answer.json(200, { filler: "x".repeat(200) })

const gatewayPage = (status: number): Answer.Answer =>
  Answer.html(
    status,
    `<html><head><title>${status}</title></head><body><center><h1>${status}</h1></center><hr><center>cloudfront</center></body></html>\n`,
  )

const custom = (status: number, body: unknown): Answer.Answer =>
  typeof body === "string" ? Answer.text(status, body) : Answer.json(status, body)

/** Answers the request as the fault wants it; gives the status that went out, or null. */
export const play = Effect.fnUntraced(function* (options: {
  readonly fault: Fault
  readonly wire: Wire
  /** Carries the request out. */
  readonly handle: Effect.Effect<Answer.Answer>
  /** The provider's own error for a status. */
  readonly errorAnswer: (status: number) => Effect.Effect<Answer.Answer>
}): Effect.fn.Return<number | null> {
  const { fault, wire } = options
  if (fault.kind === "Latency") {
    const wait = Effect.sleep(fault.millis)
    const answer = yield* fault.apply === true ? Effect.tap(options.handle, wait) : Effect.andThen(wait, options.handle)
    yield* wire.send(answer)
    return answer.status
  }
  const normal = fault.apply === true ? yield* options.handle : filler
  const send = (answer: Answer.Answer) => Effect.as(wire.send(answer), answer.status)
  switch (fault.kind) {
    case "Status": {
      const answer =
        fault.body === undefined ? yield* options.errorAnswer(fault.status) : custom(fault.status, fault.body)
      return yield* send(Answer.withHeaders(answer, fault.headers ?? {}))
    }
    case "Hang":
      return yield* Effect.as(wire.closed, null)
    case "Reset":
      return yield* Effect.as(wire.reset, null)
    case "SlowDrip":
      return yield* Effect.as(wire.drip(normal, fault.bytesPerSecond), normal.status)
    case "StallBody":
      return yield* Effect.as(wire.part(normal, fault.afterBytes, "stall"), normal.status)
    case "CutBody":
      return yield* Effect.as(wire.part(normal, fault.afterBytes, "cut"), normal.status)
    case "MalformedJson": {
      const body = Answer.bytes(normal)
      return yield* send({ ...normal, body: body.subarray(0, Math.max(1, Math.floor(body.byteLength / 2))) })
    }
    case "WrongShape":
      return yield* send({ ...normal, body: `{"hello":1}` })
    case "EmptyBody":
      return yield* send({ ...normal, body: "" })
    case "Html":
      return yield* send(gatewayPage(fault.status))
    case "Redirect":
      return yield* send({ status: 307, headers: { location: fault.location }, body: "" })
  }
})
