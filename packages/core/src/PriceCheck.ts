/**
 * Whether the providers sell the prices of the catalog as the catalog says: asked at the start, every hour, and every
 * five minutes for what is wrong or could not be asked. Every process asks for itself, since its router must know: a
 * subscription is not opened where it would be charged otherwise than asked for (`price_mismatch`). What cannot be
 * compared, or could not be asked, keeps nobody out; what was found last counts until the provider says otherwise.
 */
import { Catalog, PaymentProvider, PriceDrift, ProviderName, Timestamp } from "@payment-orchestrator/domain"
import { Context, Duration, Effect, Equal, Layer, Option, PubSub, Random, Stream } from "effect"
import type * as Router from "./Router.ts"

/** What is known of one price of the catalog at one provider. */
export interface Finding extends PriceDrift.Mapping {
  /** None until the provider could be asked. */
  readonly verdict: Option.Option<PriceDrift.Verdict>
}

export interface Service {
  /** One for each price of the catalog and provider it is mapped at. */
  readonly findings: Effect.Effect<ReadonlyArray<Finding>>
  /** The prices that are known to be sold otherwise. Answers at once, from memory. */
  readonly mismatched: Effect.Effect<Router.Mismatched>
  /** Asks for ever. */
  readonly run: Effect.Effect<never>
  /** Which price has another verdict than before, from now on. */
  readonly changes: Stream.Stream<PriceDrift.Mapping>
}

/** Nothing is known unless somebody asks: {@link layer}. */
export const PriceCheck = Context.Reference<Service>("@payment-orchestrator/core/PriceCheck", {
  defaultValue: () => ({
    findings: Effect.succeed([]),
    mismatched: Effect.succeed(new Map()),
    run: Effect.never,
    changes: Stream.never,
  }),
})

export interface Options {
  /** Those that take part; one without credentials is not asked. */
  readonly providers: ReadonlyArray<PaymentProvider.Service>
  readonly catalog: Catalog.Catalog
  /** The longest one call may take. */
  readonly timeout: Duration.Duration
}

const hour = 3_600_000
const fiveMinutes = 300_000
/** Between two looks at what is due, and so between two calls: a long catalog takes little of what a provider allows. */
const pace = "1 second"

/** A price of the catalog that is mapped at the provider. */
interface Priced extends PriceDrift.Mapping {
  readonly entry: Catalog.CatalogEntry
  verdict: Option.Option<PriceDrift.Verdict>
}

/** One id of the provider, with the prices that are mapped to it; times are epoch milliseconds. */
interface Asked {
  readonly providerPriceId: string
  readonly prices: ReadonlyArray<Priced>
  askedAt: number
  nextAt: number
  /** Whether the last answer was none. */
  failed: boolean
}

/** A provider, and what it is asked for. */
interface Shelf {
  readonly provider: PaymentProvider.Service
  readonly asked: ReadonlyArray<Asked>
  /** Why it could not be asked, each told once until all could be asked again. */
  readonly told: Set<string>
}

const shelfOf = (provider: PaymentProvider.Service, catalog: Catalog.Catalog): Shelf => {
  const byId = new Map<string, Array<Priced>>()
  for (const [priceId, entry] of Object.entries(catalog)) {
    const own = Catalog.providerPriceId(catalog, priceId, {
      name: provider.name,
      priceIdPattern: provider.capabilities.priceIdPattern,
    })
    if (Option.isNone(own)) continue
    const priced = { provider: provider.name, priceId, providerPriceId: own.value, entry, verdict: Option.none() }
    byId.set(own.value, [...(byId.get(own.value) ?? []), priced])
  }
  return {
    provider,
    asked: Array.from(byId, ([providerPriceId, prices]) => ({
      providerPriceId,
      prices,
      askedAt: 0,
      nextAt: 0,
      failed: false,
    })),
    told: new Set(),
  }
}

const faultOf = ({ verdict }: Priced) => Option.filter(verdict, PriceDrift.isFault)

/** Tells what is new of one price. */
const tell = (priced: Priced, before: Option.Option<PriceDrift.Verdict>, now: PriceDrift.Verdict) => {
  const { priceId, provider, providerPriceId } = priced
  const label = ProviderName.label(provider)
  const where = `${providerPriceId} at ${label}`
  if (PriceDrift.isFault(now)) {
    return Effect.logWarning(
      `PRICE DRIFT: ${PriceDrift.describe(priced, now)}. No subscription to it is opened at ${label}. ${PriceDrift.remedy(priced, now)}.`,
    ).pipe(Effect.annotateLogs({ provider, ...PriceDrift.details(priced, now) }))
  }
  const ids = Effect.annotateLogs({ provider, price_id: priceId, provider_price_id: providerPriceId })
  if (now._tag === "Incomparable") {
    return ids(Effect.logInfo(`price ${priceId} cannot be compared with ${where}: ${now.why}`))
  }
  return Option.exists(before, PriceDrift.isFault)
    ? ids(Effect.logInfo(`PRICE MENDED: ${priceId} agrees with ${where} again`))
    : Effect.void
}

const tellTrouble = Effect.fnUntraced(function* (shelf: Shelf, message: string) {
  if (shelf.told.has(message)) return
  shelf.told.add(message)
  const { name } = shelf.provider
  yield* Effect.logWarning(
    `the prices of the catalog cannot be compared with ${ProviderName.label(name)}'s, which are asked for again in five minutes: ${message}`,
  ).pipe(Effect.annotateLogs({ provider: name }))
})

const make = Effect.fnUntraced(function* ({ catalog, providers, timeout }: Options): Effect.fn.Return<Service> {
  const pubsub = yield* PubSub.sliding<PriceDrift.Mapping>(64)
  const shelves = providers.filter(({ configured }) => configured).map((provider) => shelfOf(provider, catalog))
  const priced = shelves.flatMap(({ asked }) => asked.flatMap(({ prices }) => prices))
  let mismatched: Router.Mismatched = new Map()

  const remember = () => {
    const found = new Map<ProviderName.ProviderName, Set<string>>()
    for (const one of priced.filter((each) => Option.isSome(faultOf(each)))) {
      found.set(one.provider, (found.get(one.provider) ?? new Set()).add(one.priceId))
    }
    mismatched = found
  }

  const ask = Effect.fnUntraced(function* (shelf: Shelf, asked: Asked) {
    const answer = yield* Effect.suspend(() => shelf.provider.findPrice(asked.providerPriceId)).pipe(
      Effect.provideService(PaymentProvider.CallTimeout, timeout),
      // Whatever is wrong with one adapter, the other prices are asked for, and whoever runs this goes on.
      Effect.catchDefect(() => Effect.fail({ message: "its adapter failed unexpectedly" })),
      Effect.result,
    )
    asked.failed = answer._tag === "Failure"
    if (!shelf.asked.some(({ failed }) => failed)) shelf.told.clear()
    if (answer._tag === "Failure") {
      yield* tellTrouble(shelf, answer.failure.message)
    } else {
      for (const one of asked.prices) {
        const { verdict: before } = one
        const now = PriceDrift.compare(one.entry, answer.success)
        if (Equal.equals(before, Option.some(now))) continue
        one.verdict = Option.some(now)
        remember()
        yield* tell(one, before, now)
        yield* PubSub.publish(pubsub, one)
      }
    }
    const well = !asked.failed && asked.prices.every((one) => Option.isNone(faultOf(one)))
    asked.askedAt = yield* Timestamp.now
    // Replicas that start together must not ask together for ever.
    asked.nextAt = asked.askedAt + (well ? hour : fiveMinutes) * (1 - 0.1 * (yield* Random.next))
  })

  const follow = (shelf: Shelf) =>
    Effect.gen(function* () {
      const now = yield* Timestamp.now
      // A clock that was put back makes everything due.
      const due = shelf.asked.find(({ askedAt, nextAt }) => now >= nextAt || now < askedAt)
      if (due !== undefined) yield* ask(shelf, due)
      yield* Effect.sleep(pace)
    }).pipe(Effect.forever)

  return {
    findings: Effect.sync(() =>
      priced.map(({ priceId, provider, providerPriceId, verdict }) => ({
        priceId,
        provider,
        providerPriceId,
        verdict,
      })),
    ),
    mismatched: Effect.sync(() => mismatched),
    changes: Stream.fromPubSub(pubsub),
    run: Effect.forEach(
      shelves.filter(({ asked }) => asked.length > 0),
      follow,
      { concurrency: "unbounded", discard: true },
    ).pipe(Effect.andThen(Effect.never)),
  }
})

/** Over these providers; it asks nothing before it is `run`. */
export const layer = (options: Options): Layer.Layer<never> => Layer.effect(PriceCheck, make(options))
