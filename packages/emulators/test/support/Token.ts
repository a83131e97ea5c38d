import { Effect } from "effect"
import { request } from "./Http.ts"

/** A bearer header of an emulator with the default credentials. */
export const bearer = (url: string): Effect.Effect<{ readonly authorization: string }> =>
  Effect.map(
    request(`${url}/v1/oauth2/token`, {
      body: "grant_type=client_credentials",
      headers: {
        authorization: `Basic ${btoa("emulator-client:emulator-secret")}`,
        "content-type": "application/x-www-form-urlencoded",
      },
    }),
    (answer) => ({ authorization: `Bearer ${answer.json.access_token}` }),
  )
