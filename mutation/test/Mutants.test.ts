import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "vitest"
import { instrument, type Mutant } from "../src/Mutants.ts"
import { report } from "../src/Report.ts"
import { loadedFor, withMutant, withoutMutant } from "../src/Verdicts.ts"

const folder = mkdtempSync(join(tmpdir(), "mutants-"))
afterAll(() => rmSync(folder, { recursive: true }))

const mutantsOf = async (text: string) => {
  const file = join(folder, "Source.ts")
  writeFileSync(file, text)
  const { mutants, sources } = await instrument([file])
  return { file, mutants, source: sources.get(file) ?? "" }
}

const changed = ({ file, from, replacement, to }: Mutant) => {
  const text = readFileSync(file, "utf8")
  return text.slice(0, from) + replacement + text.slice(to)
}

describe("the mutants of a file", () => {
  it("are its text with one thing changed, wherever that stands", async () => {
    const { mutants } = await mutantsOf("export const f = (a: number) =>\n  a > 1\n")
    const texts = mutants.filter(({ line }) => line === 2).map(changed)
    for (const replacement of ["true", "false", "a >= 1", "a <= 1"]) {
      assert.include(texts, `export const f = (a: number) =>\n  ${replacement}\n`)
    }
  })

  it("are all compiled in at once, each behind its own switch", async () => {
    const { mutants, source } = await mutantsOf("export const f = (a: number) => a + 1\n")
    assert.isNotEmpty(mutants)
    for (const { id } of mutants) assert.include(source, `"${id}"`)
  })

  it("leave words for people as they are, and change the code beside them", async () => {
    const { mutants } = await mutantsOf(
      [
        'export const A = Schema.String.annotate({ identifier: "A" })',
        'export const Z = Schema.String.pipe(Schema.brand("Z"))',
        'export const B = Effect.withSpan("b", { attributes: { name: "b" } })',
        'export const b = Tracing.span("b", { name: "b" })',
        'export const c = Effect.fn("c")(function* () { return "mutable" })',
        'export class D extends Context.Service<D, Service>()("d") {}',
      ].join("\n"),
    )
    assert.deepStrictEqual(
      mutants.filter(({ kind }) => kind === "StringLiteral").map(({ original }) => original),
      ['"mutable"'],
    )
  })
})

describe("a report", () => {
  const mutant = (id: string, over: Partial<Mutant> = {}): Mutant => ({
    id,
    file: "src/A.ts",
    kind: "ConditionalExpression",
    line: 7,
    from: 0,
    to: 1,
    original: "a",
    replacement: "true",
    ...over,
  })
  const told = report([mutant("1"), mutant("2"), mutant("3"), mutant("4")], {
    killed: new Map([["1", "a test"]]),
    unreached: new Set(["3"]),
    untried: new Set(["4"]),
    spoilt: new Set(["a test that fails"]),
  })

  it("scores what was tried, and counts what no test reaches against it", () => {
    assert.include(told, "| src/A.ts | 3 | 1 | 1 | 1 | 33.3 % |")
    assert.include(told, "1 that are met while modules are loaded were not tried")
  })

  it("names survivors by where they stand, and tests whose word does not count", () => {
    assert.include(told, "src/A.ts:7 ConditionalExpression\n  - a\n  + true")
    assert.include(told, "src/A.ts:7 ConditionalExpression, which no test reaches")
    assert.include(told, '"a test that fails" failed without a mutant')
  })
})

describe("a test file", () => {
  it("is loaded for one mutant by a name of its own", () => {
    const name = withMutant("/x/A.test.ts", "12")
    assert.deepStrictEqual([loadedFor(name), withoutMutant(name)], ["12", "/x/A.test.ts"])
    assert.deepStrictEqual([loadedFor("/x/A.test.ts"), withoutMutant("/x/A.test.ts")], [undefined, "/x/A.test.ts"])
  })
})
