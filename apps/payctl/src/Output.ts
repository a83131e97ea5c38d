/** What commands print: JSON with `--json`, else tables, in colours on a terminal. */
import { Console, Effect, Schema, Stdio } from "effect"
import { Flag, GlobalFlag } from "effect/cli"

/** `--json` before or after any command. */
export const Json = GlobalFlag.Setting("json")({
  flag: Flag.Boolean("json").pipe(
    Flag.withDescription("Print JSON, as the HTTP API answers it"),
    Flag.withDefault(false),
  ),
})

const paint = (code: number) => (text: string) =>
  Effect.gen(function* () {
    const stdio = yield* Stdio.Stdio
    return (yield* stdio.stdoutIsTerminal) ? `\u001b[${code}m${text}\u001b[0m` : text
  })

export const bold = paint(1)
export const green = paint(32)
export const yellow = paint(33)
export const red = paint(31)

const cell = (value: unknown): string => {
  if (value === null || value === undefined) return "-"
  return typeof value === "object" ? JSON.stringify(value) : String(value)
}

const rowsOf = Schema.decodeUnknownEffect(Schema.Array(Schema.Record(Schema.String, Schema.Unknown)))
const rowOf = Schema.decodeUnknownEffect(Schema.Record(Schema.String, Schema.Unknown))

/** Columns of even width. */
export const table = Effect.fnUntraced(function* (
  columns: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
) {
  const widths = columns.map((name, i) => Math.max(name.length, ...rows.map((row) => (row[i] ?? "").length)))
  const line = (cells: ReadonlyArray<string>) =>
    cells
      .map((text, i) => (i === cells.length - 1 ? text : text.padEnd(widths[i] ?? 0)))
      .join("  ")
      .trimEnd()
  yield* Console.log(yield* bold(line(columns)))
  for (const row of rows) yield* Console.log(line(row))
})

const print = (value: unknown) => Console.log(JSON.stringify(value, null, 2))

/** A page of a list: what it holds as columns, and how to get the next. */
export const page = Effect.fnUntraced(function* <A, I, const Column extends keyof I & string>(
  item: Schema.Codec<A, I>,
  columns: ReadonlyArray<Column>,
  { data, next_cursor }: { readonly data: ReadonlyArray<A>; readonly next_cursor?: string | null },
) {
  const encoded = yield* Effect.orDie(Schema.encodeEffect(Schema.Array(item))(data))
  if (yield* Json) return yield* print({ data: encoded, ...(next_cursor === undefined ? {} : { next_cursor }) })
  const rows = yield* Effect.orDie(rowsOf(encoded))
  if (rows.length === 0) return yield* Console.log("nothing")
  yield* table(
    columns,
    rows.map((row) => columns.map((name) => cell(row[name]))),
  )
  if (typeof next_cursor === "string") yield* Console.log(`more with --cursor ${next_cursor}`)
})

/** One thing, a line for each field. */
export const one = Effect.fnUntraced(function* <A, I>(schema: Schema.Codec<A, I>, value: A) {
  const encoded = yield* Effect.orDie(Schema.encodeEffect(schema)(value))
  if (yield* Json) return yield* print(encoded)
  const fields = Object.entries(yield* Effect.orDie(rowOf(encoded)))
  const width = Math.max(...fields.map(([name]) => name.length))
  for (const [name, held] of fields) {
    yield* Console.log(`${yield* bold(name.padEnd(width))}  ${cell(held)}`)
  }
})

/** What was done, in a sentence; with `--json` the thing itself. */
export const done = Effect.fnUntraced(function* <A, I>(schema: Schema.Codec<A, I>, value: A, sentence: string) {
  if (yield* Json) return yield* print(yield* Effect.orDie(Schema.encodeEffect(schema)(value)))
  yield* Console.log(sentence)
})
