/** The numbers that steer the orchestrator, their defaults, and how they are read from the environment. */
import { Currency, Money } from "@payment-orchestrator/domain"
import { Config, Duration, Effect, Option, Result, Schema, SchemaGetter, SchemaIssue } from "effect"

export interface Settings {
  /** Retries at one provider after a transient error. */
  readonly maxRetries: number
  /** The longest one call to a provider may take. */
  readonly timeout: Duration.Duration
  /** The longest a whole checkout may take, over all providers. */
  readonly deadline: Duration.Duration
  /** Calls at once per provider and class of operations; above it a provider is skipped when a session is opened. */
  readonly concurrency: number
  /** After so long a slow provider is no longer waited for alone: the next is asked as well. None: never. */
  readonly hedgeAfter: Option.Option<Duration.Duration>
  /** Larger amounts are refused, in minor units by currency. */
  readonly maxAmounts: ReadonlyMap<Currency.Currency, number>
  /** Where providers send the buyer back to when a request names no URL. */
  readonly publicUrl: string
}

export const defaults: Settings = {
  maxRetries: 2,
  timeout: Duration.seconds(30),
  deadline: Duration.seconds(60),
  concurrency: 256,
  hedgeAfter: Option.none(),
  maxAmounts: new Map(),
  publicUrl: "http://localhost:8080",
}

const positiveSeconds = Schema.FiniteFromString.check(
  Schema.makeFilter((seconds) => (seconds > 0 && seconds <= 3_600) || "must be seconds, more than 0 and at most 3600"),
)

const seconds = (name: string, fallback: Duration.Duration) =>
  Config.schema(positiveSeconds, name).pipe(Config.map(Duration.seconds), Config.withDefault(fallback))

const maxAmountsHelp = "must be a list such as USD:10000,EUR:10000"

const maxAmount = (item: string): Effect.Effect<readonly [Currency.Currency, number], SchemaIssue.Issue> => {
  const [code = "", amount = ""] = item.split(":").map((part) => part.trim())
  const money = Currency.isCurrency(code) ? Result.getSuccess(Money.fromDecimal(amount, code)) : Option.none()
  return Option.match(money, {
    onNone: () => Effect.fail(new SchemaIssue.InvalidValue({ message: maxAmountsHelp }, item)),
    onSome: ({ amount, currency }) => Effect.succeed([currency, amount] as const),
  })
}

/** `USD:10000,EUR:10000` → the largest amounts in minor units. */
const MaxAmounts = Schema.String.pipe(
  Schema.decodeTo(Schema.ReadonlyMap(Currency.Currency, Money.MinorUnits), {
    decode: SchemaGetter.transformEffect((text: string) =>
      Effect.map(Effect.forEach(text.split(","), maxAmount), (pairs) => new Map(pairs)),
    ),
    encode: SchemaGetter.forbiddenEncoding,
  }),
)

const wholeNumber = (least: number, most: number) =>
  Schema.FiniteFromString.check(
    Schema.makeFilter(
      (n) => (Number.isInteger(n) && n >= least && n <= most) || `must be a whole number from ${least} to ${most}`,
    ),
  )

/**
 * `PAYMENT_MAX_RETRIES`, `PAYMENT_TIMEOUT`, `PAYMENT_DEADLINE`, `PAYMENT_CONCURRENCY`, `PAYMENT_HEDGE_AFTER`,
 * `PAYMENT_MAX_AMOUNT`, `PAYMENT_PUBLIC_URL`.
 */
export const configs = {
  maxRetries: Config.schema(wholeNumber(0, 10), "PAYMENT_MAX_RETRIES").pipe(Config.withDefault(defaults.maxRetries)),
  timeout: seconds("PAYMENT_TIMEOUT", defaults.timeout),
  deadline: seconds("PAYMENT_DEADLINE", defaults.deadline),
  concurrency: Config.schema(wholeNumber(1, 100_000), "PAYMENT_CONCURRENCY").pipe(
    Config.withDefault(defaults.concurrency),
  ),
  hedgeAfter: Config.option(Config.schema(positiveSeconds, "PAYMENT_HEDGE_AFTER")).pipe(
    Config.map(Option.map(Duration.seconds)),
  ),
  maxAmounts: Config.schema(MaxAmounts, "PAYMENT_MAX_AMOUNT").pipe(Config.withDefault(defaults.maxAmounts)),
  publicUrl: Config.URL("PAYMENT_PUBLIC_URL").pipe(
    Config.map((url) => url.href.replace(/\/+$/, "")),
    Config.withDefault(defaults.publicUrl),
  ),
}

export const config: Config.Config<Settings> = Config.all(configs)
