/**
 * Things that happen at a provider without the merchant asking (a renewal, a dispute), as named commands, so that the
 * control server can offer what the code-level helpers do.
 */
import { Effect, Schema } from "effect"
import * as Answer from "./Answer.ts"

export interface Action {
  /** The last part of `POST /:emulator/actions/:name`. */
  readonly name: string
  readonly summary: string
  /** Takes the JSON text of its input. A wrong input is a 400 that says what is wrong. */
  readonly run: (text: string) => Effect.Effect<Answer.Answer>
}

/** A refusal: the status and a sentence. */
export interface Refusal {
  readonly status: number
  readonly description: string
}

/**
 * How one provider's actions are made, given how its refusals are told. An action's input is checked by a schema; what
 * `run` gives is answered as JSON.
 */
export const maker =
  <E>(refusal: (error: E) => Refusal) =>
  <S extends Schema.Constraint & { readonly DecodingServices: never }>(
    name: string,
    summary: string,
    input: S,
    run: (input: S["Type"]) => Effect.Effect<unknown, E>,
  ): Action => ({
    name,
    summary,
    run: (text) =>
      Schema.decodeEffect(Schema.fromJsonString(input))(text, { onExcessProperty: "error" }).pipe(
        Effect.matchEffect({
          onFailure: (error) => Effect.succeed(Answer.json(400, { error: error.message })),
          onSuccess: (decoded) =>
            Effect.match(run(decoded), {
              onFailure: (error) => {
                const { description, status } = refusal(error)
                return Answer.json(status, { error: description })
              },
              onSuccess: (value) => Answer.json(200, value ?? { ok: true }),
            }),
        }),
      ),
  })
