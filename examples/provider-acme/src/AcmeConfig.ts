/** What the adapter needs to be told, and how the environment tells it. */
import { Config, ConfigProvider, Effect, Option, type Redacted } from "effect"

export interface Options {
  /** `test_…`, or `live_…` where money is real. */
  readonly merchant: string
  /** Signs our requests; it never leaves. */
  readonly secret: Redacted.Redacted
  /** Signs Acme's notices. */
  readonly noticeSecret: Redacted.Redacted
  readonly baseUrl: string
}

const wrong = (message: string) => Effect.fail(new Config.ConfigError(new ConfigProvider.SourceError({ message })))

/** None when no variable is set, so that the provider is skipped; a set that is not whole stops the start. */
export const config: Config.Config<Option.Option<Options>> = Config.all({
  merchant: Config.option(Config.String("ACME_MERCHANT")),
  secret: Config.option(Config.Redacted("ACME_SECRET")),
  noticeSecret: Config.option(Config.Redacted("ACME_NOTICE_SECRET")),
  baseUrl: Config.String("ACME_BASE_URL").pipe(Config.withDefault("https://api.acme.example")),
}).pipe(
  Config.mapEffect(({ baseUrl, merchant, noticeSecret, secret }) => {
    const all = Option.all({ merchant, secret, noticeSecret })
    const some = Option.isSome(merchant) || Option.isSome(secret) || Option.isSome(noticeSecret)
    if (Option.isNone(all)) {
      return some ? wrong("ACME_MERCHANT needs ACME_SECRET and ACME_NOTICE_SECRET, all or none") : Effect.succeedNone
    }
    if (!/^(live|test)_/.test(all.value.merchant)) return wrong("ACME_MERCHANT must begin with live_ or test_")
    return all.value.merchant.startsWith("test_") || baseUrl.startsWith("https:")
      ? Effect.succeedSome({ ...all.value, baseUrl })
      : wrong("ACME_BASE_URL must be https: for a live_ merchant")
  }),
)
