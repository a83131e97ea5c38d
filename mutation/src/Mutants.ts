/** Every mutant of some files, compiled in at once: which one is on is decided while the tests run. */
import { readFileSync } from "node:fs"
import { Instrumenter } from "@stryker-mutator/instrumenter"
import { ignorer } from "./Ignored.ts"

export interface Mutant {
  readonly id: string
  readonly file: string
  readonly kind: string
  /** Counted from one. */
  readonly line: number
  readonly from: number
  readonly to: number
  readonly original: string
  readonly replacement: string
}

export interface Instrumented {
  readonly mutants: ReadonlyArray<Mutant>
  /** The source with all mutants in it, by the file's path. */
  readonly sources: ReadonlyMap<string, string>
}

const nothing = () => undefined
const silent = {
  isTraceEnabled: () => false,
  isDebugEnabled: () => false,
  isInfoEnabled: () => false,
  isWarnEnabled: () => false,
  isErrorEnabled: () => false,
  isFatalEnabled: () => false,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  fatal: nothing,
}

/** Where each line begins in the text. */
const lineStarts = (text: string): ReadonlyArray<number> => [
  0,
  ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1),
]

export const instrument = async (files: ReadonlyArray<string>): Promise<Instrumented> => {
  const texts = new Map(files.map((file) => [file, readFileSync(file, "utf8")]))
  const result = await new Instrumenter(silent).instrument(
    [...texts].map(([name, content]) => ({ name, content, mutate: true })),
    { plugins: null, excludedMutations: [], ignorers: [ignorer] },
  )
  const mutants = result.mutants
    .filter(({ status }) => status !== "Ignored")
    .map(({ fileName, id, location, mutatorName, replacement }): Mutant => {
      const text = texts.get(fileName) ?? ""
      const starts = lineStarts(text)
      const at = ({ column, line }: { readonly column: number; readonly line: number }) => (starts[line] ?? 0) + column
      const [from, to] = [at(location.start), at(location.end)]
      const line = location.start.line + 1
      return { id, file: fileName, kind: mutatorName, line, from, to, original: text.slice(from, to), replacement }
    })
  return { mutants, sources: new Map(result.files.map(({ content, name }) => [name, content])) }
}
