/** Calls to Acme: signed with the secret, which never leaves. */
import { createHmac } from "node:crypto"
import { HttpCall, ProviderName } from "@payment-orchestrator/domain"
import { Option, Redacted, Schema } from "effect"
import type { Options } from "./AcmeConfig.ts"
import { Problem } from "./Wire.ts"

export const name = ProviderName.ProviderName.make("acme")

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(Problem))

export const make = ({ baseUrl, merchant, secret }: Options) =>
  HttpCall.make({
    provider: name,
    fetch,
    baseUrl,
    headers: ({ body, method, path }, now) => {
      const date = String(Math.floor(now / 1000))
      const mac = createHmac("sha256", Redacted.value(secret)).update([method, path, date, body].join("\n"))
      return { "acme-merchant": merchant, "acme-date": date, "acme-signature": mac.digest("hex") }
    },
    requestIdHeader: "acme-request-id",
    words: (body) =>
      Option.match(decode(body), {
        onNone: () => ({}),
        // of all 404s only Acme's own proves that there is no such object
        onSome: ({ error: { code, text } }) => ({
          code,
          detail: text,
          means: code === "NOT_HERE" ? "not_found" : undefined,
        }),
      }),
  })
