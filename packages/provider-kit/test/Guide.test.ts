/** docs/adding-a-provider.md says what is so: its excerpts, its tables and its commands are compared with the code. */
import { assert, describe, it } from "@effect/vitest"
import { globSync, readFileSync } from "node:fs"
import { Operation } from "@payment-orchestrator/domain"
import { Conformance } from "../src/index.ts"
import * as Acme from "./acme/Harness.ts"
import * as Provider from "./acme/Provider.ts"

const root = new URL("../../../", import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), "utf8")
const guide = read("docs/adding-a-provider.md")
const example = "examples/provider-acme"

/** The cells of a table's rows, the head left out. */
const table = (heading: string): ReadonlyArray<ReadonlyArray<string>> => {
  const rows = guide
    .slice(guide.indexOf(heading))
    .split("\n")
    .map((line) => line.trim())
  const start = rows.findIndex((line) => line.startsWith("| ---"))
  const length = rows.slice(start + 1).findIndex((line) => !line.startsWith("|"))
  return rows.slice(start + 1, start + 1 + length).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

/** What stands between backticks. */
const quoted = (cell: string | undefined) => Array.from((cell ?? "").matchAll(/`([^`]+)`/g), ([, word]) => word ?? "")

describe("docs/adding-a-provider.md", () => {
  const excerpts = Array.from(guide.matchAll(/```ts (\S+)\n([\s\S]*?)```/g), ([, file = "", code = ""]) => ({
    file,
    code,
  }))

  it("shows code of the example, and every excerpt says where it is from", () => {
    assert.isAtLeast(excerpts.length, 8)
    assert.strictEqual(guide.match(/```ts/g)?.length, excerpts.length)
    for (const { code, file } of excerpts) {
      assert.isTrue(file.startsWith(`${example}/`), file)
      assert.include(read(file), code, file)
    }
  })

  it("names every operation once", () => {
    const named = table("## What each operation must do").flatMap(([operations]) => quoted(operations))
    assert.deepStrictEqual(named.toSorted(), Operation.Operation.literals.toSorted())
  })

  it("names every capability, each with a check of the suite", () => {
    const rows = table("## Capabilities")
    assert.deepStrictEqual(
      rows.flatMap(([capability]) => quoted(capability)).toSorted(),
      Object.keys(Provider.capabilities).toSorted(),
    )
    const names = Conformance.checks(Acme.make()).map(({ name }) => name)
    for (const check of rows.flatMap((row) => quoted(row[2]))) {
      assert.isTrue(
        names.some((name) => name.startsWith(check)),
        check,
      )
    }
  })

  it("names files and commands that are there", () => {
    for (const [files] of table("## Start")) {
      for (const file of quoted(files)) {
        assert.isNotEmpty(globSync(`${example}/${file.replace("Nova", "Acme")}`, { cwd: root }), file)
      }
    }
    const scripts = [read("package.json"), read(`${example}/package.json`)].flatMap((text) =>
      Object.keys(JSON.parse(text).scripts),
    )
    const commands = Array.from(guide.matchAll(/npx -y pnpm@10 ([a-z-]+)/g), ([, command]) => command ?? "")
    for (const command of commands) assert.include([...scripts, "install", "exec"], command)
  })

  it("says truly that the adapter has under 300 lines of code", () => {
    assert.include(guide, "under 300 lines of code")
    const lines = globSync(`${example}/src/*.ts`, { cwd: root })
      .filter((file) => !file.endsWith("main.ts"))
      .flatMap((file) => read(file).split("\n"))
      .filter((line) => !/^\s*($|\/\/|\/\*\*|\*)/.test(line))
    assert.isBelow(lines.length, 300)
  })
})
