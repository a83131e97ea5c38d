/**
 * One process of the service: the real core and payments over the shared database, until it is killed. A killed process
 * does nothing any more: whatever of it still runs stops at its next step towards the database or a provider.
 */
import { Circuits, PaymentOrchestrator } from "@payment-orchestrator/core"
import { type Ledger, PaymentProvider } from "@payment-orchestrator/domain"
import {
  Backfill,
  Checkouts,
  Claims,
  Disputes,
  Moves,
  Recovery,
  Refunds,
  Settlement,
  Subscriptions,
  WebhookInbox,
} from "@payment-orchestrator/payments"
import type { Storage } from "@payment-orchestrator/storage"
import { type Config, Context, Deferred, Duration, Effect, Exit, Layer, Option, Scope } from "effect"
import * as Ports from "./Ports.ts"

/** Where a process is to die: before or after so many of its steps. */
export interface Doom {
  readonly steps: number
  readonly after: boolean
}

export interface Settings {
  readonly secondPage: Ledger.SecondPage
  readonly refundDuplicates: boolean
  readonly hedgeAfter: Option.Option<Duration.Duration>
}

export interface Options extends Settings {
  readonly storage: Context.Context<Storage.Storage>
  /** What is seen of the database's answers, and what goes wrong with them. */
  readonly watcher: Ports.Watcher
  readonly providers: (gate: (step: string) => Effect.Effect<void>) => ReadonlyArray<PaymentProvider.Service>
  readonly doom: Option.Option<Doom>
  /** Whether its workers run as they do in the service; else somebody calls its sweeps. */
  readonly working: boolean
}

export interface Replica {
  readonly checkouts: Checkouts.Checkouts["Service"]
  readonly moves: Moves.Moves["Service"]
  readonly settlement: Settlement.Settlement["Service"]
  readonly refunds: Refunds.Refunds["Service"]
  readonly subscriptions: Subscriptions.Subscriptions["Service"]
  readonly disputes: Disputes.Disputes["Service"]
  readonly inbox: WebhookInbox.WebhookInbox["Service"]
  readonly backfill: Backfill.Backfill["Service"]
  readonly orchestrator: PaymentOrchestrator["Service"]
  /** Ends claims of processes that died. */
  readonly resolveClaims: Effect.Effect<unknown>
  readonly isDead: () => boolean
  /** As `kill -9` does it. */
  readonly kill: Effect.Effect<void>
  /** Ends when it is dead. */
  readonly death: Effect.Effect<void>
}

const publicUrl = "https://pay.example"

export const settings = {
  maxRetries: 2,
  timeout: Duration.seconds(30),
  deadline: Duration.seconds(60),
  concurrency: 256,
  hedgeAfter: Option.none<Duration.Duration>(),
  maxAmounts: new Map<never, never>(),
  publicUrl,
}

/** The whole deadline and ten seconds, as the server has it. */
export const takeOverAfterMillis = Duration.toMillis(settings.deadline) + 10_000

const layer = (
  options: Options,
  providers: ReadonlyArray<PaymentProvider.Service>,
  storage: Context.Context<Storage.Storage>,
) =>
  Backfill.Backfill.layer.pipe(
    Layer.provideMerge(WebhookInbox.WebhookInbox.layer),
    Layer.provideMerge(Layer.mergeAll(Subscriptions.Subscriptions.layer, Disputes.Disputes.layer)),
    Layer.provideMerge(Checkouts.Checkouts.layer({ publicUrl, takeOverAfterMillis })),
    Layer.provideMerge(Moves.Moves.layer({ publicUrl, secondPage: options.secondPage, takeOverAfterMillis })),
    Layer.provideMerge(Settlement.Settlement.layer),
    Layer.provideMerge(Refunds.Refunds.layer({ refundDuplicates: options.refundDuplicates })),
    Layer.provideMerge(
      PaymentOrchestrator.layerNoDeps({
        providers: providers.map((provider) => Layer.succeed(PaymentProvider.PaymentProvider, provider)),
        settings: { ...settings, hedgeAfter: options.hedgeAfter },
      }),
    ),
    Layer.provideMerge(Circuits.layerNoDeps),
    Layer.provideMerge(Layer.succeedContext(storage)),
    Layer.fresh,
  )

/** What goes on beside the requests. */
const workers = Effect.all(
  [
    Effect.flatMap(Settlement.Settlement, ({ run }) => run),
    Effect.flatMap(Refunds.Refunds, ({ run }) => run),
    Effect.flatMap(Subscriptions.Subscriptions, ({ run }) => run),
    Effect.flatMap(Disputes.Disputes, ({ run }) => run),
    Effect.flatMap(WebhookInbox.WebhookInbox, ({ run }) => run),
    Effect.flatMap(Backfill.Backfill, ({ run }) => run),
    Recovery.run,
    Claims.sweep(takeOverAfterMillis),
  ],
  { concurrency: "unbounded", discard: true },
)

export const start = Effect.fnUntraced(function* (
  options: Options,
): Effect.fn.Return<Replica, Config.ConfigError, Scope.Scope> {
  const world = yield* Effect.scope
  const scope = yield* Scope.fork(world)
  const death = yield* Deferred.make<void>()
  const doom = Option.getOrUndefined(options.doom)
  let dead = false
  let steps = 0

  const kill = Effect.suspend(() => {
    if (dead) return Effect.void
    dead = true
    return Deferred.succeed(death, undefined).pipe(
      Effect.andThen(Effect.forkIn(Scope.close(scope, Exit.void), world)),
      Effect.asVoid,
    )
  })
  const stop = Effect.suspend(() => (dead ? Effect.interrupt : Effect.void))
  const dieIfDoomed = (after: boolean) =>
    doom !== undefined && doom.after === after && steps >= doom.steps ? Effect.andThen(kill, stop) : stop
  const gate = () =>
    Effect.suspend(() => {
      steps += 1
      return dieIfDoomed(false)
    })
  const guard: Ports.Guard = (step, effect) =>
    gate().pipe(
      Effect.andThen(options.watcher(step, effect)),
      Effect.tap(() => dieIfDoomed(true)),
    )

  const storage = Ports.guarded(options.storage, guard)
  const context = yield* Layer.buildWithScope(layer(options, options.providers(gate), storage), scope)
  if (options.working) yield* Effect.forkIn(Effect.provide(workers, context), scope)
  return {
    checkouts: Context.get(context, Checkouts.Checkouts),
    moves: Context.get(context, Moves.Moves),
    settlement: Context.get(context, Settlement.Settlement),
    refunds: Context.get(context, Refunds.Refunds),
    subscriptions: Context.get(context, Subscriptions.Subscriptions),
    disputes: Context.get(context, Disputes.Disputes),
    inbox: Context.get(context, WebhookInbox.WebhookInbox),
    backfill: Context.get(context, Backfill.Backfill),
    orchestrator: Context.get(context, PaymentOrchestrator),
    resolveClaims: Effect.ignore(Effect.provide(Claims.resolve(takeOverAfterMillis), context)),
    isDead: () => dead,
    kill,
    death: Deferred.await(death),
  }
})
