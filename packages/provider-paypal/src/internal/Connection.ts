/** The way to PayPal's host: requests as they leave, answers as they come. */
import { ProviderClock } from "@payment-orchestrator/domain"
import { Transport } from "@payment-orchestrator/transport"
import { Effect, type Scope } from "effect"
import type { Options } from "../PayPalConfig.ts"
import { name } from "./Name.ts"
import type { Request } from "./Requests.ts"

const hosts: { readonly [mode in Options["mode"]]: string } = {
  sandbox: "https://api-m.sandbox.paypal.com",
  live: "https://api-m.paypal.com",
}

/** No answer of PayPal's is near this size (8 MiB). */
const largestAnswer = 8_388_608

const always = { accept: "application/json", "accept-encoding": "identity", "user-agent": "payment-orchestrator" }

const headersOf = ({ body, key, whole }: Request, token: string): Transport.Request["headers"] => ({
  ...always,
  authorization: `Bearer ${token}`,
  ...(body === undefined ? {} : { "content-type": "application/json" }),
  ...(key === undefined ? {} : { "paypal-request-id": key }),
  ...(whole === true ? { prefer: "return=representation" } : {}),
})

export interface Connection {
  /** Sends one request once. The answer may have any status. Interruption closes its connection. */
  readonly ask: (request: Request, token: string) => Effect.Effect<Transport.Reply, Transport.Failure>
  /** `POST /v1/oauth2/token`; `basic` is the client's id and secret as `Authorization` wants them. */
  readonly askForToken: (basic: string) => Effect.Effect<Transport.Reply, Transport.Failure>
}

export const make = Effect.fnUntraced(function* ({
  baseUrl,
  mode,
}: Pick<Options, "baseUrl" | "mode">): Effect.fn.Return<Connection, never, Scope.Scope> {
  const dateHeard = yield* ProviderClock.DateHeard
  const base = new URL(baseUrl ?? hosts[mode])
  const prefix = base.pathname.replace(/\/+$/, "")
  const transport = yield* Effect.acquireRelease(
    Effect.sync(() => Transport.make({ url: base.href, largestAnswer })),
    ({ close }) => Effect.sync(close),
  )

  const send = (request: Transport.Request) =>
    Effect.callback<Transport.Reply, Transport.Failure>((resume) => {
      const cancel = transport.send(request, (outcome) =>
        resume(
          outcome._tag === "Reply" ? Effect.as(dateHeard(name, outcome.headers.date), outcome) : Effect.fail(outcome),
        ),
      )
      return Effect.sync(cancel)
    })

  return {
    ask: (request, token) =>
      send({
        method: request.method,
        path: prefix + request.path,
        headers: headersOf(request, token),
        body: request.body,
      }),
    askForToken: (basic) =>
      send({
        method: "POST",
        path: `${prefix}/v1/oauth2/token`,
        headers: {
          ...always,
          authorization: `Basic ${basic}`,
          "content-type": "application/x-www-form-urlencoded",
        },
        body: "grant_type=client_credentials",
      }),
  }
})
