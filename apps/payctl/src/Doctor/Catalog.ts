/** Whether the providers sell the prices of the catalog as the catalog says; each is asked for, now. */
import { Check } from "@payment-orchestrator/api"
import { Catalog, type PaymentProvider, PriceDrift } from "@payment-orchestrator/domain"
import { configs, readCatalog } from "@payment-orchestrator/server"
import { Effect, Option } from "effect"
import { built, everyProvider } from "./Providers.ts"

/** None when there is none, or it cannot be read. */
const catalog = Effect.gen(function* () {
  const path = yield* configs.catalogPath
  return Option.isNone(path) ? Option.none() : Option.some(yield* readCatalog(path.value))
})

const itemOf = (mapping: PriceDrift.Mapping, verdict: PriceDrift.Verdict) => {
  const name = `price: ${mapping.priceId} at ${mapping.provider}`
  if (PriceDrift.isFault(verdict)) {
    return Check.fail(name, PriceDrift.describe(mapping, verdict), PriceDrift.remedy(mapping, verdict))
  }
  return verdict._tag === "Same"
    ? Check.ok(name, `${mapping.providerPriceId} agrees`)
    : Check.warn(name, `it cannot be compared: ${verdict.why}`, "compare it by hand in the provider's dashboard")
}

const check = (known: Catalog.Catalog, provider: PaymentProvider.Service) =>
  Effect.forEach(Object.entries(known), ([priceId, entry]) => {
    const { capabilities, name } = provider
    const own = Catalog.providerPriceId(known, priceId, { name, priceIdPattern: capabilities.priceIdPattern })
    if (Option.isNone(own)) return Effect.succeed([])
    const mapping = { provider: name, priceId, providerPriceId: own.value }
    return provider.findPrice(own.value).pipe(
      Effect.map((found) => [itemOf(mapping, PriceDrift.compare(entry, found))]),
      Effect.catch(({ message }) =>
        Effect.succeed([
          Check.warn(
            `price: ${priceId} at ${name}`,
            `it could not be asked for: ${message}`,
            "try again when it answers",
          ),
        ]),
      ),
    )
  })

/** One for each price and provider it is mapped at. A catalog that cannot be read is told as a fault of the configuration. */
export const items = Effect.gen(function* () {
  const found = yield* catalog.pipe(
    Effect.map((known) => ({ known, fault: Option.none<string>() })),
    Effect.catch(({ message }) =>
      Effect.succeed({ known: Option.none<Catalog.Catalog>(), fault: Option.some(message) }),
    ),
  )
  if (Option.isSome(found.fault)) {
    return [Check.fail("catalog", found.fault.value, "correct the file that PAYMENT_CATALOG names")]
  }
  if (Option.isNone(found.known))
    return [Check.ok("catalog", "there is none: price ids go to the provider they look like")]
  const { value: known } = found.known
  const providers = (yield* built(everyProvider)).filter(({ configured }) => configured)
  const checks = yield* Effect.forEach(providers, (provider) => check(known, provider), { concurrency: "unbounded" })
  return [Check.ok("catalog", `${Object.keys(known).length} prices`), ...checks.flat(2)]
}).pipe(Effect.scoped)
