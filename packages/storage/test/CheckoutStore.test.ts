import { assert, it } from "@effect/vitest"
import { CheckoutStore, Idempotency } from "@payment-orchestrator/payments"
import { Effect, Option } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { onEachBackend } from "./Backends.ts"
import * as Sample from "./Sample.ts"

onEachBackend("a checkout", ({ empty }) => {
  const test = <E>(
    name: string,
    body: (
      store: CheckoutStore.Service,
    ) => Effect.Effect<void, E, CheckoutStore.CheckoutStore | Idempotency.Idempotency | SqlClient.SqlClient>,
  ) => it.effect(name, () => Effect.provide(Effect.flatMap(CheckoutStore.CheckoutStore, body), empty, { local: true }))

  const claimWith = (claimant: CheckoutStore.Claimant) =>
    Effect.gen(function* () {
      const store = yield* CheckoutStore.CheckoutStore
      const opening = yield* Sample.opening()
      const claimed = yield* store.claim(opening, Option.some(claimant), Sample.takeOverAfterMillis)
      return { opening, claimed }
    })

  test("is found as it was claimed and then as it was committed, by its id and by the buyer's link", (store) =>
    Effect.gen(function* () {
      const opening = yield* Sample.opening()
      assert.deepStrictEqual(yield* store.claim(opening, Option.none(), 0), { _tag: "Fresh" })
      const { cancelUrl, checkout, linkToken, successUrl } = opening
      assert.deepStrictEqual(
        yield* store.find(checkout.id),
        Option.some({ checkout, linkToken, successUrl, cancelUrl }),
      )

      const outcome = yield* Sample.failedOver(opening)
      yield* store.commit(outcome)
      const expected = Option.some({ checkout: outcome.checkout, linkToken, successUrl, cancelUrl })
      assert.deepStrictEqual(yield* store.find(checkout.id), expected)
      assert.deepStrictEqual(yield* store.findByLink(linkToken), expected)
      assert.deepStrictEqual(yield* store.findByLink("nobody's"), Option.none())
    }))

  test("keeps every candidate's id from before it is asked, with what came of it", (store) =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const rows = sql`select attempt_id, provider, state, result, position from attempts order by position`
      const opening = yield* Sample.claim()
      const [first, second] = opening.attempts
      assert.deepStrictEqual(
        (yield* rows).map((row) => ({ ...row })),
        [
          { attempt_id: first?.attemptId, provider: "paypal", state: "planned", result: null, position: 0 },
          { attempt_id: second?.attemptId, provider: "polar", state: "planned", result: null, position: 2 },
        ],
      )
      yield* store.commit(yield* Sample.failed(opening))
      assert.deepStrictEqual(
        (yield* rows).map((row) => ({ ...row })),
        [
          { attempt_id: first?.attemptId, provider: "paypal", state: "closed", result: "transient_error", position: 0 },
          { attempt_id: second?.attemptId, provider: "polar", state: "closed", result: null, position: 2 },
        ],
      )
    }))

  test("F20: is one checkout when its outcome is recorded twice, because the first commit's answer was lost", (store) =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const outcome = yield* Sample.failedOver(yield* Sample.claim())
      yield* store.commit(outcome)
      yield* store.commit(outcome)
      const found = Option.getOrThrow(yield* store.find(outcome.checkout.id))
      assert.deepStrictEqual(found.checkout, outcome.checkout)
      assert.strictEqual((yield* sql`select * from sessions`).length, 1)
      assert.strictEqual((yield* sql`select * from failovers`).length, 1)
      assert.deepStrictEqual(
        (yield* sql`select kind, n from stats where tenant_id = 'default' order by kind`).map((row) => ({ ...row })),
        [
          { kind: "failover", n: 1 },
          { kind: "request", n: 1 },
          { kind: "shown", n: 1 },
        ],
      )
    }))

  test("F15: of fifty twins one claims the key; the others are told that it runs, and later get its answer", () =>
    Effect.gen(function* () {
      const claimant = Sample.claimant()
      const twins = yield* Effect.all(
        Array.from({ length: 50 }, () => claimWith(claimant)),
        { concurrency: "unbounded" },
      )
      const fresh = twins.filter(({ claimed }) => claimed._tag === "Fresh")
      assert.strictEqual(fresh.length, 1)
      assert.strictEqual(twins.filter(({ claimed }) => claimed._tag === "Running").length, 49)
      const sql = yield* SqlClient.SqlClient
      assert.strictEqual((yield* sql`select id from checkouts`).length, 1)

      const store = yield* CheckoutStore.CheckoutStore
      const [first] = fresh
      assert.isDefined(first)
      yield* store.commit(yield* Sample.failedOver(first.opening, { claimant, answer: "the answer" }))
      const later = yield* Effect.all(
        Array.from({ length: 50 }, () => claimWith(claimant)),
        { concurrency: "unbounded" },
      )
      for (const { claimed } of later) assert.deepStrictEqual(claimed, { _tag: "Replay", answer: "the answer" })
    }))

  test("F15: the same key with another body is refused, and is another tenant's own", () =>
    Effect.gen(function* () {
      yield* claimWith(Sample.claimant())
      assert.deepStrictEqual((yield* claimWith(Sample.claimant({ fingerprint: "other" }))).claimed, {
        _tag: "OtherBody",
      })
      assert.deepStrictEqual((yield* claimWith(Sample.claimant({ tenantId: "t2" }))).claimed, { _tag: "Fresh" })
    }))

  test("is tried again under its id and link after an answer that was not final, and counted once", (store) =>
    Effect.gen(function* () {
      const claimant = Sample.claimant()
      const first = yield* claimWith(claimant)
      yield* store.commit(yield* Sample.failed(first.opening, { claimant }))
      yield* TestClock.adjust("1 second")

      const again = yield* claimWith(claimant)
      const { id } = first.opening.checkout
      assert.deepStrictEqual(again.claimed, {
        _tag: "Again",
        checkoutId: id,
        linkToken: first.opening.linkToken,
        createdAt: first.opening.checkout.createdAt,
      })
      assert.deepStrictEqual((yield* claimWith(claimant)).claimed, { _tag: "Running" })
      const running = Option.getOrThrow(yield* store.find(id)).checkout
      assert.deepStrictEqual({ status: running.status, attempts: running.attempts }, { status: "open", attempts: [] })

      const second = {
        ...again.opening,
        checkout: { ...again.opening.checkout, id, link: first.opening.checkout.link },
      }
      const outcome = yield* Sample.failedOver(second, { claimant, answer: "the answer" })
      yield* store.commit(outcome)
      const found = Option.getOrThrow(yield* store.find(id)).checkout
      assert.deepStrictEqual(found, { ...outcome.checkout, createdAt: first.opening.checkout.createdAt })
      assert.deepStrictEqual((yield* claimWith(claimant)).claimed, { _tag: "Replay", answer: "the answer" })
      const sql = yield* SqlClient.SqlClient
      assert.deepStrictEqual(
        (yield* sql`select n from stats where kind = 'request' and tenant_id = 'default'`).map((row) => ({ ...row })),
        [{ n: 1 }],
      )
    }))

  test("F19: is taken over when its process died, and not a moment before", () =>
    Effect.gen(function* () {
      const first = yield* claimWith(Sample.claimant())
      yield* TestClock.adjust(Sample.takeOverAfterMillis)
      assert.deepStrictEqual((yield* claimWith(Sample.claimant())).claimed, { _tag: "Running" })
      yield* TestClock.adjust(1)
      const twins = yield* Effect.all(
        Array.from({ length: 10 }, () => claimWith(Sample.claimant())),
        { concurrency: "unbounded" },
      )
      const again = twins.filter(({ claimed }) => claimed._tag === "Again")
      assert.deepStrictEqual(again[0]?.claimed, {
        _tag: "Again",
        checkoutId: first.opening.checkout.id,
        linkToken: first.opening.linkToken,
        createdAt: first.opening.checkout.createdAt,
      })
      assert.strictEqual(twins.filter(({ claimed }) => claimed._tag === "Running").length, 9)
    }))

  test("F19: a process that was taken for dead cannot record over the one that took over", (store) =>
    Effect.gen(function* () {
      const claimant = Sample.claimant()
      const first = yield* claimWith(claimant)
      const late = yield* Sample.failedOver(first.opening, { claimant, answer: "too late" })
      const lateFailure = yield* Sample.failed(first.opening, { claimant })
      yield* TestClock.adjust(Sample.takeOverAfterMillis + 1)
      const again = yield* claimWith(claimant)
      assert.strictEqual(again.claimed._tag, "Again")

      for (const outcome of [late, lateFailure]) {
        assert.strictEqual((yield* Effect.flip(store.commit(outcome))).during, "commit")
      }
      assert.deepStrictEqual((yield* claimWith(claimant)).claimed, { _tag: "Running" })
      const { id } = first.opening.checkout
      const second = { ...again.opening, checkout: { ...again.opening.checkout, id } }
      yield* store.commit(yield* Sample.failedOver(second, { claimant, answer: "in time" }))
      assert.strictEqual((yield* Effect.flip(store.commit(late))).during, "commit")
      assert.deepStrictEqual((yield* claimWith(claimant)).claimed, { _tag: "Replay", answer: "in time" })
    }))

  test("F19: a claim whose process died is listed, ended once, and may be tried again", (store) =>
    Effect.gen(function* () {
      const claimant = Sample.claimant()
      const { opening } = yield* claimWith(claimant)
      const { id } = opening.checkout
      yield* TestClock.adjust(1_000)
      yield* Sample.claim()
      assert.deepStrictEqual(yield* store.openClaims(0), [])
      const claims = yield* store.openClaims(1_000)
      assert.deepStrictEqual(claims, [{ checkoutId: id, claimedAt: 0, attempts: opening.attempts }])
      assert.strictEqual((yield* store.openClaims(1_001)).length, 2)

      const [claim] = claims
      if (claim === undefined) return assert.fail("no claim")
      const lost = opening.attempts.map(({ provider }) => ({
        provider,
        result: "transient_error" as const,
        outcome: "unknown" as const,
        startedAt: 0,
        durationMs: 0,
        tries: 0,
      }))
      assert.isTrue(yield* store.abandon(claim, lost))
      assert.isFalse(yield* store.abandon(claim, lost))
      const found = Option.getOrThrow(yield* store.find(id)).checkout
      assert.deepStrictEqual({ status: found.status, attempts: found.attempts }, { status: "failed", attempts: lost })
      const sql = yield* SqlClient.SqlClient
      const states = yield* sql`select attempt_id from attempts where checkout_id = ${id} and state = 'quarantined'`
      assert.sameMembers(
        states.map(({ attempt_id }) => attempt_id),
        opening.attempts.map(({ attemptId }) => attemptId),
      )

      assert.strictEqual((yield* claimWith(claimant)).claimed._tag, "Again")
      assert.isFalse(
        yield* store.abandon(claim, lost),
        "the claim that took over is not ended by what is known of the old one",
      )
    }))

  test("F20: an outcome that was recorded is not ended by the sweep", (store) =>
    Effect.gen(function* () {
      const { id } = yield* Sample.shown()
      assert.deepStrictEqual(yield* store.openClaims(1), [])
      assert.isFalse(yield* store.abandon({ checkoutId: id, claimedAt: 0, attempts: [] }, []))
      assert.strictEqual(Option.getOrThrow(yield* store.find(id)).checkout.status, "open")
    }))

  test("leaves nothing behind when a provider gives a session that is another checkout's", (store) =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { providerSessionId } = yield* Sample.shown()
      const outcome = yield* Sample.failedOver(yield* Sample.claim())
      const session = Option.map(outcome.session, (one) => ({ ...one, sessionId: providerSessionId ?? "" }))
      const before = yield* sql`select kind, provider, n from stats order by kind, provider`
      assert.strictEqual((yield* Effect.flip(store.commit({ ...outcome, session }))).during, "commit")
      const found = Option.getOrThrow(yield* store.find(outcome.checkout.id)).checkout
      assert.deepStrictEqual({ url: found.url, attempts: found.attempts }, { url: null, attempts: [] })
      assert.strictEqual((yield* sql`select * from failovers`).length, 1)
      assert.deepStrictEqual(yield* sql`select kind, provider, n from stats order by kind, provider`, before)
    }))
})
