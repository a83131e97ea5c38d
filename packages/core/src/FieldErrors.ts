/** Faults of a value, each named by its path, for people. */
import { type Schema, SchemaIssue } from "effect"
import type { FieldError } from "./OrchestratorError.ts"

const format = SchemaIssue.makeFormatterStandardSchemaV1()

const segment = (part: PropertyKey | { readonly key: PropertyKey }): string =>
  String(typeof part === "object" ? part.key : part)

const words: { readonly [message: string]: string | undefined } = {
  "Expected no excess property": "is not a known field",
  "Missing key": "is needed",
  "Expected string": "must be a string",
  "Expected boolean": "must be true or false",
  "Expected number": "must be a number",
  "Expected a finite number": "must be a number",
  "Expected an integer": "must be a whole number",
  "Expected object": "must be an object",
  "Expected array": "must be a list",
}

/** The schemas' words as a sentence about a field: `Expected an integer` is `must be a whole number`. */
export const plain = (message: string): string => words[message] ?? message.replace(/^Expected /, "must be ")

/** Every fault that a decoding found. */
export const fromSchemaError = (error: Schema.SchemaError): ReadonlyArray<FieldError> =>
  format(error.issue).issues.map(({ message, path = [] }) => ({
    path: path.map(segment).join("."),
    message: plain(message),
  }))
