/** The typed client of the HTTP contract. */
import { Effect, Redacted } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { HttpApiClient } from "effect/http-api"
import { Api } from "./Api.ts"

/** A client that sends the API key with each request. Needs an `HttpClient`. */
export const make = (options: { readonly baseUrl: string; readonly apiKey: Redacted.Redacted }) =>
  HttpApiClient.make(Api, {
    baseUrl: options.baseUrl,
    transformClient: HttpClient.mapRequest(HttpClientRequest.bearerToken(options.apiKey)),
  })

export type Client = Effect.Success<ReturnType<typeof make>>
