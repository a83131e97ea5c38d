/** Deliveries that must not be believed. */
import { Effect, Result } from "effect"
import type { Webhook } from "@payment-orchestrator/domain"
import * as Check from "../Check.ts"
import type { Harness, Made } from "../Harness.ts"
import * as Deliveries from "./Deliveries.ts"

const group = "webhooks that must not be believed"

const refuses = (
  made: Made,
  delivery: Webhook.RawWebhook,
  reasons: ReadonlyArray<Webhook.WebhookRejectedReason>,
  what: string,
) =>
  Effect.gen(function* () {
    const error = yield* Check.fails(made.provider.verifyWebhook(delivery), what)
    if (error._tag !== "WebhookRejected") return yield* Check.fail(`${what} must be a WebhookRejected`, error)
    yield* Check.equal(error.provider, made.provider.name, "the provider it names")
    yield* Check.that(reasons.includes(error.reason), `${what} must be ${reasons.join(" or ")}`, error)
  })

const forged = (harness: Harness, name: string, forge: (life: Life) => Effect.Effect<void, Check.CheckFailed>) => ({
  group,
  name,
  run: Effect.gen(function* () {
    const life = yield* Deliveries.lived(harness)
    // else everything would be refused, and prove nothing
    yield* Deliveries.events(life)
    yield* forge(life)
  }),
})

interface Life extends Made {
  readonly deliveries: ReadonlyArray<Webhook.RawWebhook>
}

/** The headers whose absence is refused; of all others the scheme takes no notice. */
const needed = (life: Life, delivery: Webhook.RawWebhook) =>
  Effect.filter(
    Object.keys(delivery.headers).filter((name) => delivery.headers[name] !== undefined),
    (name) =>
      Effect.gen(function* () {
        const without = Deliveries.withHeader(delivery, name, () => undefined)
        const result = yield* Effect.result(life.provider.verifyWebhook(without))
        if (Result.isSuccess(result)) return false
        yield* refuses(life, without, ["missing_header"], `a delivery without ${name}`)
        return true
      }),
  )

const first = (life: Life) =>
  life.deliveries[0] === undefined ? Check.fail("there must be a delivery") : Effect.succeed(life.deliveries[0])

export const checks = (harness: Harness): ReadonlyArray<Check.Check> => {
  const cover =
    harness.webhookCover === "checksum"
      ? " (this scheme signs only a checksum of the body: whoever holds one genuine delivery can forge another)"
      : ""
  return [
    forged(harness, `a changed byte is refused${cover}`, (life) =>
      Effect.forEach(life.deliveries, (delivery) =>
        Effect.forEach([0, 0.25, 0.5, 0.75, 1], (at) =>
          refuses(life, Deliveries.flipped(delivery, at), ["bad_signature", "malformed"], "a changed byte"),
        ),
      ),
    ),
    forged(harness, "F46: the same JSON in other bytes is refused: only the raw body counts", (life) =>
      Effect.forEach(life.deliveries, (delivery) =>
        refuses(life, Deliveries.reserialised(delivery), ["bad_signature"], "a body that was written anew"),
      ),
    ),
    forged(harness, "a shortened, an emptied and a lengthened body are refused", (life) =>
      Effect.gen(function* () {
        const delivery = yield* first(life)
        const bodies = [delivery.body.slice(0, -1), new Uint8Array(), Uint8Array.of(...delivery.body, 10)]
        yield* Effect.forEach(bodies, (body) =>
          refuses(life, { ...delivery, body }, ["bad_signature", "malformed"], "a body of another length"),
        )
      }),
    ),
    forged(
      harness,
      "F48: a missing header is missing_header, and a header that comes twice is duplicate_header",
      (life) =>
        Effect.gen(function* () {
          const delivery = yield* first(life)
          const names = yield* needed(life, delivery)
          yield* Check.that(names.length > 0, "the scheme must need a header", delivery.headers)
          yield* Effect.forEach(names, (name) =>
            Effect.gen(function* () {
              const twice = Deliveries.withHeader(delivery, name, (value) => [value, value])
              yield* refuses(life, twice, ["duplicate_header"], `a delivery with ${name} twice`)
              const once = Deliveries.withHeader(delivery, name, (value) => [value])
              yield* Check.succeeds(life.provider.verifyWebhook(once), `a delivery with ${name} as a list of one`)
            }),
          )
        }),
    ),
    forged(harness, "F48: another secret is bad_signature", (life) =>
      Effect.gen(function* () {
        const delivery = { ...(yield* first(life)), secret: "whsec_bm90IHRoZSBzZWNyZXQgdGhhdCBzaWduZWQgaXQ=" }
        yield* refuses(life, delivery, ["bad_signature"], "a delivery under another secret")
      }),
    ),
    forged(harness, "F47: a delivery that is eight days old is stale", (life) =>
      Effect.flatMap(first(life), (delivery) =>
        Deliveries.later(refuses(life, delivery, ["stale"], "a delivery of eight days ago"), 8 * 86_400_000),
      ),
    ),
  ]
}
